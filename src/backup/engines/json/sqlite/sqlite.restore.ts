import { createHash } from 'node:crypto';
import { BackupError } from '../../../model/errors.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { DatabaseTarget, RestoreOutcome } from '../../snapshot.engine.js';
import type { RestorePlan } from '../dialect.js';
import { quoted, type Connection } from './sqlite.connection.js';
import { layoutsOfManifest, schemaDifferences } from './sqlite.differences.js';
import { readRowLines, rememberCapturedTables } from './sqlite.rows.js';
import { rebuildFullTextIndexes, SetAsideObjects } from './sqlite.schema-objects.js';
import { readLayouts, SEQUENCE_TABLE, type TableLayout } from './sqlite.schema.js';
import { TableRowWriter } from './sqlite.table-writer.js';

/** A table on its way back: as it is in the database, and which of its columns the snapshot can fill. */
interface RestoredTable {
  layout: TableLayout;
  columns: string[];
  /** Whether the digest can prove it: nothing that the snapshot holds was left out or changes its type. */
  provable: boolean;
  rows: number;
}

/** One restore of a SQLite database: replaces the rows and proves them, inside the transaction that its caller opened. */
export class SqliteRestore {
  private readonly restored = new Map<string, RestoredTable>();
  private readonly warnings: string[] = [];
  private readonly snapshotLayouts: TableLayout[];

  constructor(
    private readonly connection: Connection,
    private readonly target: DatabaseTarget,
    private readonly plan: RestorePlan,
    private readonly context: TaskContext,
  ) {
    this.snapshotLayouts = layoutsOfManifest(plan.manifest, target.migrationsTable);
    this.refuseUnknownTables();
    this.refuseDifferences();
  }

  /** Everything between BEGIN and COMMIT. */
  async run(): Promise<RestoreOutcome> {
    const violationsBefore = this.isWhole ? new Map<string, number>() : this.foreignKeyViolations();
    this.createMissingTables();
    const aside = new SetAsideObjects(this.connection, this.plan.tables);
    await this.replaceRows();
    this.warnings.push(...rebuildFullTextIndexes(this.connection));
    aside.putBack();
    await this.checkDigests();
    this.checkForeignKeys(violationsBefore);
    const tables = [...this.restored].map(([name, { rows }]) => [name, { rows }] as const);
    return { tables: Object.fromEntries(tables), warnings: this.warnings };
  }

  /** Every table, into the very schema it came from: the digests prove the whole database. */
  private get isWhole(): boolean {
    return this.plan.tables === null && !this.plan.allowSchemaChanges;
  }

  private isChosen(table: string): boolean {
    return this.plan.tables === null || this.plan.tables.includes(table) || table === SEQUENCE_TABLE;
  }

  private refuseUnknownTables(): void {
    const unknown = (this.plan.tables ?? []).filter(
      (name) => name === SEQUENCE_TABLE || !Object.hasOwn(this.plan.manifest.tables, name),
    );
    if (unknown.length > 0) {
      throw new BackupError(
        'TABLE_NOT_FOUND',
        `The snapshot has no table ${unknown.map((name) => `"${name}"`).join(', ')}. Its details list the tables.`,
      );
    }
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
    const existing = new Set(this.connection.prepare('SELECT name FROM sqlite_schema').pluck().all() as string[]);
    const wanted = this.snapshotLayouts.filter(({ name }) => name !== SEQUENCE_TABLE && this.isChosen(name));
    if (wanted.every(({ name }) => existing.has(name))) return;
    const { ddl, migrations } = this.plan.manifest.schema;
    const virtualFirst = [
      ...ddl.filter((sql) => /^\s*CREATE\s+VIRTUAL/i.test(sql)),
      ...ddl.filter((sql) => /^\s*CREATE\s+TABLE/i.test(sql)),
    ];
    const whole = this.plan.tables === null;
    for (const sql of virtualFirst) {
      const name = createdTable(sql);
      if (name !== undefined && !name.startsWith('sqlite_') && (whole || this.isChosen(name)))
        this.createUnlessThere(sql, name);
    }
    for (const sql of whole ? ddl.filter(isSecondaryObject) : []) this.createUnlessThere(sql, secondaryObjectName(sql));
    if (!existing.has(this.target.migrationsTable)) this.recordMigrations(migrations);
  }

  /** So that the application does not run them again over the tables that have just come back. TypeORM's names end with their timestamp. */
  private recordMigrations(names: readonly string[]): void {
    const table = quoted(this.target.migrationsTable);
    const present = this.connection
      .prepare(`SELECT count(*) FROM sqlite_schema WHERE name = ?`)
      .pluck()
      .get(this.target.migrationsTable);
    if (present !== 1) return;
    const record = this.connection.prepare(`INSERT INTO ${table} ("timestamp", "name") VALUES (?, ?)`);
    for (const name of names) record.run(Number(/\d{13}$/.exec(name)?.[0] ?? 0), name);
  }

  private createUnlessThere(sql: string, name: string | undefined): void {
    const there = this.connection.prepare(`SELECT count(*) FROM sqlite_schema WHERE name = ? COLLATE NOCASE`).pluck();
    if (name === undefined || there.get(name) !== 0) return;
    try {
      this.connection.prepare(sql).run(); // one statement only: a manifest is data
    } catch (error) {
      this.warnings.push(
        `"${name}" of the snapshot could not be created in the database and was left out: ${(error as Error).message}.`,
      );
    }
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
    if (!layout) {
      this.warnings.push(`The table "${name}" is not in the database, so its rows were left out.`);
      return () => 0;
    }
    const table = this.restoredTable(layout, columns);
    this.restored.set(name, table);
    this.connection.exec(`DELETE FROM ${quoted(name)}`);
    const writer = new TableRowWriter(this.connection, layout, table.columns, null);
    return (rows) => {
      const written = writer.write(rows);
      table.rows += written;
      return written;
    };
  }

  /** Last, because inserting rows moves them: the next AUTOINCREMENT keys, of the restored tables only. */
  private restoreSequences(pieces: Buffer[], layout: TableLayout | undefined): void {
    if (!layout) return;
    const owners = this.snapshotLayouts.filter(
      ({ name }) => this.plan.tables === null || this.plan.tables.includes(name),
    );
    rememberCapturedTables(this.connection, owners);
    this.connection.exec(`DELETE FROM ${SEQUENCE_TABLE} WHERE name IN (SELECT value FROM temp.captured_tables)`);
    const writer = new TableRowWriter(this.connection, layout, ['name', 'seq'], this.plan.tables);
    const rows = sum(pieces.map((piece) => writer.write(piece)));
    if (this.plan.manifest.tables[SEQUENCE_TABLE])
      this.restored.set(SEQUENCE_TABLE, { layout, columns: ['name', 'seq'], provable: true, rows });
  }

  private restoredTable(layout: TableLayout, columns: { name: string; type: string }[]): RestoredTable {
    const then = this.snapshotLayouts.find(({ name }) => name === layout.name);
    const same = columns.filter((column) => layout.columns.some(({ name }) => name === column.name));
    const left = columns.filter((column) => !same.includes(column)).map(({ name }) => `"${name}"`);
    if (left.length > 0)
      this.warnings.push(`Table "${layout.name}" no longer has ${left.join(', ')}; those values were left out.`);
    const sameTypes = columns.every(
      ({ name, type }) => layout.columns.find((c) => c.name === name)?.type.toLowerCase() === type.toLowerCase(),
    );
    const sameOrder =
      layout.name === SEQUENCE_TABLE || (then?.organisation === layout.organisation && then.order === layout.order);
    return { layout, columns: same.map(({ name }) => name), provable: sameTypes && sameOrder, rows: 0 };
  }

  private assertSameSnapshot(id: string): void {
    if (id !== this.plan.manifest.id) {
      throw new BackupError(
        'SNAPSHOT_CORRUPT',
        `The document of snapshot "${this.plan.manifest.id}" says that it is "${id}". Use another snapshot.`,
      );
    }
  }

  private refuseMissingTables(): void {
    const promised = this.plan.tables ?? Object.keys(this.plan.manifest.tables);
    const left = promised.filter((name) => !this.restored.has(name) && !this.plan.allowSchemaChanges);
    if (left.length > 0)
      throw new BackupError(
        'SNAPSHOT_CORRUPT',
        `The snapshot's document lacks the tables that its manifest lists: ${left.join(', ')}.`,
      );
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
        throw mismatch(name, `${table.rows} rows instead of ${promised.rows}`);
      if (!table.provable)
        this.warnings.push(`Table "${name}" has another schema now: its rows were counted, not compared.`);
      else if ((await this.digest(table)) !== promised.sha256)
        throw mismatch(name, 'its rows are not the ones that were captured');
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

  private foreignKeyViolations(): Map<string, number> {
    const violations = this.connection
      .prepare(`SELECT "table", parent, count(*) AS n FROM pragma_foreign_key_check GROUP BY 1, 2`)
      .all();
    return new Map(
      (violations as { table: string; parent: string; n: number }[]).map(({ table, parent, n }) => [
        `"${table}" → "${parent}"`,
        n,
      ]),
    );
  }

  /**
   * A snapshot taken as a whole is restored with the broken references it had, if it had any: the digests prove that it was so. Where only chosen
   * tables came back, or into another schema, a reference that is broken now and was not before undoes the restore.
   */
  private checkForeignKeys(before: Map<string, number>): void {
    const whole = this.isWhole;
    const broken = [...this.foreignKeyViolations()].filter(
      ([reference, count]) => whole || count > (before.get(reference) ?? 0),
    );
    if (broken.length === 0) return;
    const said = broken.map(([reference, count]) => `${reference} (${count} rows)`).join(', ');
    if (whole) {
      this.warnings.push(
        `The snapshot holds rows whose foreign keys lead nowhere, as the database did when it was taken: ${said}.`,
      );
      return;
    }
    throw new BackupError(
      'CONSTRAINT_VIOLATION',
      `The restored rows would leave foreign keys that lead nowhere: ${said}. Nothing was changed; restore the referenced tables together with them.`,
    );
  }
}

export function schemaMismatch(differences: readonly unknown[]): BackupError {
  return new BackupError(
    'SCHEMA_MISMATCH',
    `The database's schema differs from the snapshot's in ${differences.length} point(s). Nothing was changed. Bring the schema to that state first, or pass "allow_schema_changes": true to restore what fits.`,
    { differences },
  );
}

const mismatch = (table: string, why: string): BackupError =>
  new BackupError(
    'RESTORE_MISMATCH',
    `The restore was undone: table "${table}" did not come out as the snapshot says (${why}).`,
  );

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

const isSecondaryObject = (sql: string): boolean => /^\s*CREATE\s+(UNIQUE\s+)?(INDEX|VIEW|TRIGGER)\b/i.test(sql);

const IDENTIFIER = `("(?:[^"]|"")*"|\`(?:[^\`]|\`\`)*\`|\\[[^\\]]*\\]|'(?:[^']|'')*'|[^\\s("'\`\\[]+)`;
const CREATE_TABLE = new RegExp(`^\\s*CREATE\\s+(?:VIRTUAL\\s+)?TABLE\\s+${IDENTIFIER}`, 'i');
const CREATE_OBJECT = new RegExp(`^\\s*CREATE\\s+(?:UNIQUE\\s+)?(?:INDEX|VIEW|TRIGGER)\\s+${IDENTIFIER}`, 'i');

const createdTable = (sql: string): string | undefined => unquote(CREATE_TABLE.exec(sql)?.[1]);
const secondaryObjectName = (sql: string): string | undefined => unquote(CREATE_OBJECT.exec(sql)?.[1]);

function unquote(identifier: string | undefined): string | undefined {
  if (identifier === undefined || !/^["'`[]/.test(identifier)) return identifier;
  const close = identifier[0] === '[' ? ']' : identifier[0]!;
  return identifier.slice(1, -1).replaceAll(close + close, close);
}
