import { isUtf8 } from 'node:buffer';
import { literal, quoted, type Connection } from './sqlite.connection.js';
import type { ColumnLayout, TableLayout } from './sqlite.schema.js';

/** Row lines are read in pieces of about this size: large enough to be fast, small enough to stay small in memory. */
const PIECE_BYTES = 256 * 1024;
const MOST_ROWS_PER_PIECE = 1024;
const FIRST_ROWS_PER_PIECE = 16;
/** How SQLite's JSON prints an infinite real, which our format does not allow. */
const INFINITY_IN_JSON = '+999'; // the end of 9.0e+999: a plus sign is rare, a nine is not, and this is searched in everything

/** Values of a row as JSON. Kept apart from the reading because the restore's digest check must print exactly the same. */
interface RowExpression {
  /** SQL that yields one row as JSON text. */
  sql: string;
  /** Rows it cannot print exactly make the reader fall back to the next one. */
  checked: boolean;
}

type Piece = [lines: Buffer | null, lastRowid: number | bigint | null, rows: number];

/**
 * Reads a table as row lines: each row's JSON followed by one LF, as the database prints it. The rows never become JavaScript values, so integers
 * keep their 64 bits and reals their 17 digits.
 *
 * Beyond plain JSON a value is `{"$hex":"00FF"}` for a blob, `{"$real":"Infinity"}`, `{"$real":"-Infinity"}` or `{"$real":"-0.0"}` for the reals that JSON
 * cannot print, and `{"$text":"61FF"}` (hex) for text that is not valid UTF-8.
 */
export function* readRowLines(connection: Connection, table: TableLayout, only?: readonly string[]): Generator<Buffer> {
  const columns = only ? only.map((name) => table.columns.find((column) => column.name === name)!) : table.columns;
  if (table.rowid === null || table.organisation === 'virtual') yield* readInOneScan(connection, table, columns);
  else yield* readInRanges(connection, table, columns);
}

/** Ranges of the rowid, each joined to one text by the database: few crossings between SQLite and JavaScript. */
function* readInRanges(connection: Connection, table: TableLayout, columns: ColumnLayout[]): Generator<Buffer> {
  let expression: RowExpression = fastExpression(columns);
  let statement = prepareRange(connection, table, expression);
  let after: number | bigint = -(2n ** 63n);
  let first = true;
  let limit = FIRST_ROWS_PER_PIECE;
  for (;;) {
    const piece = readPiece(statement, first ? '>=' : '>', after, limit);
    if (piece === undefined || (expression.checked && !isExact(piece[0]))) {
      if (!expression.checked) limit = smaller(limit);
      expression = exactExpression(columns);
      statement = prepareRange(connection, table, expression);
      continue;
    }
    const [lines, last, rows] = piece;
    if (lines === null || last === null) return;
    yield lines;
    if (rows < limit) return;
    after = last;
    first = false;
    limit = nextLimit(limit, rows, lines.length);
  }
}

interface RangeStatement {
  '>=': (after: number | bigint, limit: number) => Piece;
  '>': (after: number | bigint, limit: number) => Piece;
}

function prepareRange(connection: Connection, table: TableLayout, expression: RowExpression): RangeStatement {
  const rowid = quoted(table.rowid!);
  const prepare = (comparison: '>=' | '>') => {
    const statement = connection
      .prepare(
        `SELECT CAST(group_concat(line, '') AS BLOB), max(r), count(*) FROM (
           SELECT ${expression.sql} || char(10) AS line, ${rowid} AS r FROM main.${quoted(table.name)}
           WHERE ${rowid} ${comparison} ? ${sequenceFilter(table)} ORDER BY ${rowid} LIMIT ?)`,
      )
      .raw()
      .safeIntegers();
    return (after: number | bigint, limit: number): Piece => {
      const [lines, last, rows] = statement.get(after, limit) as [Buffer | null, bigint | null, bigint];
      return [lines, last, Number(rows)];
    };
  };
  return { '>=': prepare('>='), '>': prepare('>') };
}

/** Undefined when the database could not print the range, which is more text than it allows in one value. */
function readPiece(
  statement: RangeStatement,
  comparison: '>=' | '>',
  after: number | bigint,
  limit: number,
): Piece | undefined {
  try {
    return statement[comparison](after, limit);
  } catch (error) {
    if (limit > 1 && (error as { code?: string }).code === 'SQLITE_TOOBIG') return undefined;
    throw error;
  }
}

const isExact = (lines: Buffer | null): boolean =>
  lines === null || (isUtf8(lines) && !lines.includes(INFINITY_IN_JSON));

const smaller = (limit: number): number => Math.max(1, limit >> 3);

/** Grows at most twofold, so that one piece of unexpectedly wide rows stays bounded by what the rows before it were like. */
function nextLimit(limit: number, rows: number, bytes: number): number {
  const fitting = Math.floor((PIECE_BYTES * rows) / bytes);
  return Math.max(1, Math.min(fitting, limit * 2, MOST_ROWS_PER_PIECE));
}

/** Row by row in one scan: for tables without a rowid, whose keys may be of any shape and collation. */
function* readInOneScan(connection: Connection, table: TableLayout, columns: ColumnLayout[]): Generator<Buffer> {
  const order =
    table.order === '' ? '' : `ORDER BY ${table.organisation === 'virtual' ? quoted(table.order) : table.order}`;
  const hint = order === '' ? 'NOT INDEXED' : '';
  const rows = connection
    .prepare(
      `SELECT CAST(${exactExpression(columns).sql} || char(10) AS BLOB) FROM main.${quoted(table.name)} ${hint} ${order}`,
    )
    .pluck()
    .iterate() as IterableIterator<Buffer>;
  let pending: Buffer[] = [];
  let bytes = 0;
  for (const row of rows) {
    pending.push(row);
    bytes += row.length;
    if (bytes >= PIECE_BYTES) {
      yield Buffer.concat(pending, bytes);
      pending = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(pending, bytes);
}

/** The sequences of tables that are not captured, such as the migrations table, are not captured either. */
const sequenceFilter = ({ sequencesOf }: TableLayout): string =>
  sequencesOf === null ? '' : `AND name IN (${sequencesOf.map(literal).join(', ')})`;

/** Prints most tables exactly; what it cannot print is noticed and printed by the exact one. */
function fastExpression(columns: ColumnLayout[]): RowExpression {
  return { sql: jsonObject(columns, (c) => (c.keepsEveryValue ? exactValue(c) : withoutBlob(c))), checked: true };
}

/**
 * Every comparison names its collation: that of the column may be one that only the application has.
 *
 * A blob among values of another type must not reach `json_object`, which would print what the bytes say where they happen to be JSONB. Only blobs are
 * greater than the empty one, and that comparison costs a fraction of what `typeof` does.
 */
function withoutBlob({ name: column, neverBlob }: ColumnLayout): string {
  const name = quoted(column);
  return neverBlob
    ? name
    : `CASE WHEN ${name} COLLATE BINARY >= x'' THEN json_object('$hex', hex(${name})) ELSE ${name} END`;
}

function exactExpression(columns: ColumnLayout[]): RowExpression {
  const exact = jsonObject(columns, exactValue);
  const withBytes = jsonObject(columns, (c) => {
    const name = quoted(c.name);
    return `CASE WHEN typeof(${name}) = 'text' AND NOT is_utf8(CAST(${name} AS BLOB)) THEN json_object('$text', hex(${name})) ELSE ${exactValue(c)} END`;
  });
  return { sql: `iif(is_utf8(CAST(${exact} AS BLOB)), ${exact}, ${withBytes})`, checked: false };
}

function exactValue({ name: column, keepsEveryValue }: ColumnLayout): string {
  const name = quoted(column);
  const minusZero = keepsEveryValue
    ? `WHEN ${name} COLLATE BINARY = 0 AND atan2(${name}, -1) < 0 THEN json_object('$real', '-0.0')`
    : '';
  const real = `CASE WHEN ${name} COLLATE BINARY = 9e999 THEN json_object('$real', 'Infinity') WHEN ${name} COLLATE BINARY = -9e999 THEN json_object('$real', '-Infinity') ${minusZero} ELSE ${name} END`;
  return `CASE typeof(${name}) WHEN 'blob' THEN json_object('$hex', hex(${name})) WHEN 'real' THEN ${real} ELSE ${name} END`;
}

/** SQLite takes 1000 arguments at most; wider rows are built of several objects joined at their braces. */
const COLUMNS_PER_OBJECT = 400;

function jsonObject(columns: ColumnLayout[], value: (column: ColumnLayout) => string): string {
  const objects: string[] = [];
  for (let start = 0; start < columns.length; start += COLUMNS_PER_OBJECT) {
    const part = columns.slice(start, start + COLUMNS_PER_OBJECT);
    objects.push(`json_object(${part.map((column) => `${literal(column.name)}, ${value(column)}`).join(', ')})`);
  }
  if (objects.length <= 1) return objects[0] ?? `'{}'`;
  const inner = objects.map((object) => `substr(${object}, 2, length(${object}) - 2)`);
  return `'{' || ${inner.join(` || ',' || `)} || '}'`;
}
