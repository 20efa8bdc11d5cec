import { createHash } from 'node:crypto';
import { BackupError } from '../../../model/errors.js';
import { contentOf } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { ServerTarget } from '../../database-target.js';
import type { RestoreOutcome } from '../../database.engine.js';
import type { StoredSnapshot } from '../../snapshot.engine.js';
import { leadingNames, literal } from './postgres.names.js';
import { feeding, type PostgresPrograms } from './postgres.programs.js';
import { readServer, type Server } from './postgres.server.js';
import { PsqlSession } from './psql.session.js';
import { neverCaptured } from '../../dialects/postgres/postgres.left-out.js';
import { copyTarget } from './script.contents.js';
import { readScript, type ScriptPart } from './sql-script.js';

const LF = 0x0a;

/** How to reach another server holds a password, and one that came back would take over where the first still reads. */
export const NO_SUBSCRIPTIONS = '--no-subscriptions';

/** Everything that could keep a statement of the script waiting later, where its own settings wait for ever. */
const LOCK_EVERYTHING = `DO $lock$ DECLARE t pg_catalog.text; BEGIN
  FOR t IN SELECT c.oid::pg_catalog.regclass FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND pg_catalog.pg_has_role(c.relowner, 'USAGE') ORDER BY c.oid
  LOOP EXECUTE 'LOCK TABLE ONLY ' || t || ' IN ACCESS EXCLUSIVE MODE'; END LOOP; END $lock$;`;

/** As pg_dump sets them, so that a row prints the same as in the archive. */
const AS_DUMPED = `SELECT pg_catalog.set_config('search_path', '', false); SET synchronize_seqscans = off; SET datestyle = ISO; SET intervalstyle = postgres; SET extra_float_digits = 3; SET timezone = 'UTC';`;

/**
 * One restore: `pg_restore` prints its script, `psql` runs it in a transaction that was begun for it, every table is read back and compared, and only
 * then COMMIT is sent. Whatever ends earlier, the server rolls back.
 */
export class PostgresRestore {
  /** As SQL writes them, by their names in the manifest. */
  private readonly filled = new Map<string, string>();
  private commits = 0;

  constructor(
    private readonly programs: PostgresPrograms,
    private readonly target: ServerTarget,
    private readonly snapshot: StoredSnapshot,
    private readonly context: TaskContext,
  ) {}

  async run(): Promise<RestoreOutcome> {
    const server = await readServer(this.programs, this.target);
    const session = new PsqlSession(this.programs, this.target);
    try {
      await session.ask(`BEGIN; SET LOCAL lock_timeout = ${this.target.busyTimeoutMs}; ${LOCK_EVERYTHING}`);
      await this.runScript(session, server);
      const tables = await this.checkDigests(session);
      await this.context.breathe(); // a parent that is gone stops us here, before anything is final
      await this.context.whileHeld(() => this.commit(session));
      return { tables, warnings: [], missing: this.lacking(server) };
    } finally {
      session.kill();
    }
  }

  /** What was not captured, and is not there. */
  private lacking({ subscriptions }: Server): string[] {
    const there = subscriptions.map((name) => `subscription ${name}`);
    return (this.snapshot.manifest.schema.left_out ?? []).filter((what) => !there.includes(what)).map(neverCaptured);
  }

  /** An answer that never came says nothing about what the server did: it is asked again. */
  private async commit(session: PsqlSession): Promise<void> {
    const transaction = await session.ask('SELECT pg_catalog.txid_current();');
    try {
      await session.ask('COMMIT;');
    } catch (error) {
      const status = await this.statusOf(transaction);
      if (status === 'committed') return;
      if (status !== 'aborted') throw unknownEnd();
      throw error;
    }
    await session.close();
  }

  private async statusOf(transaction: string): Promise<string> {
    const session = new PsqlSession(this.programs, this.target);
    try {
      return await session.ask(`SELECT pg_catalog.txid_status(${transaction});`);
    } catch {
      return 'unknown';
    } finally {
      session.kill();
    }
  }

  private async runScript(session: PsqlSession, server: Server): Promise<void> {
    const args = [NO_SUBSCRIPTIONS, '--clean', '--if-exists', '--single-transaction', '--exit-on-error', '--file=-'];
    const program = this.programs.start('pgRestore', args, this.target, { connects: false, readsInput: true });
    const { manifest, document } = this.snapshot;
    const digest = await feeding(document, manifest.codec, program, () =>
      session.send(this.statements(readScript(program.output as AsyncIterable<Buffer>), server)),
    );
    if (digest !== contentOf(manifest).sha256)
      throw new BackupError(
        'SNAPSHOT_CORRUPT',
        `The document of snapshot "${manifest.id}" is damaged: its checksum differs. Use another snapshot.`,
      );
    if (this.commits !== 1)
      throw new BackupError('ENGINE_FAILED', 'pg_restore printed a script of an unknown form. Nothing was changed.');
  }

  private async *statements(script: AsyncIterable<ScriptPart>, server: Server): AsyncGenerator<Buffer | string> {
    const promised = 1 + Object.values(this.snapshot.manifest.tables).reduce((sum, { rows }) => sum + rows, 0);
    let rows = 0;
    let isBuilding = false;
    for await (const part of script) {
      if (part.part === 'statement' && !isBuilding && part.bare.startsWith('CREATE ')) {
        isBuilding = true;
        yield searchPathSetting(server.searchPath);
      }
      if (part.part === 'statement') yield Buffer.from(this.adapted(part.text, part.bare, server), 'latin1');
      else if (part.part === 'end of rows') yield '\\.\n';
      else {
        rows += countLines(part.lines);
        this.context.report({ stage: 'restore', progress: (0.6 * rows) / promised });
        yield part.lines;
      }
    }
  }

  /** A statement as it is to be run, or nothing: the transaction is ours, and what cannot be dropped stays. */
  private adapted(text: string, bare: string, { major, lastingExtensions }: Server): string {
    if (bare === 'BEGIN;' || /^\\unrestrict\b/.test(bare)) return '';
    if (bare === 'COMMIT;') {
      this.commits++;
      return '';
    }
    if (bare === 'SET transaction_timeout = 0;' && major < 17) return ''; // a newer pg_restore's, which this server does not know
    if (bare.startsWith('DROP SCHEMA ')) return ''; // it may hold what the snapshot does not
    if (bare.startsWith('CREATE SCHEMA ')) return text.replace('CREATE SCHEMA ', 'CREATE SCHEMA IF NOT EXISTS ');
    const extension = /(?:DROP EXTENSION IF EXISTS|COMMENT ON EXTENSION) ([\s\S]*)/.exec(text)?.[1];
    if (/^(DROP|COMMENT ON) EXTENSION /.test(bare) && lastingExtensions.includes(nameIn(extension ?? ''))) return '';
    const copied = copyTarget(text);
    if (copied) this.filled.set(copied.table, copied.sql);
    return text;
  }

  /** The proof: what the database now prints is what was dumped. */
  private async checkDigests(session: PsqlSession): Promise<RestoreOutcome['tables']> {
    const promised = Object.entries(this.snapshot.manifest.tables);
    const found: [string, { rows: number }][] = [];
    await session.ask(AS_DUMPED);
    for (const [name, { rows, sha256 }] of promised) {
      this.context.report({ stage: 'check', progress: 0.6 + (0.4 * found.length) / promised.length });
      const sql = this.filled.get(name);
      const digest = createHash('sha256');
      let lines = 0;
      if (sql !== undefined)
        for await (const piece of session.read(Buffer.from(`COPY ${sql} TO STDOUT;`, 'latin1'))) {
          digest.update(piece);
          lines += countLines(piece);
        }
      if (sql === undefined || lines !== rows || digest.digest('hex') !== sha256) throw mismatch(name, lines, rows);
      found.push([name, { rows }]);
    }
    return Object.fromEntries(found);
  }
}

/**
 * The script names everything with its schema, but functions in indexes, checks and generated columns may not: decision 0035. The system's names come first,
 * of which the script names many without their schema.
 */
const searchPathSetting = (path: string): string =>
  `SELECT pg_catalog.set_config('search_path', ${literal(path === '' ? 'pg_catalog' : `pg_catalog, ${path}`)}, false);\n`;

const nameIn = (sql: string): string =>
  Buffer.from(leadingNames(sql).names[0]?.replace(/;$/, '') ?? '', 'latin1').toString();

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}

const unknownEnd = (): BackupError =>
  new BackupError(
    'DATABASE_UNAVAILABLE',
    'The connection was lost while the restore was being committed, and the server cannot be reached. The database is either unchanged or exactly as in the snapshot: check it before you continue.',
  );

const mismatch = (table: string, found: number, promised: number): BackupError =>
  new BackupError(
    'RESTORE_MISMATCH',
    `The restore was undone: table "${table}" does not match the snapshot (${
      found === promised ? 'its rows differ from those that were dumped' : `${found} rows instead of ${promised}`
    }).`,
  );
