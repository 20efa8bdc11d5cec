import { createHash, randomBytes } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { openStored } from '../../../archive/stored-file.js';
import { asBackupError, BackupError } from '../../../model/errors.js';
import type { TableSummary } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { ServerTarget } from '../../database-target.js';
import { meaningOf } from '../../mysql/mysql.errors.js';
import type { RestoreOutcome, StoredSnapshot } from '../../snapshot.engine.js';
import { DumpContents } from './dump.contents.js';
import { DumpCutShort, readDump, type DumpSection } from './dump.reader.js';
import { dumped } from './dumped.js';
import { literal, quoted } from './mysql.names.js';
import { textOf, type MysqlPrograms } from './mysql.programs.js';
import { readServer } from './mysql.server.js';

/** Before a view's placeholder; where a table of that name is, nothing of ours may drop it. */
const DROP_TABLE = Buffer.from('DROP TABLE ');

/**
 * One restore. DDL commits by itself here, so nothing is done to the live tables until all is ready: the snapshot's tables are built in a database of their
 * own, dumped and compared; then one RENAME TABLE puts the live ones away and these in their place, wholly or not at all.
 */
export class MysqlRestore {
  /** How the names of all such databases of this one begin, so that a next restore clears away what a killed one left. */
  private readonly beginning: string;
  /** The snapshot's tables on their way in, and the former ones on their way out. Of this restore alone: another may be stopped, and go on. */
  private readonly incoming: string;
  private readonly outgoing: string;

  /** @param withDefinitions whether views, routines and events are to be put back too, because something of the schema differs */
  constructor(
    private readonly programs: MysqlPrograms,
    private readonly target: ServerTarget,
    private readonly snapshot: StoredSnapshot,
    private readonly context: TaskContext,
    private readonly withDefinitions: boolean,
  ) {
    const own = createHash('sha256').update(target.database).digest('hex').slice(0, 16);
    this.beginning = `nestjs_backup_${own}_`;
    const name = `${this.beginning}${randomBytes(4).toString('hex')}`;
    this.incoming = `${name}_in`;
    this.outgoing = `${name}_out`;
  }

  async run(): Promise<RestoreOutcome> {
    await this.context.whileHeld(() => this.makeRoom());
    try {
      const loaded = await this.load(this.incoming, ['preamble', 'table']);
      await this.prove(loaded);
      await this.context.breathe(); // a parent that is gone stops us here, before anything is final
      await this.context.whileHeld(() => this.swap(Object.keys(loaded.allTables), loaded.views));
      if (this.withDefinitions) await this.context.whileHeld(() => this.putDefinitionsBack());
    } finally {
      await this.drop([this.incoming, this.outgoing]).catch(() => undefined); // else the next restore does
    }
    const { tables } = this.snapshot.manifest;
    const restored = Object.entries(tables).map(([name, { rows }]) => [name, { rows }] as const);
    return { tables: Object.fromEntries(restored), warnings: [] };
  }

  private async makeRoom(): Promise<void> {
    try {
      await this.drop(await this.leftByOthers());
      await this.programs.ask(
        this.target,
        `CREATE DATABASE ${quoted(this.incoming)}; CREATE DATABASE ${quoted(this.outgoing)};\n`,
      );
    } catch (error) {
      if (!(error instanceof BackupError) || !lacksRight(error)) throw error;
      throw new BackupError(
        error.code,
        `The user of the database URL may not make the databases that a restore needs beside the live one. Nothing was changed. Run as an administrator: ` +
          `GRANT ALL ON \`nestjs\\_backup\\_%\`.* TO that user. (${error.message})`,
      );
    }
  }

  /** By restores that were killed, or have lost the right to end. */
  private async leftByOthers(): Promise<string[]> {
    const begins = `LEFT(SCHEMA_NAME, ${this.beginning.length}) = ${literal(this.beginning)}`;
    const names = await this.programs.ask(
      this.target,
      `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE ${begins};\n`,
    );
    return names.split('\n').filter((name) => name !== '');
  }

  private async drop(databases: readonly string[]): Promise<void> {
    const drops = databases.map((name) => `DROP DATABASE IF EXISTS ${quoted(name)};`);
    await this.programs.ask(this.target, `SET foreign_key_checks = 0; ${drops.join(' ')}\n`);
  }

  /** Runs these sections of the stored dump in a database. @returns what all of it holds */
  private async load(database: string, sections: DumpSection[]): Promise<DumpContents> {
    const { manifest, document } = this.snapshot;
    const promised = 1 + Object.values(manifest.tables).reduce((sum, { rows }) => sum + rows, 0);
    const contents = new DumpContents(this.target.migrationsTable);
    const hash = createHash('sha256');
    const stored = await openStored(document);
    const gunzip = createGunzip();
    stored.on('data', (piece: Buffer) => void hash.update(piece));
    stored.once('error', (error) => gunzip.destroy(error)).pipe(gunzip);
    const client = await this.programs.client(this.target, database);
    client.output.resume();
    let rows = 0;
    try {
      for await (const part of readDump(gunzip as AsyncIterable<Buffer>)) {
        contents.take(part);
        if (part.part === 'end') break;
        const section = part.part === 'rows' ? 'table' : part.section;
        const clearsTheWay = section === 'placeholder' && part.line.subarray(0, DROP_TABLE.length).equals(DROP_TABLE);
        if (sections.includes(section) && !clearsTheWay) await client.write(part.line);
        if (part.part === 'rows') rows += part.rows.length;
        this.context.report({ stage: 'restore', progress: (0.6 * rows) / promised });
      }
      if (hash.digest('hex') !== manifest.checksum) throw corrupt(manifest.id, 'its checksum differs');
      client.endInput();
      await client.assertSucceeded();
      return contents;
    } catch (error) {
      if (isUnreadable(error)) throw corrupt(manifest.id, 'it cannot be unpacked, or ends too early');
      throw error;
    } finally {
      stored.destroy();
      client.kill();
    }
  }

  /** The proof: what was loaded is dumped again, and says what the manifest says and the stored dump said. */
  private async prove(loaded: DumpContents): Promise<void> {
    this.context.report({ stage: 'check', progress: 0.6 });
    const dump = await this.programs.dump(this.target, this.incoming, { definitions: false });
    const contents = await dumped(dump, this.target.migrationsTable);
    const { tables } = this.snapshot.manifest;
    const wrong =
      firstDifference(tables, contents.tables) ??
      firstDifference(loaded.allTables, contents.allTables) ??
      loaded.structure.find((statement) => !contents.structure.includes(statement))?.split('\n')[0];
    if (wrong !== undefined)
      throw new BackupError(
        'RESTORE_MISMATCH',
        `The restore was given up before anything was changed: built anew from the snapshot, table "${wrong}" is not what the snapshot says.`,
      );
  }

  /** They hold no data, and nothing makes many of them change at once. Views may be made in any order, since a placeholder of each comes first. */
  private async putDefinitionsBack(): Promise<void> {
    try {
      await this.load(this.target.database, ['preamble', 'placeholder', 'definition']);
    } catch (error) {
      const { code, message } = asBackupError(error);
      throw new BackupError(
        code,
        `The tables are as the snapshot says, and were proved; but its views, routines and events could not all be put back. ${message} Remove the reason and restore again.`,
      );
    }
  }

  /** The moment in which everything changes. */
  private async swap(names: string[], views: string[]): Promise<void> {
    const server = await readServer(this.programs, this.target);
    const live = new Set(server.tables.filter(({ type }) => type !== 'VIEW').map(({ name }) => name));
    const inTheWay = views.find((view) => live.has(view));
    if (inTheWay !== undefined)
      throw new BackupError(
        'SCHEMA_MISMATCH',
        `"${inTheWay}" is a view in the snapshot and a table in the database. Nothing was changed. Rename or drop that table first.`,
      );
    const outside = server.references.find(
      ({ schema, child, parent }) =>
        names.includes(parent) && (schema !== this.target.database || !names.includes(child)),
    );
    if (outside)
      throw new BackupError(
        'CONSTRAINT_VIOLATION',
        `Table "${outside.schema}.${outside.child}" is not in the snapshot and has a foreign key to "${outside.parent}", which has to be replaced. Nothing was changed. Drop that key first.`,
      );
    if (names.length === 0) return;
    const at = (schema: string, name: string) => `${quoted(schema)}.${quoted(name)}`;
    const out = names.filter((name) => live.has(name));
    const moves = [
      ...out.map((name) => `${at(this.target.database, name)} TO ${at(this.outgoing, name)}`),
      ...names.map((name) => `${at(this.incoming, name)} TO ${at(this.target.database, name)}`),
    ];
    const seconds = Math.max(1, Math.ceil(this.target.busyTimeoutMs / 1000));
    const program = await this.programs.client(this.target, null);
    try {
      await program.write(`SET SESSION lock_wait_timeout = ${seconds};\nRENAME TABLE ${moves.join(', ')};\n`);
      program.endInput();
      await textOf(program);
    } catch (error) {
      if (!(await this.hasMovedIn())) throw error;
    } finally {
      program.kill();
    }
  }

  /** An answer that never came says nothing about what the server did: it is asked again. */
  private async hasMovedIn(): Promise<boolean> {
    try {
      const { tables } = await readServer(this.programs, { ...this.target, database: this.incoming });
      return !tables.some(({ type }) => type !== 'VIEW');
    } catch {
      return false;
    }
  }
}

function firstDifference(
  promised: Record<string, TableSummary>,
  found: Record<string, TableSummary>,
): string | undefined {
  const names = [...new Set([...Object.keys(promised), ...Object.keys(found)])];
  return names.find(
    (name) => promised[name]?.sha256 !== found[name]?.sha256 || promised[name]?.rows !== found[name]?.rows,
  );
}

const lacksRight = ({ cause }: BackupError): boolean =>
  meaningOf({ number: (cause as { errno?: number } | undefined)?.errno }) === 'forbidden';

const isUnreadable = (error: unknown): boolean =>
  error instanceof DumpCutShort || String((error as { code?: unknown }).code).startsWith('Z_');

const corrupt = (id: string, why: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `The document of snapshot "${id}" is not what was written: ${why}. Use another snapshot.`,
  );
