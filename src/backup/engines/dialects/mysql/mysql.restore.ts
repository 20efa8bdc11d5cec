import type { TaskContext } from '../../../system/child-task-server.js';
import type { ServerTarget } from '../../database-target.js';
import type { RestoreOutcome } from '../../database.engine.js';
import type { RestorePlan } from '../dialect.js';
import {
  assertAllFilled,
  assertSameColumns,
  assertSameSnapshot,
  columnsToFill,
  isChosen,
  proveTables,
  rowCounts,
  rowsPromised,
  type FilledTable,
} from '../filled-tables.js';
import { corruptDocument } from '../restore.errors.js';
import { AsideTables } from './mysql.aside-tables.js';
import { quoted, type MysqlConnection } from './mysql.connection.js';
import { COUNTER_TABLE, parseCounters, readCounters, type Counters } from './mysql.counters.js';
import type { DescribedTable } from './mysql.create-table.js';
import { keyOrder, describeTables, tablesOfManifest, typeOf } from './mysql.differences.js';
import { ForeignKeyReport, type ForeignKey } from './mysql.foreign-keys.js';
import { recordMigrations } from './mysql.missing-tables.js';
import { ProvenRows } from './mysql.proven-rows.js';
import { readRowLines } from './mysql.rows.js';
import { createTable } from './mysql.definitions.js';
import { readSchema, type TableLayout } from './mysql.schema.js';
import { sequencesUsedBy } from './mysql.sequence-uses.js';
import { parseSequences, readSequences, SEQUENCE_TABLE, type Sequences } from './mysql.sequences.js';
import type { TableNames } from './mysql.table-names.js';
import { TableRowWriter } from './mysql.table-writer.js';
import { noteCounter, noteRestored, noteSequence } from './mysql.unfinished.js';

interface RestoredTable extends FilledTable {
  layout: TableLayout;
  /** Where its rows go: the table itself, or one that will take its place. */
  place: { connection: MysqlConnection; layout: TableLayout };
  /** Whether it is exactly the table that was captured. */
  asCaptured: boolean;
}

/** What is known of the database once its tables are locked. */
export interface LockedDatabase {
  /** Those of the tables that are to be restored. */
  layouts: TableLayout[];
  foreignKeys: ForeignKey[];
  /** Whether the migrations table was built just now, so that it has to be told what had run. */
  lacksMigrations: boolean;
  /** Where the rows of tables go whose engine has no transactions. */
  aside: AsideTables;
}

/** One restore of a MySQL or MariaDB database: replaces the rows and proves them, inside the transaction and under the locks of its caller. */
export class MysqlRestore {
  private readonly restored = new Map<string, RestoredTable>();
  private readonly warnings: string[] = [];
  private readonly missing: string[] = [];
  private readonly then: DescribedTable[];
  private now: DescribedTable[] = [];
  private packetBytes = 0;
  private aside = AsideTables.NONE;

  constructor(
    private readonly connection: MysqlConnection,
    private readonly target: ServerTarget,
    private readonly plan: RestorePlan,
    private readonly names: TableNames,
    private readonly context: TaskContext,
  ) {
    this.then = tablesOfManifest(plan.manifest, target.migrationsTable);
  }

  /** Everything between the locks and COMMIT. */
  async run({ layouts, foreignKeys, lacksMigrations, aside }: LockedDatabase): Promise<RestoreOutcome> {
    this.aside = aside;
    this.packetBytes = Number(await this.connection.value('SELECT @@max_allowed_packet'));
    this.now = await describeTables(
      this.connection,
      layouts.map(({ name }) => name),
    );
    const keysBefore = this.isWhole ? ForeignKeyReport.EMPTY : await ForeignKeyReport.of(this.connection, foreignKeys);
    await this.connection.run('SET SESSION foreign_key_checks = 0'); // rows come in an order of their own; see below
    const { counters, sequences } = await this.replaceRows(layouts);
    await this.connection.beStrict();
    this.warnings.push(...(await this.prove()));
    const keysNow = await ForeignKeyReport.of(this.connection, foreignKeys);
    this.warnings.push(...keysNow.judge(keysBefore, (table) => this.isAsCaptured(table)));
    await this.setCounters(counters);
    await this.noteSequences(sequences);
    if (lacksMigrations)
      await recordMigrations(this.connection, this.target.migrationsTable, this.plan.manifest.schema.migrations);
    await noteRestored(this.connection);
    const versioned = layouts.filter((layout) => layout.versioned).map(({ name }) => `"${name}"`);
    if (versioned.length > 0)
      this.warnings.push(
        `${versioned.join(', ')}: the restore did not replace the history; the rows from before it now belong to the history, and the restored rows begin with the restore.`,
      );
    return { tables: rowCounts(this.restored), warnings: this.warnings, missing: this.missing };
  }

  /** Every table, into the very schema it came from: the digests prove the whole database. */
  private get isWhole(): boolean {
    return this.plan.tables === null && !this.plan.allowSchemaChanges;
  }

  private async replaceRows(layouts: readonly TableLayout[]): Promise<{ counters: Counters; sequences: Sequences }> {
    const live = new Map(layouts.map((layout) => [layout.name, layout]));
    const total = rowsPromised(this.plan);
    const counters = new ProvenRows(parseCounters, this.names);
    const sequences = new ProvenRows(parseSequences, this.names);
    let take: (rows: Buffer) => number | Promise<number> = () => 0;
    let rowsDone = 0;
    for await (const part of this.plan.parts) {
      if (part.part === 'head') assertSameSnapshot(this.plan, part.id);
      if (part.part === 'table') {
        if (part.name === COUNTER_TABLE) take = (rows) => counters.add(rows);
        else if (part.name === SEQUENCE_TABLE) take = (rows) => sequences.add(rows);
        else take = await this.beginTable(part.name, part.columns, live.get(part.name));
      }
      if (part.part !== 'rows') continue;
      rowsDone += await take(part.rows);
      this.context.report({ stage: 'restore', progress: (0.6 * rowsDone) / total });
      await this.context.breathe();
    }
    this.refuseMissingTables();
    const promised = this.plan.manifest.tables;
    if (counters.digest() !== promised[COUNTER_TABLE]?.sha256)
      throw corruptDocument(this.plan.manifest.id, 'the counters of its tables differ');
    if (promised[SEQUENCE_TABLE] !== undefined && sequences.digest() !== promised[SEQUENCE_TABLE].sha256)
      throw corruptDocument(this.plan.manifest.id, 'its sequences differ');
    return { counters: counters.found, sequences: sequences.found };
  }

  /** Empties a table and returns what fills it with rows and counts them. */
  private async beginTable(
    name: string,
    columns: { name: string; type: string }[],
    layout: TableLayout | undefined,
  ): Promise<(rows: Buffer) => number | Promise<number>> {
    if (!isChosen(this.plan, name)) return () => 0;
    if (!layout) return () => 0;
    const table = this.restoredTable(layout, columns);
    this.restored.set(name, table);
    if (table.place.layout === layout) await this.connection.run(`DELETE FROM ${quoted(name)}`);
    const held = columns.map((column) => column.name);
    // Whatever the database held it has to take again; that nothing was cut to fit, the digest proves. Where it cannot, the server has to.
    if (table.provable) await table.place.connection.beLenient();
    else await table.place.connection.beStrict();
    const { connection, layout: place } = table.place;
    const writer = new TableRowWriter(connection, place, held, table.columns, this.packetBytes, !table.provable);
    return async (rows) => {
      const written = await writer.write(rows);
      table.rows += written;
      return written;
    };
  }

  private restoredTable(layout: TableLayout, columns: { name: string; type: string }[]): RestoredTable {
    const then = this.then.find(({ name }) => name === layout.name);
    const now = this.now.find(({ name }) => name === layout.name);
    if (then) assertSameColumns(this.plan, then.name, capturedColumns(then), columns);
    const same = columnsToFill(layout.name, columns, layout.columns, (sentence) => this.warnings.push(sentence));
    const sameTypes = columns.every(({ name }) => typeIn(then, name) === typeIn(now, name));
    const sameOrder =
      then && now && then.primaryKey.join() === now.primaryKey.join() && keyOrder(then) === keyOrder(now);
    // Where no difference is allowed, none is an excuse: the digest decides.
    const provable = !this.plan.allowSchemaChanges || (sameTypes && sameOrder === true);
    const asCaptured = provable && layout.columns.length === columns.length;
    const place = this.aside.placeOf(layout) ?? { connection: this.connection, layout };
    return { layout, place, columns: same, provable, asCaptured, rows: 0 };
  }

  private refuseMissingTables(): void {
    if (this.plan.allowSchemaChanges) return;
    const promised = this.plan.tables ?? Object.keys(this.plan.manifest.tables);
    assertAllFilled(
      this.plan,
      promised.filter((name) => name !== COUNTER_TABLE && name !== SEQUENCE_TABLE),
      this.restored,
    );
  }

  private prove(): Promise<string[]> {
    const linesOf = ({ place, columns }: RestoredTable) => readRowLines(place.connection, place.layout, columns);
    return proveTables(this.plan, this.restored, linesOf, this.context);
  }

  /** A counter that inserting the rows has not brought to where it was is set once they are committed; that of a table that stands aside at once. */
  private async setCounters(counters: Counters): Promise<void> {
    for (const { layout, place } of this.restored.values()) {
      if (!layout.counts) continue;
      const now = await readCounters(place.connection, [place.layout]);
      const wanted = counters.get(layout.name) ?? '1';
      if (wanted === (now.get(place.layout.name) ?? '1')) continue;
      if (place.layout === layout) await noteCounter(this.connection, layout.name, wanted);
      else await place.connection.run(`ALTER TABLE ${quoted(place.layout.name)} AUTO_INCREMENT = ${BigInt(wanted)}`);
    }
  }

  /** All of them, or those from which the restored tables take their defaults. */
  private async noteSequences(sequences: Sequences): Promise<void> {
    if (sequences.size === 0) return;
    const { sequences: there } = await readSchema(this.connection, this.target.migrationsTable, []);
    const now = await readSequences(this.connection, there);
    const used = this.plan.tables && new Set(await this.usedSequences());
    for (const [name, state] of sequences) {
      if (used !== null && !used.has(name)) continue;
      const present = now.get(name);
      if (present === undefined)
        this.missing.push(`The sequence "${name}" is not in the database, so it was left out.`);
      else if (present.join() !== state.join()) await noteSequence(this.connection, name, state);
    }
  }

  private async usedSequences(): Promise<string[]> {
    const names: string[] = [];
    for (const table of this.restored.keys())
      names.push(...sequencesUsedBy(await createTable(this.connection, table)).map(({ name }) => name));
    return names;
  }

  private isAsCaptured(table: string): boolean {
    return this.isWhole || this.restored.get(table)?.asCaptured === true;
  }
}

/** By their names: a document has the types in other words. */
const capturedColumns = ({ columns }: DescribedTable): { name: string }[] =>
  columns.filter(({ generated }) => !generated).map(({ name }) => ({ name }));

const typeIn = (table: DescribedTable | undefined, column: string): string | undefined => {
  const found = table?.columns.find(({ name }) => name === column);
  return found && typeOf(found);
};
