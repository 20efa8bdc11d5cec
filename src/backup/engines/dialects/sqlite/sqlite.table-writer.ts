import { literal, quoted, type Connection } from './sqlite.connection.js';
import type { TableLayout } from './sqlite.schema.js';

/** Only a wrapped value opens an object inside a row; in a text the quote would be escaped. */
const WRAPPED_VALUE = ':{"$';

/** Puts row lines back: the database reads the JSON that it wrote. */
export class TableRowWriter {
  private readonly plain: (rows: Buffer) => number;
  private readonly wrapped: (rows: Buffer) => number;

  /** @param columns which columns to fill; the others take their default */
  constructor(connection: Connection, table: TableLayout, columns: readonly string[]) {
    this.plain = prepareInsert(connection, table, columns, plainValue);
    this.wrapped = prepareInsert(connection, table, columns, wrappedValue);
  }

  /**
   * @param rows rows joined by a comma and LF, as they stand in a document
   * @returns how many rows were written
   */
  write(rows: Buffer): number {
    return rows.includes(WRAPPED_VALUE) ? this.wrapped(rows) : this.plain(rows);
  }
}

/** A conflict is an error, whatever the table's own statement says: no row may vanish or take another's place. */
function prepareInsert(
  connection: Connection,
  { name, sequencesOf }: TableLayout,
  columns: readonly string[],
  value: (path: string) => string,
): (rows: Buffer) => number {
  const names = columns.map(quoted).join(', ');
  const values = columns.map((column) => value(literal(jsonPath(column)))).join(', ');
  const filter = sequencesOf === null ? '' : `WHERE value ->> '$.name' IN (${sequencesOf.map(literal).join(', ')})`;
  const insert = connection.prepare(
    `INSERT OR ABORT INTO main.${quoted(name)} (${names}) SELECT ${values} FROM jsonb_each('[' || CAST(? AS TEXT) || ']') ${filter}`,
  );
  return (rows) => insert.run(rows).changes;
}

/** A path to any name whatever: quoted, and escaped as in JSON. */
const jsonPath = (column: string): string => `$.${JSON.stringify(column)}`;

const plainValue = (path: string): string => `value ->> ${path}`;

function wrappedValue(path: string): string {
  const wrapper = `(value -> ${path})`;
  return `CASE WHEN json_type(value, ${path}) = 'object' THEN CASE
      WHEN ${wrapper} ->> '$."$hex"' IS NOT NULL THEN unhex(${wrapper} ->> '$."$hex"')
      WHEN ${wrapper} ->> '$."$text"' IS NOT NULL THEN CAST(unhex(${wrapper} ->> '$."$text"') AS TEXT)
      WHEN ${wrapper} ->> '$."$real"' = 'Infinity' THEN 9e999
      WHEN ${wrapper} ->> '$."$real"' = '-Infinity' THEN -9e999
      ELSE CAST(${wrapper} ->> '$."$real"' AS REAL) END
    ELSE value ->> ${path} END`;
}
