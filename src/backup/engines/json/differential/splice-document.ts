import type { DocumentPart } from '../../dialects/document.parts.js';
import { corrupt } from '../../dialects/restore.errors.js';
import type { DifferentialPart } from '../document.reader.js';

const LF = 0x0a;

/**
 * Puts a differential together with its base: copies the base's rows up to each splice, leaves out what it drops, puts in what it holds, and goes on. One pass over both;
 * the tables of both stand in the order of their names.
 */
export async function* spliceDocument(
  base: AsyncGenerator<DocumentPart>,
  differential: AsyncGenerator<DifferentialPart>,
  baseId: string,
): AsyncGenerator<DocumentPart> {
  try {
    const changes = new Lookahead(differential);
    const head = await changes.take();
    if (head.part !== 'head' || head.base !== baseId)
      throw corrupt('it builds on another snapshot than its manifest says');
    const rows = new RowCursor(base);
    for (let part = await rows.nextPart(); part.part !== 'end'; part = await rows.nextPart()) {
      if (part.part === 'head') {
        if (part.id !== baseId) throw corrupt('its base is another snapshot than it says');
        yield { ...head, kind: 'full', base: null };
      }
      if (part.part !== 'table') continue;
      yield part;
      yield* tableRows(part.name, rows, changes);
    }
    if ((await changes.take()).part !== 'end') throw corrupt('it changes a table that its base does not have');
    yield { part: 'end' };
  } finally {
    await Promise.all([base.return(undefined), differential.return(undefined)]); // closes the files of what was not read to its end
  }
}

async function* tableRows(
  table: string,
  base: RowCursor,
  changes: Lookahead<DifferentialPart>,
): AsyncGenerator<DocumentPart> {
  const change = await changes.peek();
  if (change.part === 'table' && change.name === table) {
    await changes.take();
    yield* splicedRows(base, changes);
  }
  yield* base.take(Infinity);
}

async function* splicedRows(base: RowCursor, changes: Lookahead<DifferentialPart>): AsyncGenerator<DocumentPart> {
  for (let next = await changes.peek(); next.part === 'splice'; next = await changes.peek()) {
    const { at, drop } = next;
    if (at < base.row) throw corrupt('its splices are not in order');
    yield* base.take(at - base.row);
    if (base.row !== at || (await base.skip(drop)) !== drop)
      throw corrupt('it changes rows that its base does not have');
    await changes.take();
    for (let part = await changes.peek(); part.part === 'rows'; part = await changes.peek()) {
      yield part;
      await changes.take();
    }
  }
}

/** One part ahead. */
class Lookahead<T> {
  private ahead: T | undefined;

  constructor(private readonly parts: AsyncGenerator<T>) {}

  async peek(): Promise<T> {
    if (this.ahead === undefined) {
      const next = await this.parts.next();
      if (next.done) throw corrupt('it ends too early');
      this.ahead = next.value;
    }
    return this.ahead;
  }

  async take(): Promise<T> {
    const part = await this.peek();
    this.ahead = undefined;
    return part;
  }
}

/** The base's rows, counted within their table. */
class RowCursor {
  /** The row of the current table that comes next. */
  row = 0;
  private readonly parts: Lookahead<DocumentPart>;
  private rest: Buffer | null = null;

  constructor(parts: AsyncGenerator<DocumentPart>) {
    this.parts = new Lookahead(parts);
  }

  /** The next part that is not rows; those of the table before must have been taken. */
  async nextPart(): Promise<DocumentPart> {
    this.row = 0;
    return this.parts.take();
  }

  /** Hands out the next `count` rows, or those that are left. */
  async *take(count: number): AsyncGenerator<DocumentPart> {
    for (let left = count; left > 0;) {
      const rows = await this.next(left);
      if (rows === null) return;
      left -= rows.count;
      yield { part: 'rows', rows: rows.bytes };
    }
  }

  /** @returns how many rows there were to leave out */
  async skip(count: number): Promise<number> {
    let left = count;
    while (left > 0) {
      const rows = await this.next(left);
      if (rows === null) break;
      left -= rows.count;
    }
    return count - left;
  }

  private async next(most: number): Promise<{ bytes: Buffer; count: number } | null> {
    if (this.rest === null) {
      const part = await this.parts.peek();
      if (part.part !== 'rows') return null;
      await this.parts.take();
      this.rest = part.rows;
    }
    // The rest of a table is handed on as it comes: nobody counts it any more.
    const { bytes, count, rest } =
      most === Infinity ? { bytes: this.rest, count: 0, rest: null } : firstRows(this.rest, most);
    this.rest = rest;
    this.row += count;
    return { bytes, count };
  }
}

/** The first rows of a piece; rows are separated by a comma and LF. */
function firstRows(piece: Buffer, most: number): { bytes: Buffer; count: number; rest: Buffer | null } {
  let count = 0;
  for (let start = 0; count < most;) {
    const end = piece.indexOf(LF, start);
    count++;
    if (end < 0) return { bytes: piece, count, rest: null };
    if (count === most) return { bytes: piece.subarray(0, end - 1), count, rest: piece.subarray(end + 1) };
    start = end + 1;
  }
  throw new RangeError('at least one row must be requested');
}
