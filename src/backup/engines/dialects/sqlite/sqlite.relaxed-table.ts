import { literal, quoted, type Connection } from './sqlite.connection.js';
import { editSchema } from './sqlite.schema-text.js';
import type { TableLayout } from './sqlite.schema.js';

interface ConstraintIndex {
  name: string;
  origin: 'c' | 'u' | 'pk';
}

interface SchemaRow {
  rowid: number;
  name: string;
  sql: string | null;
}

interface IndexTerm {
  name: string;
  desc: number;
  coll: string;
}

/**
 * Takes the constraints of a table away and leaves how its rows lie in the file: for rows that break them, as they did in the application's
 * database. Its unique constraints become indexes that take duplicates.
 * @returns what puts the table's own statement back over the rows; null where only that statement can tell what a row holds, for it computes columns
 */
export function relaxTable(connection: Connection, layout: TableLayout): (() => void) | null {
  if (!isRelaxable(connection, layout)) return null;
  const rows = connection
    .prepare(`SELECT rowid, name, sql FROM main.sqlite_schema WHERE tbl_name = ? AND (type = 'table' OR sql IS NULL)`)
    .all(layout.name) as SchemaRow[];
  const indexes = constraintIndexes(connection, layout.name);
  const set = (statementOf: (row: SchemaRow) => [name: string, sql: string | null]) =>
    editSchema(connection, () => {
      const update = connection.prepare('UPDATE main.sqlite_schema SET name = ?, sql = ? WHERE rowid = ?');
      for (const row of rows) update.run(...statementOf(row), row.rowid);
    });
  set((row) => {
    if (row.sql !== null) return [row.name, relaxedStatement(connection, layout, indexes)];
    const name = `nestjs_backup_relaxed_${row.rowid}`;
    return [name, `CREATE INDEX ${name} ON ${quoted(layout.name)} (${keyOf(connection, row.name)})`];
  });
  return () => set(({ name, sql }) => [name, sql]);
}

/** Computed columns that are stored, or are in a unique constraint, are written with every row. */
function isRelaxable(connection: Connection, { name, organisation, columns }: TableLayout): boolean {
  if (organisation === 'virtual') return false;
  const stored = connection
    .prepare(`SELECT 1 FROM pragma_table_xinfo(${literal(name)}, 'main') WHERE hidden = 3`)
    .get();
  const indexed = constraintIndexes(connection, name).flatMap((index) => termsOf(connection, index.name));
  return stored === undefined && indexed.every((term) => columns.some((column) => column.name === term.name));
}

const constraintIndexes = (connection: Connection, table: string): ConstraintIndex[] =>
  connection
    .prepare(`SELECT name, origin FROM pragma_index_list(${literal(table)}, 'main') WHERE origin <> 'c'`)
    .all() as ConstraintIndex[];

function relaxedStatement(connection: Connection, layout: TableLayout, indexes: ConstraintIndex[]): string {
  const key = indexes.find(({ origin }) => origin === 'pk');
  const isRowidAlias = (column: string) =>
    layout.organisation === 'rowid' && !key && layout.primaryKey.length === 1 && layout.primaryKey[0] === column;
  // Without types, so that every value is stored as it was captured.
  const columns = layout.columns.map(
    ({ name }) => `${quoted(name)}${isRowidAlias(name) ? ' INTEGER PRIMARY KEY' : ''}`,
  );
  const start = `CREATE TABLE ${quoted(layout.name)} (${columns.join(', ')}`;
  return layout.organisation === 'without-rowid' && key
    ? `${start}, PRIMARY KEY (${keyOf(connection, key.name)})) WITHOUT ROWID`
    : `${start})`;
}

const keyOf = (connection: Connection, index: string): string =>
  termsOf(connection, index)
    .map(({ name, desc, coll }) => `${quoted(name)} COLLATE ${quoted(coll)}${desc ? ' DESC' : ''}`)
    .join(', ');

const termsOf = (connection: Connection, index: string): IndexTerm[] =>
  connection
    .prepare(
      `SELECT name, "desc", coll FROM pragma_index_xinfo(${literal(index)}, 'main') WHERE key = 1 ORDER BY seqno`,
    )
    .all() as IndexTerm[];
