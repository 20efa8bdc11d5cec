import type { TaskContext } from '../../../system/child-task-server.js';
import type { RestoreOutcome } from '../../database.engine.js';
import type { RestorePlan } from '../dialect.js';
import type { DocumentTable } from '../document.parts.js';
import { compareTables, type ComparedTable } from '../schema-differences.js';
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
import { restoreMismatch, schemaMismatch, tableNotFound } from '../restore.errors.js';
import { PHYSICAL_ORDER, PRINTING_OF_THE_APPLICATION } from './postgres.settings.js';
import { neverCaptured } from './postgres.left-out.js';
import { CapturedConstraints } from './postgres.captured-constraints.js';
import type { PostgresConnection } from './postgres.connection.js';
import { asCompared, schemaDifferences } from './postgres.differences.js';
import { Silence } from './postgres.event-triggers.js';
import { dropInvalidIndexes } from './postgres.invalid-indexes.js';
import { assertRoomToReplace } from './postgres.locks.js';
import { MissingTables, populatedViews, recordMigrations } from './postgres.missing-tables.js';
import { qualified, SEQUENCE_TABLE, type QualifiedName } from './postgres.names.js';
import { readRowLines } from './postgres.rows.js';
import { readLayouts, readMigrations, type TableLayout } from './postgres.schema.js';
import { RestoredSequences } from './postgres.sequences.js';
import { refreshMaterializedViews } from './postgres.materialized-views.js';
import { SetAside } from './postgres.set-aside.js';
import { describedTables } from './postgres.statement-head.js';
import { TableRowWriter } from './postgres.table-writer.js';

interface RestoredTable extends FilledTable {
  layout: TableLayout;
}

/** One restore of a PostgreSQL database: replaces the rows and proves them, inside the transaction that its caller opened. */
export class PostgresRestore {
  private readonly restored = new Map<string, RestoredTable>();
  private readonly warnings: string[] = [];
  /** What the database does not have in the end. */
  private readonly missing: string[] = [];
  private readonly then: ComparedTable[];
  /** Null where nothing is missing. */
  private missingTables: MissingTables | null = null;

  constructor(
    private readonly connection: PostgresConnection,
    private readonly migrations: QualifiedName,
    private readonly plan: RestorePlan,
    private readonly context: TaskContext,
  ) {
    this.then = describedTables(plan.manifest.schema.ddl);
    this.refuseUnknownTables();
  }

  /** Everything between BEGIN and COMMIT. */
  async run(): Promise<RestoreOutcome> {
    const silence = await Silence.begin(this.connection);
    if (this.plan.allowSchemaChanges) await this.createMissingTables();
    const live = await this.lockTables();
    await this.refuseDifferences(live);
    const tables = live.filter(({ label }) => this.isRestored(label));
    await assertRoomToReplace(this.connection, tables, silence.isReplica);
    const oids = tables.map(({ oid }) => oid);
    const sequences = await RestoredSequences.of(this.connection, this.migrations, this.ownersOfSequences);
    const aside = await SetAside.of(this.connection, oids, this.capturedConstraints(tables), silence.isReplica);
    this.warnings.push(...(await dropInvalidIndexes(this.connection, oids)));
    await this.connection.asApplication();
    await this.emptyTables(tables);
    await aside.whileEmpty();
    await this.replaceRows(new Map(tables.map((layout) => [layout.label, layout])), sequences);
    this.refuseMissingTables(tables);
    await sequences.set();
    this.warnings.push(...(await aside.putBack()));
    this.missing.push(...sequences.missing);
    await this.connection.run(...PRINTING_OF_THE_APPLICATION);
    const stale = await refreshMaterializedViews(this.connection, oids, this.isWhole ? this.populatedViews : null);
    (this.missingTables ? this.missing : this.warnings).push(...stale);
    if (this.isWhole) await this.missingTables?.complete();
    this.missing.push(...(this.missingTables?.warnings ?? []));
    await this.connection.asOurselves();
    await silence.end();
    this.warnings.push(...(await this.prove(sequences)));
    return { tables: rowCounts(this.restored), warnings: this.warnings, missing: this.missing };
  }

  private capturedConstraints(tables: readonly TableLayout[]): CapturedConstraints {
    const asCaptured = tables.filter((layout) => {
      const then = this.then.find(({ name }) => name === layout.label);
      return then && compareTables([then], [asCompared(layout)]).length === 0;
    });
    return new CapturedConstraints(this.plan.manifest.schema.ddl, new Set(asCaptured.map(({ oid }) => oid)));
  }

  /** Where there is nothing, nothing is made anew; unless a foreign key leads from there into what is emptied. */
  private async emptyTables(tables: readonly TableLayout[]): Promise<void> {
    const found = await this.connection.query<{ oid: string }>(
      `SELECT oid::pg_catalog.text FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS oid
       WHERE pg_catalog.pg_relation_size(oid) > 0 OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conrelid = oid)`,
      [tables.map(({ oid }) => oid)],
    );
    const filled = new Set(found.map(({ oid }) => oid));
    const toEmpty = tables.filter(({ oid }) => filled.has(oid));
    if (toEmpty.length > 0) await this.connection.run(`TRUNCATE ${onlyThese(toEmpty)}`);
  }

  private get isWhole(): boolean {
    return this.plan.tables === null;
  }

  private get populatedViews(): string[] {
    return populatedViews(this.plan.manifest.schema.ddl);
  }

  private isRestored(table: string): boolean {
    return isChosen(this.plan, table) && Object.hasOwn(this.plan.manifest.tables, table);
  }

  /** Null for all: those that stand alone belong to the database as a whole. */
  private get ownersOfSequences(): readonly string[] | null {
    return this.plan.tables;
  }

  private refuseUnknownTables(): void {
    const unknown = (this.plan.tables ?? []).filter(
      (name) => name === SEQUENCE_TABLE || !Object.hasOwn(this.plan.manifest.tables, name),
    );
    if (unknown.length > 0) throw tableNotFound(unknown);
  }

  /** An empty database gets the snapshot's tables, with what hangs on them. */
  private async createMissingTables(): Promise<void> {
    const before = await readMigrations(this.connection, this.migrations);
    const existing = new Set((await readLayouts(this.connection, before)).map(({ label }) => label));
    const wanted = this.then.filter(({ name }) => isChosen(this.plan, name));
    // A database may well consist of functions alone.
    if (wanted.length > 0 ? wanted.every(({ name }) => existing.has(name)) : !this.isWhole) return;
    const { ddl, left_out: leftOut = [] } = this.plan.manifest.schema;
    if (existing.size === 0 && this.isWhole) this.missing.push(...leftOut.map(neverCaptured));
    const missing = (this.missingTables = new MissingTables(this.connection, ddl));
    await this.connection.asApplication();
    await missing.create(this.plan.tables);
    await this.connection.asOurselves();
    const after = await readMigrations(this.connection, this.migrations);
    if (after.exists && !before.exists)
      await recordMigrations(this.connection, after, this.plan.manifest.schema.migrations);
  }

  /** Nobody reads or writes them from here on; what they look like is read only then. */
  private async lockTables(): Promise<TableLayout[]> {
    const migrations = await readMigrations(this.connection, this.migrations);
    const before = await readLayouts(this.connection, migrations);
    const wanted = before.filter(({ label }) => this.isRestored(label));
    if (wanted.length === 0) return before;
    await this.connection.run(`LOCK TABLE ${onlyThese(wanted)} IN ACCESS EXCLUSIVE MODE`);
    return readLayouts(this.connection, migrations);
  }

  private async refuseDifferences(layouts: TableLayout[]): Promise<void> {
    if (this.plan.allowSchemaChanges) return;
    const migrations = await readMigrations(this.connection, this.migrations);
    const differences = schemaDifferences({ layouts, migrations }, this.plan.manifest, this.plan.tables);
    if (differences.length > 0) throw schemaMismatch(differences);
  }

  private async replaceRows(live: Map<string, TableLayout>, sequences: RestoredSequences): Promise<void> {
    const promised = rowsPromised(this.plan);
    let writer: TableRowWriter | null = null;
    let table: RestoredTable | null = null;
    let inSequences = false;
    let done = 0;
    try {
      for await (const part of this.plan.parts) {
        if (part.part === 'head') assertSameSnapshot(this.plan, part.id);
        if (part.part === 'table' || part.part === 'end') {
          await writer?.finish();
          [writer, table, inSequences] = [null, null, false];
        }
        if (part.part === 'table') {
          inSequences = part.name === SEQUENCE_TABLE;
          table = inSequences ? null : this.beginTable(part, live.get(part.name));
          if (table) writer = this.writerOf(table, part);
        }
        if (part.part !== 'rows') continue;
        if (inSequences) sequences.take(part.rows);
        if (writer && table) {
          const rows = await writer.write(part.rows);
          table.rows += rows;
          done += rows;
        }
        this.context.report({ stage: 'restore', progress: (0.6 * done) / promised });
        await this.context.breathe();
      }
    } catch (error) {
      await writer?.abandon();
      throw error;
    }
  }

  private writerOf({ layout, columns }: RestoredTable, part: DocumentTable): TableRowWriter {
    const names = part.columns.map(({ name }) => name);
    return new TableRowWriter(this.connection, layout, names, columns);
  }

  private beginTable({ name, columns }: DocumentTable, layout: TableLayout | undefined): RestoredTable | null {
    if (!isChosen(this.plan, name)) return null;
    if (!layout) return null;
    const then = this.then.find((table) => table.name === name);
    if (then) assertSameColumns(this.plan, then.name, then.columns, columns);
    const same = columnsToFill(name, columns, layout.columns, (sentence) => this.warnings.push(sentence));
    const sameTypes = columns.every((column) =>
      layout.columns.some((c) => c.name === column.name && c.type === column.type),
    );
    // Where no difference is allowed, none is an excuse: the digest decides.
    const provable = !this.plan.allowSchemaChanges || sameTypes;
    const table = { layout, columns: same, provable, rows: 0 };
    this.restored.set(name, table);
    return table;
  }

  /** What was emptied has to be filled again. */
  private refuseMissingTables(emptied: readonly TableLayout[]): void {
    assertAllFilled(
      this.plan,
      emptied.map(({ label }) => label),
      this.restored,
    );
  }

  private async prove(sequences: RestoredSequences): Promise<string[]> {
    const sequencesDigest = await sequences.digest();
    const promised = this.plan.manifest.tables[SEQUENCE_TABLE];
    if (sequencesDigest !== null && promised && promised.sha256 !== sequencesDigest)
      throw restoreMismatch(SEQUENCE_TABLE, 'the sequences differ from those that were captured');
    await this.connection.run(...PHYSICAL_ORDER);
    const linesOf = ({ layout, columns }: RestoredTable) => readRowLines(this.connection, layout, columns);
    return proveTables(this.plan, this.restored, linesOf, this.context);
  }
}

const onlyThese = (tables: readonly QualifiedName[]): string =>
  tables.map((table) => `ONLY ${qualified(table)}`).join(', ');
