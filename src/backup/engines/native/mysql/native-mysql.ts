import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type { StoredFile } from '../../../archive/stored-file.js';
import { openContent } from '../../shared/document.content.js';
import type { WrittenFile } from '../../shared/document.output.js';
import { BackupError } from '../../../model/errors.js';
import type { SchemaInfo } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { ServerTarget } from '../../database-target.js';
import type {
  CheckRestorableRequest,
  RestoreOutcome,
  RestoreRequest,
  SchemaDifference,
} from '../../database.engine.js';
import { notOneMoment } from '../../dialects/mysql/mysql.warnings.js';
import type { StoredSnapshot } from '../../snapshot.engine.js';
import type { NativeContent, NativeDatabase, ProvenContent } from '../native-database.js';
import type { NativeOptions } from '../native.options.js';
import { writeDocument } from '../programs/output.js';
import { differences, ONLY_LIVE, refuseChosenTables, schemaMismatch } from '../schema-differences.js';
import { DumpContents } from './dump.contents.js';
import { readDump } from './dump.reader.js';
import { dumped } from './dumped.js';
import { MysqlPrograms } from './mysql.programs.js';
import { MysqlRestore } from './mysql.restore.js';
import { ReadLocks } from './mysql.read-locks.js';
import {
  isVersioned,
  readServer,
  refuseOtherServer,
  refuseWhatCannotBeRestored,
  withoutTransactions,
  type Server,
} from './mysql.server.js';

/** MySQL and MariaDB: a dump, compressed; and back by a second database whose tables, once proved, are swapped with the live ones. */
export class NativeMysql implements NativeDatabase<ServerTarget> {
  private readonly programs: MysqlPrograms;

  constructor(options: NativeOptions) {
    this.programs = new MysqlPrograms(options);
  }

  assertInstalled(target: ServerTarget): Promise<void> {
    return this.programs.assertInstalled(target);
  }

  async capture(target: ServerTarget, aside: string, context: TaskContext, codec?: string): Promise<NativeContent> {
    const server = await readServer(this.programs, target);
    refuseWhatCannotBeRestored(server);
    context.report({ stage: 'capture', progress: 0 });
    const unprotected = withoutTransactions(server);
    const locks = await ReadLocks.take(this.programs, target, unprotected);
    try {
      const written = await this.write(target, aside, server.tables.some(isVersioned), codec);
      await locks?.assertHeld();
      locks?.release();
      context.report({ stage: 'check', progress: 0.6 });
      const { tables, schema, sequences } = await readStored({ path: aside, entry: null }, codec, target);
      refuseWithoutSequences(server, sequences);
      const database = { type: 'mysql', name: target.database, server_version: server.version };
      return { ...written, tables, database, schema, warnings: locks ? [] : [notOneMoment(unprotected)] };
    } finally {
      locks?.release();
    }
  }

  private async write(target: ServerTarget, aside: string, history: boolean, codec?: string): Promise<WrittenFile> {
    const dump = await this.programs.dump(target, target.database, { definitions: true, history });
    try {
      const gzip = createGzip({ level: this.programs.compressionLevel });
      dump.output.once('error', (error) => gzip.destroy(error)).pipe(gzip);
      const written = await writeDocument(aside, gzip as AsyncIterable<Buffer>, codec);
      await dump.assertSucceeded();
      return written;
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
    refuseOtherServer(snapshot.manifest.database.server_version, server);
    refuseWhatCannotBeRestored(server);
    await this.programs.ask(target, 'START TRANSACTION READ WRITE; ROLLBACK;\n'); // fails on a server that is read-only
    return differences(snapshot.manifest.schema, await this.liveSchema(target));
  }

  async restore(
    target: ServerTarget,
    { snapshot, tables, allowSchemaChanges }: Omit<RestoreRequest, 'database'>,
    context: TaskContext,
  ): Promise<RestoreOutcome> {
    const found = await this.compareSchema(target, { snapshot, tables });
    if (found.length > 0 && !allowSchemaChanges) throw schemaMismatch(found);
    const outcome = await new MysqlRestore(this.programs, target, snapshot, context, found.length > 0).run();
    const left = found.filter(({ difference }) => difference.startsWith(ONLY_LIVE));
    return { ...outcome, warnings: left.map(({ difference }) => `Replaced, or left as it was: ${difference}.`) };
  }

  /** By a dump without the rows. */
  private async liveSchema(target: ServerTarget): Promise<SchemaInfo> {
    const dump = await this.programs.dump(target, target.database, { definitions: true, rows: false });
    return (await dumped(dump, contentsOf(target))).schema;
  }
}

type Origin = Pick<ServerTarget, 'database' | 'migrationsTable'>;

const contentsOf = ({ database, migrationsTable }: Origin): DumpContents => new DumpContents(database, migrationsTable);

/** A program may take them for tables, or for nothing. @throws BackupError `UNSUPPORTED` */
function refuseWithoutSequences({ tables }: Server, dumpedOnes: ReadonlyMap<string, string>): void {
  const lacking = tables.filter(({ name, type }) => type === 'SEQUENCE' && !dumpedOnes.has(name));
  if (lacking.length === 0) return;
  throw new BackupError(
    'UNSUPPORTED',
    `The dump lacks the sequence "${lacking[0]!.name}". If it was not dropped just now, the dump program does not support sequences: install MariaDB's client of version 10.6 or newer, or let the plan use the engine "json".`,
  );
}

/** What a stored dump holds, the migrations table too. */
export async function storedContent({ document, manifest }: StoredSnapshot): Promise<ProvenContent> {
  const { allTables } = await readStored(document, manifest.codec, {
    database: manifest.database.name,
    migrationsTable: '',
  });
  return { tables: allTables, schema: null };
}

/** Reads a document to its end: what can be read now can be put back later. */
async function readStored(document: StoredFile, codec: string | undefined, origin: Origin): Promise<DumpContents> {
  const contents = contentsOf(origin);
  for await (const part of readDump(await unpacked(document, codec))) contents.take(part);
  return contents;
}

async function unpacked(document: StoredFile, codec: string | undefined): Promise<AsyncIterable<Buffer>> {
  const stored: Readable = await openContent(document, codec);
  const gunzip = createGunzip();
  stored.once('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  return gunzip as AsyncIterable<Buffer>;
}
