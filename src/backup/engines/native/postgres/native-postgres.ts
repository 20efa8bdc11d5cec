import type { StoredFile } from '../../../archive/stored-file.js';
import type { SchemaInfo } from '../../../model/manifest.js';
import { BackupError } from '../../../model/errors.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { ServerTarget } from '../../database-target.js';
import type {
  CheckRestorableRequest,
  RestoreOutcome,
  RestoreRequest,
  SchemaDifference,
} from '../../database.engine.js';
import { takesNoWrites, unloggedOnStandby } from '../../dialects/postgres/postgres.failures.js';
import type { StoredSnapshot } from '../../snapshot.engine.js';
import type { NativeContent, NativeDatabase, ProvenContent } from '../native-database.js';
import type { NativeOptions } from '../native.options.js';
import { writeDocument } from '../programs/output.js';
import { differences, ONLY_LIVE, refuseChosenTables, schemaMismatch } from '../schema-differences.js';
import { feeding, PostgresPrograms, reading, textOf } from './postgres.programs.js';
import { NO_SUBSCRIPTIONS, PostgresRestore } from './postgres.restore.js';
import { readServer, type Server } from './postgres.server.js';
import { ScriptContents } from './script.contents.js';
import { readScript } from './sql-script.js';

/** PostgreSQL: an archive of `pg_dump` in its custom form, read back by `pg_restore` and put back by `psql` in one transaction. */
export class NativePostgres implements NativeDatabase<ServerTarget> {
  private readonly programs: PostgresPrograms;

  constructor(options: NativeOptions) {
    this.programs = new PostgresPrograms(options);
  }

  async assertInstalled(target: ServerTarget): Promise<void> {
    await this.programs.majorVersion('pgDump', target);
  }

  async capture(target: ServerTarget, aside: string, context: TaskContext, codec?: string): Promise<NativeContent> {
    const server = await readServer(this.programs, target);
    await this.refuseOlderDump(server, target);
    // pg_dump would leave out their rows without a word.
    if (server.isStandby && server.unlogged[0] !== undefined) throw unloggedOnStandby(server.unlogged[0], target);
    context.report({ stage: 'capture', progress: 0 });
    const dump = this.programs.start(
      'pgDump',
      [
        '--format=custom',
        NO_SUBSCRIPTIONS,
        `--encoding=${server.dumpEncoding}`,
        `--compress=${this.programs.compressionLevel}`,
        `--lock-wait-timeout=${target.busyTimeoutMs}`,
      ],
      target,
    );
    try {
      const written = await writeDocument(aside, dump.output as AsyncIterable<Buffer>, codec);
      await dump.assertSucceeded();
      context.report({ stage: 'check', progress: 0.6 });
      const contents = await this.readArchive(aside, codec, server, target);
      const database = { type: 'postgres', name: target.database, server_version: server.version };
      const leftOut = server.subscriptions.map((name) => `subscription ${name}`);
      const schema = { ...contents.schema, ...(leftOut.length > 0 && { left_out: leftOut }) };
      return { ...written, tables: contents.tables, database, schema };
    } finally {
      dump.kill();
    }
  }

  async compareSchema(
    target: ServerTarget,
    { snapshot, tables }: Omit<CheckRestorableRequest, 'database'>,
  ): Promise<SchemaDifference[]> {
    refuseChosenTables(snapshot, tables);
    const server = await readServer(this.programs, target);
    if (server.isStandby) throw takesNoWrites(target);
    refuseOlderServer(snapshot, server);
    await this.list(snapshot, target);
    return differences(snapshot.manifest.schema, await this.liveSchema(target, server));
  }

  async restore(
    target: ServerTarget,
    { snapshot, tables, allowSchemaChanges }: Omit<RestoreRequest, 'database'>,
    context: TaskContext,
  ): Promise<RestoreOutcome> {
    const found = await this.compareSchema(target, { snapshot, tables });
    if (found.length > 0 && !allowSchemaChanges) throw schemaMismatch(found);
    const outcome = await new PostgresRestore(this.programs, target, snapshot, context).run();
    const left = found.filter(({ difference }) => difference.startsWith(ONLY_LIVE)).map(({ difference }) => difference);
    return { ...outcome, warnings: left.map((each) => `Left as it was: ${each}.`) };
  }

  private async readArchive(
    path: string,
    codec: string | undefined,
    server: Server,
    target: ServerTarget,
  ): Promise<ScriptContents> {
    const contents = await this.readStored({ path, entry: null }, codec, target);
    for (const table of server.tablesOfExtensions) delete contents.tables[table];
    return contents;
  }

  /** pg_restore reads the whole archive: what it can print now it can put back later. */
  async readStored(document: StoredFile, codec: string | undefined, target: ServerTarget): Promise<ScriptContents> {
    const contents = new ScriptContents(target.migrationsTable);
    const program = this.programs.start(
      'pgRestore',
      [NO_SUBSCRIPTIONS, '--no-owner', '--no-privileges', '--file=-'],
      target,
      {
        connects: false,
        readsInput: true,
      },
    );
    await feeding(document, codec, program, async () => {
      for await (const part of readScript(program.output as AsyncIterable<Buffer>)) contents.take(part);
    });
    return contents;
  }

  private async liveSchema(target: ServerTarget, { dumpEncoding }: Server): Promise<SchemaInfo> {
    const contents = new ScriptContents(target.migrationsTable);
    const args = [
      ...['--schema-only', NO_SUBSCRIPTIONS, '--no-owner', '--no-privileges', `--encoding=${dumpEncoding}`],
      `--lock-wait-timeout=${target.busyTimeoutMs}`,
    ];
    const dump = this.programs.start('pgDump', args, target);
    await reading(dump, async () => {
      for await (const part of readScript(dump.output as AsyncIterable<Buffer>)) contents.take(part);
    });
    return contents.schema;
  }

  /** @throws BackupError `UNSUPPORTED` where the archive is of a form that this pg_restore does not know yet */
  private async list({ manifest, document }: StoredSnapshot, target: ServerTarget): Promise<void> {
    const program = this.programs.start('pgRestore', ['--list'], target, { connects: false, readsInput: true });
    await feeding(document, manifest.codec, program, async () => void (await textOf(program)));
  }

  private async refuseOlderDump({ major, version }: Server, target: ServerTarget): Promise<void> {
    const own = await this.programs.majorVersion('pgDump', target);
    if (own < major)
      throw new BackupError(
        'UNSUPPORTED',
        `pg_dump ${own} cannot dump a server of version ${version}. Install the Debian package "postgresql-client-${major}" or a newer one, or name its pg_dump in the native engine's option "programs.pgDump".`,
      );
  }
}

/** To read an archive no server is needed; one has to be named where pg_restore fails. */
const NO_SERVER: Omit<ServerTarget, 'database'> = {
  type: 'postgres',
  host: '',
  port: 0,
  user: '',
  password: '',
  tls: 'off',
  busyTimeoutMs: 0,
  migrationsTable: '',
};

/** What a stored archive holds, the migrations table too. */
export async function storedContent(
  { manifest, document }: StoredSnapshot,
  options: NativeOptions,
): Promise<ProvenContent> {
  const nowhere = { ...NO_SERVER, database: manifest.database.name };
  const { tables } = await new NativePostgres(options).readStored(document, manifest.codec, nowhere);
  return { tables, schema: null };
}

function refuseOlderServer({ manifest }: StoredSnapshot, server: Server): void {
  const then = parseInt(manifest.database.server_version);
  if (server.major >= then) return;
  throw new BackupError(
    'UNSUPPORTED',
    `Snapshot "${manifest.id}" is of a PostgreSQL ${then} server, and this one is ${server.version}: an older server cannot restore it. Restore it into a server of version ${then} or newer.`,
  );
}
