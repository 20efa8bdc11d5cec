import { BackupError } from '../../../model/errors.js';
import { LENIENT_MODE } from './mysql.settings.js';
import { quoted, type MysqlConnection } from './mysql.connection.js';
import { RowTooLarge } from './mysql.row-stream.js';
import { RowLineReader } from './mysql.row-line.js';
import type { TableLayout, ValueKind } from './mysql.schema.js';

/** Larger statements are not faster, and need more memory on both sides. */
const MOST_CHARACTERS = 1_000_000;
/** A character may take as much. */
const BYTES_PER_CHARACTER = 3;

/**
 * Puts row lines back as literals, value by value as they are written: a JSON text is nearly a MySQL text already, and nothing becomes a JavaScript number on the way.
 */
export class TableRowWriter {
  private readonly reader: RowLineReader;
  private readonly insert: string;
  /** Which value of a row goes into which kind of column. */
  private readonly places: { place: number; kind: ValueKind }[];

  /**
   * @param held the columns that the rows hold, in their order
   * @param columns which of them to fill; the others take their default
   * @param packetBytes what the server takes as one statement, at most
   * @param strict whether the session refuses what does not fit
   */
  constructor(
    private readonly connection: MysqlConnection,
    { name, columns: layout }: TableLayout,
    held: readonly string[],
    columns: readonly string[],
    private readonly packetBytes: number,
    private readonly strict: boolean,
  ) {
    this.reader = new RowLineReader(held);
    this.insert = `INSERT INTO ${quoted(name)} (${columns.map(quoted).join(', ')}) VALUES `;
    this.places = columns.map((column) => ({
      place: held.indexOf(column),
      kind: layout.find((c) => c.name === column)!.kind,
    }));
  }

  /**
   * @param rows rows joined by a comma and LF, as they stand in a document
   * @returns how many rows were written
   */
  async write(rows: Buffer): Promise<number> {
    const most = Math.min(MOST_CHARACTERS, this.packetBytes / BYTES_PER_CHARACTER - this.insert.length);
    let written = 0;
    let pending: string[] = [];
    let size = 0;
    const flush = async () => {
      if (pending.length > 0) written += await this.insertRows(pending);
      pending = [];
      size = 0;
    };
    for (const values of this.reader.rows(rows.toString())) {
      const row = `(${this.places.map(({ place, kind }) => literalOf(values[place]!, kind)).join(',')})`;
      if (size + row.length > most) await flush();
      pending.push(row);
      size += row.length;
    }
    await flush();
    return written;
  }

  private insertRows(rows: string[]): Promise<number> {
    const statement = this.insert + rows.join(',');
    if (rows.length === 1 && Buffer.byteLength(statement) >= this.packetBytes) throw new RowTooLarge();
    const insert = () => this.connection.run(statement);
    // Strictly speaking, the error value of an ENUM is an error; the digest tells whether anything else was one.
    return this.strict && rows.some((row) => row.includes(ERROR_VALUE))
      ? this.connection.withMode(LENIENT_MODE, insert)
      : insert();
  }
}

/** Told from the others by its comment. */
const ERROR_VALUE = '/* error value */0';

/** A value of a row line as SQL. Numbers in quotes, so that the column's own type reads all their digits; only bits would be read as letters. */
function literalOf(value: string, kind: ValueKind): string {
  if (value === 'null') return 'NULL';
  if (value.startsWith('"')) return textLiteral(value);
  if (value.startsWith('{')) return wrappedLiteral(value);
  return kind === 'bits' ? number(value) : `'${number(value)}'`;
}

/** JSON escapes as MySQL does, all but two; a quote inside double quotes needs none. */
const textLiteral = (json: string): string =>
  /\\[uf]/.test(json) ? json.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, ownEscape) : json;

function ownEscape(escape: string, code: string | undefined, character: string): string {
  if (character === 'f') return '\f';
  if (code === undefined) return escape;
  return code === '0000' ? '\\0' : String.fromCharCode(parseInt(code, 16));
}

function wrappedLiteral(value: string): string {
  const [, name, content = ''] = /^\{"\$(base64|text|index)":"?([A-Za-z0-9+/=]*)"?\}$/.exec(value) ?? [];
  if (name === 'base64') return `FROM_BASE64('${content}')`;
  if (name === 'text') return `CONVERT(FROM_BASE64('${content}') USING utf8mb4)`;
  if (name === 'index') return content === '0' ? ERROR_VALUE : number(content);
  throw notAValue();
}

function number(value: string): string {
  if (!/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value)) throw notAValue();
  return value;
}

const notAValue = (): BackupError =>
  new BackupError('SNAPSHOT_CORRUPT', 'A value of the snapshot has an unknown form. Use another snapshot.');
