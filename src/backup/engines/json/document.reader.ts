import type { DocumentHead, DocumentPart, DocumentTable } from '../dialects/document.parts.js';
import { corrupt } from '../dialects/restore.errors.js';
import { LineInput } from './line-input.js';

/** A differential as a sequence of its parts. */
export type DifferentialPart =
  | ({ part: 'head' } & DocumentHead)
  | { part: 'table'; name: string }
  /** What follows in `rows` replaces `drop` rows of the base's table, from row `at` on. */
  | { part: 'splice'; at: number; drop: number }
  | { part: 'rows'; rows: Buffer }
  | { part: 'end' };

/**
 * Reads a full document line by line, with the rows in pieces as large as they come: a row is one line, so where a piece of the file ends
 * inside a row, that row waits for the next piece. Bounded memory, whatever the size of the document.
 * @throws BackupError `SNAPSHOT_CORRUPT` where it is not what this program writes
 */
export async function* readDocument(bytes: AsyncIterable<Buffer>): AsyncGenerator<DocumentPart> {
  const input = new LineInput(bytes);
  const head = await readHead(input);
  if (head.kind !== 'full') throw corrupt('it holds only differences');
  yield { part: 'head', ...head };
  for await (const line of tableLines(input)) {
    yield readTableLine(line);
    yield* rowsOf(input);
    await expectLine(input, /^\]\},?$/);
  }
  yield { part: 'end' };
}

/** The same for a differential. */
export async function* readDifferential(bytes: AsyncIterable<Buffer>): AsyncGenerator<DifferentialPart> {
  const input = new LineInput(bytes);
  const head = await readHead(input);
  if (head.kind !== 'differential') throw corrupt('it does not hold differences');
  yield { part: 'head', ...head };
  for await (const line of tableLines(input)) {
    yield { part: 'table', name: nameIn(line) };
    let next = await input.line();
    for (; next.startsWith('{'); next = await input.line()) {
      yield readSpliceLine(next);
      yield* rowsOf(input);
      await expectLine(input, /^\]\},?$/);
    }
    if (!/^\]\},?$/.test(next)) throw corrupt('a list does not end like one');
  }
  yield { part: 'end' };
}

/** The line that opens each table, whose names are in their order; then the end of the document, and nothing after it. */
async function* tableLines(input: LineInput): AsyncGenerator<string> {
  let before: Buffer | null = null;
  for (let line = await input.line(); line !== '}'; line = await input.line()) {
    const name = Buffer.from(nameIn(line));
    if (before !== null && Buffer.compare(before, name) >= 0)
      throw corrupt('its tables are not in the order of their names');
    before = name;
    yield line;
  }
  await expectLine(input, /^\}$/);
  if (!(await input.isAtEnd())) throw corrupt('something follows its end');
}

async function* rowsOf(input: LineInput): AsyncGenerator<{ part: 'rows'; rows: Buffer }> {
  for (let rows = await input.rows(); rows !== null; rows = await input.rows()) yield { part: 'rows', rows };
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

type TableColumns = DocumentTable['columns'];

function readTableLine(line: string): DocumentTable {
  const [name, table] = entryIn(line) as [string, { columns?: TableColumns; primary_key?: string[] } | null];
  if (!Array.isArray(table?.columns) || !Array.isArray(table.primary_key))
    throw corrupt('a table does not begin like one');
  return { part: 'table', name, columns: table.columns, primaryKey: table.primary_key };
}

const nameIn = (line: string): string => entryIn(line)[0];

/** A line such as `"users":{"columns":[…],"rows":[` opens an object and a list. */
function entryIn(line: string): [string, unknown] {
  const entry = Object.entries(parse(`{${line}]}}`) as Record<string, unknown>)[0];
  if (!entry) throw corrupt('a table does not begin like one');
  return entry;
}

function readSpliceLine(line: string): DifferentialPart {
  const { at, drop } = parse(`${line}]}`) as { at?: unknown; drop?: unknown };
  if (!isCount(at) || !isCount(drop)) throw corrupt('a splice does not begin like one');
  return { part: 'splice', at, drop };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

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
