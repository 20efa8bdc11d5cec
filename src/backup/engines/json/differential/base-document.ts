import { ContentRanges } from '../../shared/document.content.js';
import { hashOf } from './chunker.js';
import type { ChunkIndex, IndexedTable } from './chunk-index.js';
import { FullNeeded } from '../../shared/full-needed.js';

const LF = 0x0a;
const COMMA = 0x2c;

/** Reads chunks out of a full document, by their place in it. Opened only when a chunk is needed. */
export class BaseDocument {
  private content: ContentRanges | null = null;

  constructor(
    private readonly path: string,
    private readonly index: ChunkIndex,
    private readonly codec?: string,
  ) {}

  table(name: string): IndexedTable | undefined {
    return this.index.tables[name];
  }

  /** The lines of chunks `from`…`to` (exclusive) of a table. @throws FullNeeded where the base is not what its index says: a differential against it could not be trusted */
  lines(table: IndexedTable, from: number, to: number): Buffer {
    const chunks = table.chunks.slice(0, to);
    const start = chunks.slice(0, from).reduce((place, [rows, bytes]) => place + rows + bytes, table.offset);
    const wanted = chunks.slice(from);
    const [rows, bytes] = wanted.reduce(([r, b], chunk) => [r + chunk[0], b + chunk[1]], [0, 0]);
    const lines = withoutCommas((this.content ??= this.open()).read(start, rows + bytes), bytes);
    let at = 0;
    for (const [, length, hash] of wanted) {
      if (hashOf(lines.subarray(at, at + length)) !== hash) throw new FullNeeded('base_damaged');
      at += length;
    }
    return lines;
  }

  close(): void {
    this.content?.close();
    this.content = null;
  }

  private open(): ContentRanges {
    try {
      return new ContentRanges(this.path, this.codec, this.index.blocks);
    } catch {
      throw new FullNeeded('base_damaged'); // it is gone, or may not be read
    }
  }
}

/** Rows as they stand in a document, to lines as they are hashed: without the comma before each LF. */
function withoutCommas(rows: Buffer, length: number): Buffer {
  const lines = Buffer.alloc(length);
  let used = 0;
  for (let start = 0; start < rows.length && used < length;) {
    const end = rows.indexOf(LF, start);
    if (end < 0) throw new FullNeeded('base_damaged');
    const stop = rows[end - 1] === COMMA ? end - 1 : end;
    if (used + stop - start + 1 > length) throw new FullNeeded('base_damaged');
    used += rows.copy(lines, used, start, stop);
    lines[used++] = LF;
    start = end + 1;
  }
  if (used !== length) throw new FullNeeded('base_damaged');
  return lines;
}
