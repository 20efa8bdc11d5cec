import { withoutCounters } from '../../../model/counters.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { SqliteTarget } from '../../database-target.js';
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
import { schemaMismatch, tableNotFound } from '../restore.errors.js';
import { literal, quoted, type Connection } from './sqlite.connection.js';
import { schemaDifferences, schemaOfManifest } from './sqlite.differences.js';
import { ForeignKeyReport } from './sqlite.foreign-keys.js';
import { MissingTables, recordMigrations } from './sqlite.missing-tables.js';
import { identify } from './sqlite.pragmas.js';
import { readRowLines } from './sqlite.rows.js';
import { rebuildFullTextIndexes, SetAsideObjects } from './sqlite.schema-objects.js';
import { readLayouts, SEQUENCE_TABLE, type TableLayout } from './sqlite.schema.js';
import { TableFiller } from './sqlite.table-filler.js';
import { TableRowWriter } from './sqlite.table-writer.js';

interface RestoredTable extends FilledTable {
  layout: TableLayout;
  /** Whether it is exactly the table that was captured. */
  asCaptured: boolean;
}

/** One restore of a SQLite database: replaces the rows and proves them, inside the transaction that its caller opened. */
export class SqliteRestore {
  private readonly restored = new Map<string, RestoredTable>();
  private readonly fillers: TableFiller[] = [];
  private readonly warnings: string[] = [];
  /** What the database does not have in the end. */
  private readonly missing: string[] = [];
  private readonly snapshot: ReturnType<typeof schemaOfManifest>;

  constructor(
    private readonly connection: Connection,
    private readonly target: SqliteTarget,
    private readonly plan: RestorePlan,
    private readonly context: TaskContext,
  ) {
    this.snapshot = schemaOfManifest(plan.manifest, target.migrationsTable);
    this.refuseUnknownTables();
    this.refuseDifferences();
  }

  /** Everything between BEGIN and COMMIT. */
  async run(): Promise<RestoreOutcome> {
    const keysBefore = this.isWhole ? ForeignKeyReport.EMPTY : ForeignKeyReport.of(this.connection);
    this.createMissingTables();
    const aside = new SetAsideObjects(this.connection, this.plan.tables);
    await this.replaceRows();
    aside.putBack((sql) => this.isCapturedStatement(sql));
    this.warnings.push(...rebuildFullTextIndexes(this.connection)); // not before: their content may be a view
    this.warnings.push(...(await this.prove()));
    this.warnings.push(...ForeignKeyReport.of(this.connection).judge(keysBefore, (table) => this.isAsCaptured(table)));
    return {
      tables: withoutCounters('sqlite', rowCounts(this.restored)),
      warnings: this.warnings,
      missing: this.missing,
    };
  }

  /** Every table, into the very schema it came from: the digests prove the whole database. */
  private get isWhole(): boolean {
    return this.plan.tables === null && !this.plan.allowSchemaChanges;
  }

  private isChosen(table: string): boolean {
    return isChosen(this.plan, table) || table === SEQUENCE_TABLE;
  }

  private isCapturedStatement(sql: string): boolean {
    return this.snapshot.objects.some((object) => object.sql === sql);
  }

  private hasCapturedStatement(table: string): boolean {
    const sql = this.connection
      .prepare(`SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?`)
      .pluck()
      .get(table) as string | undefined;
    return sql !== undefined && this.isCapturedStatement(sql);
  }

  private refuseUnknownTables(): void {
    const unknown = (this.plan.tables ?? []).filter(
      (name) => name === SEQUENCE_TABLE || !Object.hasOwn(this.plan.manifest.tables, name),
    );
    if (unknown.length > 0) throw tableNotFound(unknown);
  }

  private refuseDifferences(): void {
    if (this.plan.allowSchemaChanges) return;
    const differences = schemaDifferences(
      this.connection,
      this.plan.manifest,
      this.target.migrationsTable,
      this.plan.tables,
    );
    if (differences.length > 0) throw schemaMismatch(differences);
  }

  /** Only reached when the caller allowed it: an empty database gets the snapshot's tables, with their indexes, views and triggers. */
  private createMissingTables(): void {
    const existing = new Set(
      this.connection.prepare(`SELECT name FROM main.sqlite_schema WHERE type = 'table'`).pluck().all() as string[],
    );
    const wanted = this.snapshot.layouts.filter(({ name }) => name !== SEQUENCE_TABLE && this.isChosen(name));
    if (existing.size > 0 && wanted.every(({ name }) => existing.has(name))) return;
    const { migrations, pragmas } = this.plan.manifest.schema;
    const whole = this.plan.tables === null;
    if (whole && existing.size === 0) identify(this.connection, pragmas);
    const missing = new MissingTables(this.connection, this.snapshot.objects);
    missing.create((name) => whole || this.isChosen(name), whole);
    this.missing.push(...missing.sentences);
    if (!existing.has(this.target.migrationsTable))
      recordMigrations(this.connection, this.target.migrationsTable, migrations);
  }

  private async replaceRows(): Promise<void> {
    const live = new Map(
      readLayouts(this.connection, this.target.migrationsTable).map((layout) => [layout.name, layout]),
    );
    const promised = rowsPromised(this.plan);
    const sequences: Buffer[] = [];
    let take: (rows: Buffer) => number = () => 0;
    let rowsDone = 0;
    for await (const part of this.plan.parts) {
      if (part.part === 'head') assertSameSnapshot(this.plan, part.id);
      if (part.part === 'table') {
        take =
          part.name === SEQUENCE_TABLE
            ? (rows) => sequences.push(rows) && 0
            : this.beginTable(part.name, part.columns, live.get(part.name));
      }
      if (part.part !== 'rows') continue;
      rowsDone += take(part.rows);
      this.context.report({ stage: 'restore', progress: (0.6 * rowsDone) / promised });
      await this.context.breathe();
    }
    for (const filler of this.fillers) filler.finish();
    this.restoreSequences(sequences, live.get(SEQUENCE_TABLE));
    this.refuseMissingTables();
  }

  /** Empties a table and returns what fills it with rows and counts them. */
  private beginTable(
    name: string,
    columns: { name: string; type: string }[],
    layout: TableLayout | undefined,
  ): (rows: Buffer) => number {
    if (!this.isChosen(name)) return () => 0;
    if (!layout) return () => 0;
    const table = this.restoredTable(layout, columns);
    this.restored.set(name, table);
    this.connection.exec(`DELETE FROM main.${quoted(name)}`);
    const filler = new TableFiller(this.connection, layout, table.columns, this.hasCapturedStatement(name));
    this.fillers.push(filler);
    return (rows) => {
      const written = filler.write(rows);
      table.rows += written;
      return written;
    };
  }

  /** Last, because inserting rows moves them: the next AUTOINCREMENT keys, of the restored tables only. */
  private restoreSequences(pieces: Buffer[], layout: TableLayout | undefined): void {
    const promised = this.plan.manifest.tables[SEQUENCE_TABLE];
    if (!layout) {
      if (promised && promised.rows > 0)
        this.warnings.push(
          'The database no longer has AUTOINCREMENT sequences, so those of the snapshot were left out.',
        );
      return;
    }
    const owners = this.plan.tables ?? this.snapshot.layouts.map(({ name }) => name);
    const sequences = { ...layout, sequencesOf: owners };
    this.connection.exec(`DELETE FROM main.${SEQUENCE_TABLE} WHERE name IN (${owners.map(literal).join(', ')})`);
    const writer = new TableRowWriter(this.connection, sequences, ['name', 'seq']);
    for (const piece of pieces) writer.write(piece);
    if (promised && this.plan.tables === null) {
      const proof = { provable: true, asCaptured: true, rows: promised.rows }; // its digest says which they are
      this.restored.set(SEQUENCE_TABLE, { layout: sequences, columns: ['name', 'seq'], ...proof });
    }
  }

  private restoredTable(layout: TableLayout, columns: { name: string; type: string }[]): RestoredTable {
    const then = this.snapshot.layouts.find(({ name }) => name === layout.name);
    if (then && then.organisation !== 'virtual') assertSameColumns(this.plan, then.name, then.columns, columns);
    const same = columnsToFill(layout.name, columns, layout.columns, (sentence) => this.warnings.push(sentence));
    const sameTypes = columns.every(
      ({ name, type }) => layout.columns.find((c) => c.name === name)?.type.toLowerCase() === type.toLowerCase(),
    );
    const sameOrganisation =
      then?.organisation === layout.organisation && then.order === layout.order && then.strict === layout.strict;
    // Where no difference is allowed, none is an excuse: the digest decides.
    const provable = !this.plan.allowSchemaChanges || (sameTypes && sameOrganisation);
    const asCaptured = provable && layout.columns.length === columns.length;
    return { layout, columns: same, provable, asCaptured, rows: 0 };
  }

  private refuseMissingTables(): void {
    if (this.plan.allowSchemaChanges) return;
    const promised = this.plan.tables ?? Object.keys(this.plan.manifest.tables);
    // Sequences are looked after on their own: a database may have lost the table that keeps them.
    assertAllFilled(
      this.plan,
      promised.filter((name) => name !== SEQUENCE_TABLE),
      this.restored,
    );
  }

  private prove(): Promise<string[]> {
    const linesOf = ({ layout, columns }: RestoredTable) => readRowLines(this.connection, layout, columns);
    return proveTables(this.plan, this.restored, linesOf, this.context);
  }

  private isAsCaptured(table: string): boolean {
    return this.isWhole || [...this.restored].some(([name, { asCaptured }]) => asCaptured && sameName(name, table));
  }
}

/** SQLite tells names apart without the case of ASCII letters, and a foreign key may spell its parent in another. */
const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
