import { isUtf8 } from 'node:buffer';
import { literal, quoted, type MysqlConnection } from './mysql.connection.js';
import { RowLineReader } from './mysql.row-line.js';
import type { ColumnLayout, TableLayout } from './mysql.schema.js';

/**
 * Reads a table as row lines: each row's JSON followed by one LF, as the server prints it. The rows never become JavaScript values, so integers keep their 64 bits
 * and reals their 17 digits.
 *
 * Beyond plain JSON a value is `{"$base64":"AP8="}` for bytes, and for a text that its character set cannot take to Unicode and back; `{"$text":"7aCA"}` (base64) for a text with
 * half a surrogate pair, which UTF-8 cannot hold; and `{"$index":0}` for the number of an ENUM or SET value that its text does not tell.
 *
 * In the order of the clustered index, which costs no sorting: the primary key's, or where there is none that of the first unique key without NULLs, or that in which the
 * rows came.
 */
export async function* readRowLines(
  connection: MysqlConnection,
  table: TableLayout,
  only?: readonly string[],
): AsyncGenerator<Buffer> {
  const columns = only ? only.map((name) => table.columns.find((column) => column.name === name)!) : table.columns;
  const query = `SELECT ${rowExpression(columns)} FROM ${quoted(table.name)} USE INDEX ()`;
  for await (const lines of connection.stream(query))
    yield isUtf8(lines) ? lines : withoutHalfPairs(lines, bytesReader(columns));
}

/** SQL that prints a row. */
function rowExpression(columns: ColumnLayout[]): string {
  const parts = columns.map((column, n) => {
    const key = literal(`${n === 0 ? '{' : ','}${JSON.stringify(column.name)}:`);
    return `${key}, ${nullable(column)}`;
  });
  return parts.length === 0 ? `'{}\\n'` : `CONCAT(${parts.join(', ')}, '}\\n')`;
}

/** Never COALESCE: what the server cannot print becomes NULL as well, and must not pass for a missing value. */
function nullable(column: ColumnLayout): string {
  const value = printed(column);
  return column.notNull ? value : `IF(${quoted(column.name)} IS NULL, 'null', ${value})`;
}

const UNICODE = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii', 'latin1']);

function printed({ name, type, kind, charset }: ColumnLayout): string {
  const value = quoted(name);
  switch (kind) {
    case 'integer':
      return /zerofill/i.test(type) ? `${value} + 0` : value;
    case 'bits':
      return `${value} + 0`;
    case 'real':
      return `${value} * 1e0`; // as a double: a float is printed with 6 digits, which are not all it has
    case 'decimal':
    case 'time':
      return `CONCAT('"', ${value}, '"')`;
    case 'json':
      return `JSON_QUOTE(CAST(${value} AS CHAR CHARACTER SET utf8mb4))`;
    case 'bytes':
      return base64(value);
    case 'choice':
      return choice(value, type, charset ?? 'utf8mb4');
    case 'text':
      return text(value, charset ?? 'utf8mb4');
  }
}

/** With a line break after every 76 letters, which the server would take minutes to remove from a large value; they are removed as rows arrive. */
const base64 = (value: string): string => `CONCAT('{"$base64":"', TO_BASE64(${asBytes(value)}), '"}')`;

const asBytes = (value: string): string => `CAST(${value} AS BINARY)`;

function text(value: string, charset: string): string {
  return ifExact(value, charset, base64(value));
}

/** A text as JSON, or something else where its character set cannot take it to Unicode and back. */
function ifExact(value: string, charset: string, otherwise: string): string {
  const unicode = `CONVERT(${value} USING utf8mb4)`;
  if (UNICODE.has(charset)) return `JSON_QUOTE(${unicode})`;
  const isExact = `${asBytes(`CONVERT(${unicode} USING ${charset})`)} = ${asBytes(value)}`;
  return `IF(${isExact}, JSON_QUOTE(${unicode}), ${otherwise})`;
}

/** The error value of an ENUM is printed as an empty text, and so is a SET of its empty member alone. */
function choice(value: string, type: string, charset: string): string {
  const index = `CONCAT('{"$index":', CAST(${value} + 0 AS UNSIGNED), '}')`;
  if (/^set/i.test(type) && /[(,]''[,)]/.test(type)) return index;
  const name = ifExact(value, charset, index);
  return /^set/i.test(type) ? name : `IF(${value} + 0 = 0, ${index}, ${name})`;
}

/** Reads lines whose bytes were taken for Latin-1, in which JSON means the same. */
const bytesReader = (columns: ColumnLayout[]): RowLineReader =>
  new RowLineReader(columns.map(({ name }) => Buffer.from(name).toString('latin1')));

/** MariaDB keeps halves of surrogate pairs in its UTF-8 texts. */
function withoutHalfPairs(lines: Buffer, reader: RowLineReader): Buffer {
  const exact: Buffer[] = [];
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf('\n', start) + 1;
    const line = lines.subarray(start, end);
    exact.push(isUtf8(line) ? line : exactLine(line, reader));
    start = end;
  }
  return Buffer.concat(exact);
}

function exactLine(line: Buffer, reader: RowLineReader): Buffer {
  const [values = []] = reader.rows(line.toString('latin1', 0, line.length - 1));
  const exact = values.map((value) => {
    const bytes = Buffer.from(value, 'latin1');
    if (isUtf8(bytes)) return value;
    return `{"$text":"${Buffer.from(JSON.parse(value) as string, 'latin1').toString('base64')}"}`;
  });
  return Buffer.from(`${reader.write(exact)}\n`, 'latin1');
}
