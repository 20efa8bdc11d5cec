import { createHash } from 'node:crypto';

/** Consecutive whole lines of a table. */
export interface Chunk {
  /** Lines, each ending with one LF. */
  lines: Buffer;
  rows: number;
  /** SHA-256 of `lines`, base64. */
  hash: string;
}

const LF = 0x0a;
/** One line in 128 ends a chunk: about 40 kB at 300 bytes a row, small enough to re-read and large enough for a short index. */
const BOUNDARY_MASK = 127;
const MOST_ROWS = 1024;
const MOST_BYTES = 512 * 1024;
/** The start of a line holds its key, and may be all that tells it from the others. */
const KEY_BYTES = 32;
const SAMPLED_WORDS = 16;

/**
 * Cuts a table's lines into chunks where the content of a line says so, not where a count does: an inserted row changes the chunk it falls into, and the
 * chunks after it stay what they were. (The idea of content-defined chunking: Muthitacharoen, Chen, Mazières, "A Low-bandwidth Network File System", 2001,
 * here with rows instead of bytes.)
 */
export class Chunker {
  private parts: Buffer[] = [];
  private bytes = 0;
  private rows = 0;

  /** @param lines whole lines; @returns the chunks that they complete */
  *push(lines: Buffer): Generator<Chunk> {
    let chunkStart = 0;
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf(LF, start) + 1;
      this.rows++;
      const bytes = this.bytes + end - chunkStart;
      if (endsChunk(lines, start, end - 1) || this.rows >= MOST_ROWS || bytes >= MOST_BYTES) {
        this.add(lines.subarray(chunkStart, end));
        yield this.take();
        chunkStart = end;
      }
      start = end;
    }
    if (chunkStart < lines.length) this.add(lines.subarray(chunkStart));
  }

  /** The lines after the last boundary, or null. */
  end(): Chunk | null {
    return this.rows > 0 ? this.take() : null;
  }

  private add(lines: Buffer): void {
    this.parts.push(lines);
    this.bytes += lines.length;
  }

  private take(): Chunk {
    const lines = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts, this.bytes);
    const chunk = { lines, rows: this.rows, hash: hashOf(lines) };
    this.parts = [];
    this.bytes = 0;
    this.rows = 0;
    return chunk;
  }
}

export const hashOf = (lines: Buffer): string => createHash('sha256').update(lines).digest('base64');

/** FNV-1a over the start of the line, and words spread evenly over it: it need not be a good hash, only the same for the same line. */
function endsChunk(lines: Buffer, start: number, end: number): boolean {
  const step = Math.max(4, ((end - start) / SAMPLED_WORDS) | 0);
  let hash = 0x811c9dc5 ^ (end - start);
  const dense = start + KEY_BYTES;
  for (let at = start; at + 4 <= end; at += at < dense ? 4 : step)
    hash = Math.imul(hash ^ lines.readInt32LE(at), 0x01000193);
  return ((hash ^ (hash >>> 15)) & BOUNDARY_MASK) === 0;
}
