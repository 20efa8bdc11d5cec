import { BackupError } from '../../model/errors.js';
import type { DatabaseInfo, SnapshotKind } from '../../model/manifest.js';

const LF = 0x0a;
const COMMA = 0x2c;
const CLOSING_BRACKET = 0x5d;
const END_OF_ROWS = Buffer.from('\n]');

/** What a document says before its tables. */
export interface DocumentHead {
  id: string;
  kind: SnapshotKind;
  base: string | null;
  created_at: string;
  database: DatabaseInfo;
}

export interface DocumentTable {
  part: 'table';
  name: string;
  columns: { name: string; type: string }[];
  primaryKey: string[];
}

/** A document as a sequence of its parts, in the order they stand in the file. */
export type DocumentPart =
  | ({ part: 'head' } & DocumentHead)
  | DocumentTable
  /** Whole rows of the table before, joined by `,` and LF as they stand in the file; at least one. */
  | { part: 'rows'; rows: Buffer }
  | { part: 'end' };

/**
 * Reads a snapshot document line by line, with the rows in pieces as large as they come: a row is one line, so where a piece of the file ends
 * inside a row, that row waits for the next piece. Bounded memory, whatever the size of the document.
 * @throws BackupError `SNAPSHOT_CORRUPT` where it is not what this program writes
 */
export async function* readDocument(bytes: AsyncIterable<Buffer>): AsyncGenerator<DocumentPart> {
  const input = new LineInput(bytes);
  yield { part: 'head', ...(await readHead(input)) };
  let before: Buffer | null = null;
  for (let line = await input.line(); line !== '}'; line = await input.line()) {
    const table = readTableLine(line);
    const name = Buffer.from(table.name);
    if (before !== null && Buffer.compare(before, name) >= 0)
      throw corrupt('its tables are not in the order of their names');
    before = name;
    yield table;
    for (let rows = await input.rows(); rows !== null; rows = await input.rows()) yield { part: 'rows', rows };
    await expectLine(input, /^\]\},?$/);
  }
  await expectLine(input, /^\}$/);
  if (!(await input.isAtEnd())) throw corrupt('something follows its end');
  yield { part: 'end' };
}

const LONGEST_HEAD_LINES = 8;

async function readHead(input: LineInput): Promise<DocumentHead> {
  let text = '';
  for (let count = 0; count < LONGEST_HEAD_LINES; count++) {
    const line = await input.line();
    text += line;
    if (line !== '"tables":{') continue;
    const head = parse(`${text}}}`) as { format?: unknown; version?: unknown } & DocumentHead;
    if (head.format !== 'nestjs-backup/snapshot' || head.version !== 1)
      throw corrupt('its format or version is not known to this program');
    return { id: head.id, kind: head.kind, base: head.base, created_at: head.created_at, database: head.database };
  }
  throw corrupt('it does not begin like one');
}

function readTableLine(line: string): DocumentTable {
  const table = Object.entries(
    parse(`{${line}]}}`) as Record<string, { columns: { name: string; type: string }[]; primary_key: string[] }>,
  )[0];
  if (!table || !Array.isArray(table[1].columns) || !Array.isArray(table[1].primary_key))
    throw corrupt('a table does not begin like one');
  return { part: 'table', name: table[0], columns: table[1].columns, primaryKey: table[1].primary_key };
}

async function expectLine(input: LineInput, pattern: RegExp): Promise<void> {
  const line = await input.line();
  if (!pattern.test(line)) throw corrupt('a list does not end like one');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw corrupt('a line of it is not JSON');
  }
}

const corrupt = (why: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `This is not a snapshot document that can be read: ${why}. Use another snapshot.`,
  );

/** Lines and runs of rows out of a stream of bytes. */
class LineInput {
  private readonly source: AsyncIterator<Buffer>;
  private pending: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Buffer>) {
    this.source = bytes[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const end = await this.lineEnd();
    const line = this.pending.toString('utf8', 0, end);
    this.pending = this.pending.subarray(end + 1);
    return line;
  }

  /** The next whole rows without the separator after them, or null before the line that closes their list. */
  async rows(): Promise<Buffer | null> {
    const firstEnd = await this.lineEnd();
    if (this.pending[0] === CLOSING_BRACKET) return null;
    // A bracket at the start of a line closes the list: a row begins with a brace, and no line break stands inside one.
    const close = this.pending.indexOf(END_OF_ROWS);
    const end = close >= 0 ? close : Math.max(this.pending.lastIndexOf(LF), firstEnd);
    const rows = this.pending.subarray(0, this.pending[end - 1] === COMMA ? end - 1 : end);
    this.pending = this.pending.subarray(end + 1);
    return rows;
  }

  async isAtEnd(): Promise<boolean> {
    return this.pending.length === 0 && !(await this.readMore());
  }

  /** Position of the next LF, reading on until there is one. */
  private async lineEnd(): Promise<number> {
    const known = this.pending.indexOf(LF);
    if (known >= 0) return known;
    const pieces = [this.pending];
    let length = this.pending.length;
    for (;;) {
      const next = await this.source.next();
      if (next.done) throw corrupt('it ends too early');
      const found = next.value.indexOf(LF);
      pieces.push(next.value);
      length += next.value.length;
      if (found < 0) continue;
      this.pending = Buffer.concat(pieces, length);
      return length - next.value.length + found;
    }
  }

  private async readMore(): Promise<boolean> {
    const next = await this.source.next();
    if (next.done) return false;
    this.pending = next.value;
    return next.value.length > 0 || this.readMore();
  }
}
