import { pipeline } from 'node:stream';
import { constants, crc32, createGunzip, deflateRawSync, inflateRawSync } from 'node:zlib';
import { GZIP_HEADER, gzipTrailer } from '../../archive/gzip-frame.js';
import { BackupError } from '../../model/errors.js';
import type { Codec, Encoder, ReadRange } from './codec.js';

/** How much content each block holds; only the last one holds less. Flush points every 256 kB cost 1.4 % in size, every 64 kB 5 %. */
export const BLOCK_BYTES = 256 * 1024;

/** An empty block that is the last one: RFC 1951, 3.2.6. */
const END_OF_STREAM = Buffer.from([3, 0]);
/** The empty stored block that a flush ends with. */
const FLUSH_POINT = Buffer.from([0, 0, 0xff, 0xff]);
const READ_BYTES = 1024 * 1024;

/**
 * One gzip member (RFC 1952), its deflate stream cut by a full flush after each block, so that each block can be read without those before it: the principle of dictzip.
 * @param level 1 (fast) to 9 (small); which one it was makes no difference to a reader
 */
export const gzip = (level: number): Codec => ({
  name: 'gzip',
  encoder: () => new GzipEncoder(level),
  decode,
  ranges: (stored, blocks) => {
    const reader = new BlockReader(stored, blocks);
    return (start, length) => reader.read(start, length);
  },
});

class GzipEncoder implements Encoder {
  private readonly block = Buffer.allocUnsafe(BLOCK_BYTES);
  private used = 0;
  private crc = 0;
  private size = 0;
  private stored = 0;
  /** Where each block begins in the stored bytes. */
  readonly blocks: number[] = [];

  constructor(private readonly level: number) {}

  encode(content: Buffer): Buffer {
    const ready: Buffer[] = [];
    for (let at = 0; at < content.length;) {
      if (this.used === BLOCK_BYTES) ready.push(this.endBlock());
      const copied = content.copy(this.block, this.used, at);
      this.used += copied;
      at += copied;
    }
    return Buffer.concat(ready);
  }

  end(): Buffer {
    const ready = this.used === 0 ? [] : [this.endBlock()];
    if (this.blocks.length === 0) ready.push(this.passed(GZIP_HEADER));
    return Buffer.concat([...ready, END_OF_STREAM, gzipTrailer(this.crc, this.size)]);
  }

  private endBlock(): Buffer {
    const content = this.block.subarray(0, this.used);
    this.crc = crc32(content, this.crc);
    this.size += content.length;
    this.used = 0;
    const header = this.blocks.length === 0 ? this.passed(GZIP_HEADER) : Buffer.alloc(0);
    this.blocks.push(this.stored);
    const deflated = deflateRawSync(content, { level: this.level, finishFlush: constants.Z_FULL_FLUSH });
    return Buffer.concat([header, this.passed(deflated)]);
  }

  private passed(bytes: Buffer): Buffer {
    this.stored += bytes.length;
    return bytes;
  }
}

async function* decode(stored: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pipeline(stored, createGunzip({ chunkSize: BLOCK_BYTES }), () => undefined) as AsyncIterable<Buffer>;
  } catch (error) {
    throw isOfZlib(error) ? damaged(error) : error;
  }
}

/** Blocks of a stored document: at their places where these are known, else found one after the other. */
class BlockReader {
  /** The last one that was read: ranges often lie in one block, or in neighbours. */
  private last: { block: number; content: Buffer } | null = null;
  private readonly found: number[];

  /** @param places where the blocks begin in the stored bytes */
  constructor(
    private readonly stored: ReadRange,
    private readonly places: readonly number[] | undefined,
  ) {
    this.found = [GZIP_HEADER.length];
  }

  read(start: number, length: number): Buffer {
    const pieces: Buffer[] = [];
    const end = start + length;
    for (let at = start; at < end;) {
      const block = Math.floor(at / BLOCK_BYTES);
      const from = at - block * BLOCK_BYTES;
      const piece = this.content(block).subarray(from, from + end - at);
      pieces.push(piece);
      at += piece.length;
      if (from + piece.length < BLOCK_BYTES) break; // the content ends, or the range does
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  private content(block: number): Buffer {
    if (this.last?.block === block) return this.last.content;
    const content = this.places ? this.atPlace(this.places, block) : this.after(block);
    this.last = { block, content };
    return content;
  }

  private atPlace(places: readonly number[], block: number): Buffer {
    const start = places[block];
    if (start === undefined) return Buffer.alloc(0);
    const end = places[block + 1];
    return inflated(this.stored(start, end === undefined ? READ_BYTES : end - start));
  }

  /** Reads block after block up to the one that is wanted. */
  private after(block: number): Buffer {
    for (let known = this.found.length - 1; known < block; known++) {
      const { content, length } = this.next(this.found[known]!);
      if (content.length < BLOCK_BYTES) return Buffer.alloc(0); // the last one, before the wanted
      this.found.push(this.found[known]! + length);
    }
    return this.next(this.found[block]!).content;
  }

  /** The block that begins at a place. Deflate does not tell where it ends, and its bytes may look like a flush point by chance: the right one ends a whole block. */
  private next(place: number): { content: Buffer; length: number } {
    const bytes = this.stored(place, READ_BYTES);
    for (let end = bytes.indexOf(FLUSH_POINT); end >= 0; end = bytes.indexOf(FLUSH_POINT, end + 1)) {
      const length = end + FLUSH_POINT.length;
      const content = inflatedOrNull(bytes.subarray(0, length));
      if (content?.length === BLOCK_BYTES) return { content, length };
    }
    return { content: inflated(bytes), length: bytes.length };
  }
}

/** @param bytes of one block, from its first on; what follows its last may follow */
function inflated(bytes: Buffer): Buffer {
  const content = inflatedOrNull(bytes);
  if (content === null) throw damaged(new Error('a block cannot be read'));
  return content;
}

function inflatedOrNull(bytes: Buffer): Buffer | null {
  try {
    const content = inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    return content.subarray(0, BLOCK_BYTES);
  } catch {
    return null;
  }
}

const isOfZlib = (error: unknown): error is Error =>
  error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('Z_');

const damaged = ({ message }: Error): BackupError =>
  new BackupError('SNAPSHOT_CORRUPT', `The compressed document is damaged (${message}). Use another snapshot.`);
