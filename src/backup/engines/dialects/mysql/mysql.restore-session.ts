import { setTimeout as sleep } from 'node:timers/promises';
import { asBackupError, BackupError } from '../../../model/errors.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { ServerTarget } from '../../database-target.js';
import type { RestoreOutcome } from '../../database.engine.js';
import type { RestorePlan } from '../dialect.js';
import { isChosen } from '../filled-tables.js';
import { schemaMismatch, tableNotFound } from '../restore.errors.js';
import { AsideTables } from './mysql.aside-tables.js';
import { MysqlConnection } from './mysql.connection.js';
import { COUNTER_TABLE } from './mysql.counters.js';
import { type Setting, type Trigger } from './mysql.definitions.js';
import { schemaDifferences, tablesOfManifest } from './mysql.differences.js';
import { readForeignKeys } from './mysql.foreign-keys.js';
import { MissingTables } from './mysql.missing-tables.js';
import { MysqlRestore, type LockedDatabase } from './mysql.restore.js';
import { hasTable, readSchema, UNFINISHED_TABLE, type TableLayout } from './mysql.schema.js';
import { SEQUENCE_TABLE } from './mysql.sequences.js';
import { forChecking, forReading, forWriting, sequenceLocks } from './mysql.table-locks.js';
import type { TableNames } from './mysql.table-names.js';
import { collationToCome, databaseCollation, setAside, triggersToSetAside } from './mysql.triggers.js';
import {
  createUnfinishedTable,
  finish,
  finishInterruptedRestore,
  hasCommitted,
  noteCollation,
  noteLate,
  noteSwap,
} from './mysql.unfinished.js';

const MOST_ATTEMPTS = 20;
const BETWEEN_ATTEMPTS_MS = 500;

/**
 * Everything around the transaction of a restore: what has to be so before it begins, the locks that keep everybody else out from the first trigger that is
 * dropped to the last one that is back, and what is to be done when it has committed or failed.
 */
export class RestoreSession {
  /** What could not be built. */
  private readonly missing: string[] = [];
  private built: MissingTables | null = null;
  private aside = AsideTables.NONE;
  /** To be made when no table is locked any more. */
  private late: { name: string; setting: Setting; sql: string }[] = [];
  private locked = false;
  /** What is to be said as soon as it has been committed. */
  private outcome: RestoreOutcome | null = null;
  private committed = false;

  constructor(
    private readonly connection: MysqlConnection,
    private readonly target: ServerTarget,
    private readonly plan: RestorePlan,
    private readonly names: TableNames,
    private readonly context: TaskContext,
  ) {}

  async run(): Promise<RestoreOutcome> {
    this.refuseUnknownTables();
    await this.refuseDifferences();
    const hadMigrations = await this.hasMigrationsTable();
    await this.context.whileHeld(() => this.createMissingTables());
    try {
      await createUnfinishedTable(this.connection);
      const migrations = (await this.hasMigrationsTable()) ? (hadMigrations ? 'there' : 'new') : 'none';
      const database = await this.lock(migrations);
      const restored = await new MysqlRestore(this.connection, this.target, this.plan, this.names, this.context).run(
        database,
      );
      await this.noteLateThings();
      this.missing.push(...(restored.missing ?? []));
      const outcome = { ...restored, missing: this.missing };
      await this.context.breathe(); // a parent that is gone stops us here, before anything is final
      await this.context.whileHeld(async () => {
        this.outcome = outcome;
        await this.connection.run('COMMIT');
        this.committed = true;
      });
      await this.finishHere();
      return outcome;
    } catch (error) {
      return await this.settle(error);
    } finally {
      this.aside.close();
    }
  }

  private refuseUnknownTables(): void {
    const unknown = (this.plan.tables ?? []).filter(
      (name) => name === COUNTER_TABLE || name === SEQUENCE_TABLE || !Object.hasOwn(this.plan.manifest.tables, name),
    );
    if (unknown.length > 0) throw tableNotFound(unknown);
  }

  private async refuseDifferences(): Promise<void> {
    if (this.plan.allowSchemaChanges) return;
    const { manifest, tables } = this.plan;
    const differences = await schemaDifferences(this.connection, manifest, this.target.migrationsTable, tables);
    if (differences.length > 0) throw schemaMismatch(differences);
  }

  private async layouts(): Promise<TableLayout[]> {
    return (await readSchema(this.connection, this.target.migrationsTable)).layouts;
  }

  private hasMigrationsTable(): Promise<boolean> {
    return hasTable(this.connection, this.target.migrationsTable);
  }

  /** Where the caller allowed it, an empty database gets the snapshot's tables, with their views, routines and triggers. */
  private async createMissingTables(): Promise<void> {
    if (!this.plan.allowSchemaChanges) return;
    const layouts = await this.layouts();
    const wanted = tablesOfManifest(this.plan.manifest, this.target.migrationsTable).filter(({ name }) =>
      isChosen(this.plan, name),
    );
    if (wanted.every(({ name }) => layouts.some((layout) => layout.name === name))) return;
    const whole = this.plan.tables === null;
    this.built = new MissingTables(this.connection, this.plan.manifest.schema.ddl, (name) => this.names.key(name));
    await this.built.create((name) => whole || isChosen(this.plan, name), whole);
    this.missing.push(...this.built.leftOut);
    this.late.push(...this.built.late);
  }

  /** Waits for everybody else here, and nowhere later. */
  private async lock(migrations: 'none' | 'there' | 'new'): Promise<LockedDatabase> {
    const { layouts: all, rowless } = await readSchema(this.connection, this.target.migrationsTable);
    const restored = all.filter(({ name }) => this.isRestored(name));
    const others = restored.filter(({ transactional }) => !transactional);
    const chosen = restored.filter(({ transactional }) => transactional).map(({ name }) => name);
    this.aside = await AsideTables.create(this.target, others);
    const allKeys = await readForeignKeys(this.connection);
    const foreignKeys = allKeys.filter(
      ({ child, parent, schema }) => chosen.includes(child) || (schema === null && chosen.includes(parent)),
    );
    const locks = [
      ...[UNFINISHED_TABLE, ...chosen].map(forWriting),
      ...(migrations === 'new' ? [forWriting(this.target.migrationsTable)] : []),
      ...(migrations === 'there' ? [forReading(this.target.migrationsTable)] : []),
      // What is written to those aside would be lost.
      ...[...others.map(({ name }) => name), ...(this.plan.tables === null ? rowless : [])].map(forReading),
      ...(await sequenceLocks(this.connection, this.target, restored)),
      ...foreignKeys.flatMap(forChecking),
    ];
    await this.giveDatabaseCollation(await collationToCome(this.connection, chosen));
    await this.connection.run('SET SESSION autocommit = 0');
    await this.connection.run(`LOCK TABLES ${locks.join(', ')}`);
    this.locked = true;
    await this.refuseDifferences(); // which nobody can cause any more
    const layouts = (await this.layouts()).filter(({ name }) => restored.some((table) => table.name === name));
    const withTriggers = [...chosen, ...others.map(({ name }) => name)];
    const triggers = await triggersToSetAside(this.connection, withTriggers, (table) => chosen.includes(table));
    const isAside = ({ table }: Trigger) => others.some(({ name }) => name === table);
    await setAside(
      this.connection,
      triggers.filter((trigger) => !isAside(trigger)),
    );
    // Those of a table that is replaced go with it.
    this.late.unshift(...triggers.filter(isAside).map((trigger) => ({ ...trigger, setting: trigger })));
    return { layouts, foreignKeys, lacksMigrations: migrations === 'new', aside: this.aside };
  }

  /** Until all is finished. */
  private async giveDatabaseCollation(collation: string | null): Promise<void> {
    if (collation === null) return;
    await noteCollation(this.connection, await databaseCollation(this.connection));
    await this.connection.run(`ALTER DATABASE COLLATE ${collation}`);
  }

  private async noteLateThings(): Promise<void> {
    for (const { n, table } of this.aside.swaps) await noteSwap(this.connection, n, table);
    for (const thing of this.late) await noteLate(this.connection, thing);
  }

  private isRestored(table: string): boolean {
    return isChosen(this.plan, table) && Object.hasOwn(this.plan.manifest.tables, table);
  }

  private async finishHere(): Promise<void> {
    const finishing = this.locked ? finish(this.connection) : finishInterruptedRestore(this.connection);
    this.missing.push(...(await finishing));
    await this.connection.run('UNLOCK TABLES');
    if (!this.committed) await this.built?.remove();
  }

  /**
   * After a failure: old rows, or new ones if only the answer to COMMIT was lost, with everything around them as it was. A lost connection has rolled back what was not
   * committed, but cannot put the triggers back itself.
   */
  private async settle(error: unknown): Promise<RestoreOutcome> {
    const isLost = await this.connection.run('ROLLBACK').then(
      () => false,
      () => true,
    );
    try {
      await (isLost ? this.finishElsewhere() : this.finishHere());
    } catch (problem) {
      throw unfinished(asBackupError(error), asBackupError(problem), this.committed);
    }
    if (this.committed && this.outcome) return this.outcome;
    throw error;
  }

  private async finishElsewhere(): Promise<void> {
    this.connection.close();
    const another = await this.reconnect();
    try {
      if (this.outcome && !this.committed) this.committed = await hasCommitted(another);
      this.missing.push(...(await finishInterruptedRestore(another)));
    } finally {
      another.close();
    }
  }

  /** With patience only where nobody knows what became of a COMMIT: the server may be starting again. */
  private async reconnect(): Promise<MysqlConnection> {
    const isInDoubt = this.outcome !== null && !this.committed;
    for (let attempt = 1; ; attempt++) {
      try {
        return await MysqlConnection.open(this.target);
      } catch (error) {
        if (!isInDoubt || attempt === MOST_ATTEMPTS) throw error;
        await sleep(BETWEEN_ATTEMPTS_MS);
      }
    }
  }
}

/** The reason, and what is left to do; whoever opens this database next does it. */
function unfinished(reason: BackupError, problem: BackupError, committed: boolean): BackupError {
  const rows = committed
    ? 'The rows are those of the snapshot.'
    : 'If the rows were not committed, they are as before.';
  return new BackupError(
    reason.code,
    `${reason.message} ${rows} Not all triggers, keys and other parts of the tables are back in place (${problem.message}): they are recorded in the table "${UNFINISHED_TABLE}", and the next backup or restore puts them back.`,
  );
}
