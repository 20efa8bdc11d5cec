import type { PostgresConnection } from './postgres.connection.js';
import { qualified, quoted } from './postgres.names.js';
import type { ColumnLayout, TableLayout } from './postgres.schema.js';

/** Two characters that JSON never holds as they are: so nothing is quoted, and a line is what the row's JSON says, byte by byte. */
const AS_LINES = `FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01', ESCAPE E'\\x01'`;

/**
 * Reads a table as row lines: each row's JSON followed by one LF, as the database prints it, in the order in which the rows lie in the table. The rows never
 * become JavaScript values, so every digit survives.
 * @param only these columns, in this order; all when absent
 */
export async function* readRowLines(
  connection: PostgresConnection,
  table: TableLayout,
  only?: readonly string[],
): AsyncGenerator<Buffer> {
  const columns = only ? only.map((name) => table.columns.find((column) => column.name === name)!) : table.columns;
  const values = columns.map((column) => `${printed(column)} AS ${quoted(column.name)}`).join(', ');
  // Not `r`, which a column may be called too.
  const rows = `SELECT pg_catalog.row_to_json(r.*) FROM (SELECT ${values} FROM ONLY ${qualified(table)} WHERE ${WITHOUT_SEARCH_PATH}) AS r`;
  await connection.findEverySchema();
  yield* connection.copyOut(`COPY (${rows}) TO STDOUT (${AS_LINES})`);
}

/** True, and evaluated once, before the first row is read: a value such as a `regclass` prints its schema only where no search path leads to it. */
const WITHOUT_SEARCH_PATH = `(SELECT pg_catalog.set_config('search_path', '', true)) IS NOT NULL`;

function printed({ name, printedAs }: ColumnLayout): string {
  const column = quoted(name);
  switch (printedAs) {
    case 'plain':
      return column;
    case 'array':
      // Where an index does not begin at 1, only the text says so.
      return `CASE WHEN pg_catalog.array_dims(${column}) ~ '\\[(?!1:)' THEN pg_catalog.to_json(pg_catalog.concat(${column})) ELSE pg_catalog.to_json(${column}) END`;
    case 'text':
      // `concat` prints a value with its type's own output function, where a cast to text may do something else. DISTINCT, as a composite of nulls is one.
      return `CASE WHEN ${column} IS DISTINCT FROM NULL THEN pg_catalog.concat(${column}) END`;
  }
}
