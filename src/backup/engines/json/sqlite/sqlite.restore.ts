import { createHash } from 'node:crypto';
import { withoutCounters } from '../../../model/counters.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { SqliteTarget } from '../../database-target.js';
import type { RestoreOutcome } from '../../snapshot.engine.js';
import type { RestorePlan } from '../dialect.js';
import { corruptDocument, restoreMismatch, schemaMismatch, tableNotFound } from '../restore.errors.js';
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

/** A table on its way back: as it is in the database, and which of its columns the snapshot can fill. */
interface RestoredTable {
  layout: TableLayout;
  columns: string[];
  /** Whether the digest can prove it: nothing that the snapshot holds was left out or changes its type. */
  provable: boolean;
  /** Whether it is exactly the table that was captured. */
  asCaptured: boolean;
  rows: number;
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
    await this.checkDigests();
    this.warnings.push(...ForeignKeyReport.of(this.connection).judge(keysBefore, (table) => this.isAsCaptured(table)));
    const tables = [...this.restored].map(([name, { rows }]) => [name, { rows }] as const);
    return {
      tables: withoutCounters('sqlite', Object.fromEntries(tables)),
      warnings: this.warnings,
      missing: this.missing,
    };
  }

  /** Every table, into the very schema it came from: the digests prove the whole database. */
  private get isWhole(): boolean {
    return this.plan.tables === null && !this.plan.allowSchemaChanges;
  }

  private isChosen(table: string): boolean {
    return this.plan.tables === null || this.plan.tables.includes(table) || table === SEQUENCE_TABLE;
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
    const rowsPromised = Math.max(1, sum(Object.values(this.plan.manifest.tables).map(({ rows }) => rows)));
    const sequences: Buffer[] = [];
    let take: (rows: Buffer) => number = () => 0;
    let rowsDone = 0;
    for await (const part of this.plan.parts) {
      if (part.part === 'head') this.assertSameSnapshot(part.id);
      if (part.part === 'table') {
        take =
          part.name === SEQUENCE_TABLE
            ? (rows) => sequences.push(rows) && 0
            : this.beginTable(part.name, part.columns, live.get(part.name));
      }
      if (part.part !== 'rows') continue;
      rowsDone += take(part.rows);
      this.context.report({ stage: 'restore', progress: (0.6 * rowsDone) / rowsPromised });
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
        this.warnings.push('The database keeps no AUTOINCREMENT sequences any more, so those were left out.');
      return;
    }
    const owners = this.plan.tables ?? this.snapshot.layouts.map(({ name }) => name);
    const sequences = { ...layout, sequencesOf: owners };
    this.connection.exec(`DELETE FROM main.${SEQUENCE_TABLE} WHERE name IN (${owners.map(literal).join(', ')})`);
    const writer = new TableRowWriter(this.connection, sequences, ['name', 'seq']);
    const rows = sum(pieces.map((piece) => writer.write(piece)));
    if (promised) {
      const proof = { provable: true, asCaptured: true };
      this.restored.set(SEQUENCE_TABLE, { layout: sequences, columns: ['name', 'seq'], ...proof, rows });
    }
  }

  private restoredTable(layout: TableLayout, columns: { name: string; type: string }[]): RestoredTable {
    const then = this.snapshot.layouts.find(({ name }) => name === layout.name);
    if (then && then.organisation !== 'virtual') this.assertSameColumns(then, columns);
    const same = columns.filter((column) => layout.columns.some(({ name }) => name === column.name));
    const left = columns.filter((column) => !same.includes(column)).map(({ name }) => `"${name}"`);
    if (left.length > 0)
      this.warnings.push(`Table "${layout.name}" no longer has ${left.join(', ')}; those values were left out.`);
    const sameTypes = columns.every(
      ({ name, type }) => layout.columns.find((c) => c.name === name)?.type.toLowerCase() === type.toLowerCase(),
    );
    const sameOrganisation =
      then?.organisation === layout.organisation && then.order === layout.order && then.strict === layout.strict;
    // Where no difference is allowed, none is an excuse: the digest decides.
    const provable = !this.plan.allowSchemaChanges || (sameTypes && sameOrganisation);
    const asCaptured = provable && layout.columns.length === columns.length;
    return { layout, columns: same.map(({ name }) => name), provable, asCaptured, rows: 0 };
  }

  /** The document repeats what the manifest says; only a damaged one differs. */
  private assertSameColumns(then: TableLayout, columns: { name: string; type: string }[]): void {
    const same =
      then.columns.length === columns.length &&
      then.columns.every(({ name, type }, n) => name === columns[n]?.name && type === columns[n].type);
    if (!same)
      throw corruptDocument(this.plan.manifest.id, `its table "${then.name}" has other columns than the manifest says`);
  }

  private assertSameSnapshot(id: string): void {
    if (id !== this.plan.manifest.id) throw corruptDocument(this.plan.manifest.id, `it says that it is "${id}"`);
  }

  private refuseMissingTables(): void {
    if (this.plan.allowSchemaChanges) return;
    const promised = this.plan.tables ?? Object.keys(this.plan.manifest.tables);
    // Sequences are looked after on their own: a database may have lost the table that keeps them.
    const left = promised.filter((name) => name !== SEQUENCE_TABLE && !this.restored.has(name));
    if (left.length > 0)
      throw corruptDocument(this.plan.manifest.id, `it lacks tables that the manifest lists: ${left.join(', ')}`);
  }

  /** The proof: what the database now prints is what was captured. */
  private async checkDigests(): Promise<void> {
    let checked = 0;
    for (const [name, table] of this.restored) {
      this.context.report({ stage: 'check', progress: 0.6 + (0.4 * checked++) / this.restored.size });
      const promised = this.plan.manifest.tables[name];
      const partOfSequences = name === SEQUENCE_TABLE && this.plan.tables !== null;
      if (!promised || partOfSequences) continue;
      if (table.rows !== promised.rows && name !== SEQUENCE_TABLE)
        throw restoreMismatch(name, `${table.rows} rows instead of ${promised.rows}`);
      if (!table.provable)
        this.warnings.push(`Table "${name}" has another schema now: its rows were counted, not compared.`);
      else if ((await this.digest(table)) !== promised.sha256)
        throw restoreMismatch(name, 'its rows are not the ones that were captured');
    }
  }

  private async digest({ layout, columns }: RestoredTable): Promise<string> {
    const hash = createHash('sha256');
    for (const lines of readRowLines(this.connection, layout, columns)) {
      hash.update(lines);
      await this.context.breathe();
    }
    return hash.digest('hex');
  }

  private isAsCaptured(table: string): boolean {
    return this.isWhole || [...this.restored].some(([name, { asCaptured }]) => asCaptured && sameName(name, table));
  }
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

/** SQLite tells names apart without the case of ASCII letters, and a foreign key may spell its parent in another. */
const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
