import { asBackupError, BackupError } from '../../../model/errors.js';
import type { TableSummary } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { ServerTarget } from '../../database-target.js';
import { quoted } from '../../dialects/mysql/mysql.names.js';
import type { RestoreOutcome } from '../../database.engine.js';
import type { StoredSnapshot } from '../../snapshot.engine.js';
import { DumpContents } from './dump.contents.js';
import { DumpLoader } from './dump.loader.js';
import { dumped } from './dumped.js';
import type { MysqlPrograms } from './mysql.programs.js';
import { ScratchDatabases } from './mysql.scratch.js';
import { lackingSequences } from './mysql.sequences.js';
import { readServer } from './mysql.server.js';
import { swap } from './mysql.swap.js';

/**
 * One restore. DDL commits by itself here, so nothing is done to the live tables until all is ready: the snapshot's tables are built in a database of their
 * own, dumped and compared; then one RENAME TABLE puts the live ones away and these in their place, wholly or not at all.
 */
export class MysqlRestore {
  private readonly scratch: ScratchDatabases;
  private readonly loader: DumpLoader;

  /** @param withDefinitions whether views, routines and events are to be put back too, because something of the schema differs */
  constructor(
    private readonly programs: MysqlPrograms,
    private readonly target: ServerTarget,
    private readonly snapshot: StoredSnapshot,
    private readonly context: TaskContext,
    private readonly withDefinitions: boolean,
  ) {
    this.scratch = new ScratchDatabases(programs, target);
    this.loader = new DumpLoader(programs, target, snapshot, context);
  }

  async run(): Promise<RestoreOutcome> {
    await this.context.whileHeld(() => this.scratch.create());
    try {
      await this.build();
      if (this.withDefinitions) await this.context.whileHeld(() => this.putDefinitionsBack());
    } finally {
      await this.scratch.drop().catch(() => undefined); // else the next restore does
    }
    const { tables } = this.snapshot.manifest;
    const restored = Object.entries(tables).map(([name, { rows }]) => [name, { rows }] as const);
    return { tables: Object.fromEntries(restored), warnings: [] };
  }

  private async build(): Promise<void> {
    const lent = await this.context.whileHeld(() => this.lendSequences());
    try {
      const loaded = await this.loader.load(this.scratch.incoming, ['preamble', 'sequence', 'table']);
      await this.prove(loaded);
      await this.context.breathe(); // a parent that is gone stops us here, before anything is final
      const names = [...Object.keys(loaded.allTables), ...loaded.sequences.keys()];
      await this.context.whileHeld(() =>
        swap(this.programs, this.target, this.scratch, { names, views: loaded.views }),
      );
    } catch (error) {
      await this.takeBack(lent).catch(() => undefined); // they harm nobody, and the next restore replaces them
      throw error;
    }
  }

  /**
   * A table is built with the names of the live sequences that its columns take their defaults from, so these have to be there before it is.
   * @returns the names of those that were not
   */
  private async lendSequences(): Promise<string[]> {
    const { ddl } = this.snapshot.manifest.schema;
    const { tables } = await readServer(this.programs, this.target);
    const lacking = lackingSequences(ddl, new Set(tables.map(({ name }) => name)), this.target.database);
    if (lacking.length > 0) await this.programs.ask(this.target, `${lacking.map(({ sql }) => `${sql};`).join('\n')}\n`);
    return lacking.map(({ name }) => name);
  }

  /** Where the tables have changed places all the same, they went out with the others. */
  private async takeBack(lent: readonly string[]): Promise<void> {
    if (lent.length === 0) return;
    const { tables } = await readServer(this.programs, { ...this.target, database: this.scratch.outgoing });
    const drops = lent
      .filter((name) => !tables.some((table) => table.name === name))
      .map((name) => `DROP SEQUENCE IF EXISTS ${quoted(this.target.database)}.${quoted(name)};`);
    await this.programs.ask(this.target, `${drops.join(' ')}\n`);
  }

  /** The proof: what was loaded is dumped again, and says what the manifest says and the stored dump said. */
  private async prove(loaded: DumpContents): Promise<void> {
    this.context.report({ stage: 'check', progress: 0.6 });
    const history = loaded.structure.some((statement) => statement.includes(' WITH SYSTEM VERSIONING'));
    const dump = await this.programs.dump(this.target, this.scratch.incoming, { definitions: false, history });
    // Their columns take their defaults from the live sequences.
    const contents = await dumped(dump, new DumpContents(this.target.database, this.target.migrationsTable));
    const { tables } = this.snapshot.manifest;
    const wrong =
      firstDifference(tables, contents.tables) ??
      firstDifference(loaded.allTables, contents.allTables) ??
      loaded.structure.find((statement) => !contents.structure.includes(statement))?.split('\n')[0];
    if (wrong !== undefined)
      throw new BackupError(
        'RESTORE_MISMATCH',
        `The restore was stopped before anything was changed: table "${wrong}", built from the snapshot, does not match it.`,
      );
  }

  /** They hold no data, and nothing makes many of them change at once. Views may be made in any order, since a placeholder of each comes first. */
  private async putDefinitionsBack(): Promise<void> {
    try {
      await this.loader.load(this.target.database, ['preamble', 'placeholder', 'definition']);
    } catch (error) {
      const { code, message } = asBackupError(error);
      throw new BackupError(
        code,
        `The tables were restored and verified, but not all views, routines and events could be created. ${message} Fix the cause and restore again.`,
      );
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
