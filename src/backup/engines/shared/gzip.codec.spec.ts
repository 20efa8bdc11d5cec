import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { constants, gunzipSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ReadRange } from './codec.js';
import { codecNamed } from './codecs.js';
import { BLOCK_BYTES } from './gzip.codec.js';

const gzip = codecNamed('gzip-6');

/** Text that gives small blocks, and bytes that give large ones. */
function contentOf(bytes: number, seed: number): Buffer {
  const pieces: Buffer[] = [];
  for (let n = 0, size = 0; size < bytes; n++) {
    const digest = createHash('sha256').update(`${seed} ${n}`).digest();
    const piece = n % 5 === 0 ? digest : Buffer.from(`{"id":${n},"name":"somebody","at":"2026-01-30"},\n`);
    pieces.push(piece);
    size += piece.length;
  }
  return Buffer.concat(pieces).subarray(0, bytes);
}

function encoded(content: Buffer, codec = gzip, pieceBytes = 100_000): { stored: Buffer; blocks: readonly number[] } {
  const encoder = codec.encoder();
  const stored: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceBytes)
    stored.push(Buffer.from(encoder.encode(content.subarray(at, at + pieceBytes))));
  stored.push(Buffer.from(encoder.end()));
  return { stored: Buffer.concat(stored), blocks: encoder.blocks! };
}

const rangeOf =
  (stored: Buffer): ReadRange =>
  (start, length) =>
    stored.subarray(start, start + length);

async function* inPieces(stored: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < stored.length; at += 1000) yield await Promise.resolve(stored.subarray(at, at + 1000));
}

const decoded = (stored: Buffer): Promise<Buffer> => buffer(gzip.decode(inPieces(stored)));

const SIZES = [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 17];

describe('a compressed document', () => {
  it.each(SIZES)('of %i bytes is one gzip member, for every reader', async (bytes) => {
    const content = contentOf(bytes, 1);
    const { stored } = encoded(content);
    expect(gunzipSync(stored).equals(content)).toBe(true);
    expect((await decoded(stored)).equals(content)).toBe(true);
    const web = new Blob([stored]).stream().pipeThrough(new DecompressionStream('gzip'));
    expect(Buffer.from(await new Response(web).arrayBuffer()).equals(content)).toBe(true);
    expect(execFileSync('zcat', { input: stored, maxBuffer: 1 << 26 }).equals(content)).toBe(true);
    const python = ['-c', 'import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))'];
    expect(execFileSync('python3', python, { input: stored, maxBuffer: 1 << 26 }).equals(content)).toBe(true);
  });

  it('has the same content whatever the level, and the same bytes whatever the pieces', () => {
    const content = contentOf(2 * BLOCK_BYTES + 5, 2);
    for (let level = 1; level <= 9; level++)
      expect(gunzipSync(encoded(content, codecNamed(`gzip-${level}`)).stored).equals(content)).toBe(true);
    const { stored } = encoded(content);
    for (const pieceBytes of [7777, BLOCK_BYTES, content.length])
      expect(encoded(content, gzip, pieceBytes).stored.equals(stored)).toBe(true);
  });

  it('is cut into blocks of which each is read alone', () => {
    const content = contentOf(3 * BLOCK_BYTES + 17, 3);
    const { stored, blocks } = encoded(content);
    expect(blocks).toHaveLength(4);
    blocks.forEach((place, n) => {
      const alone = inflateRawSync(stored.subarray(place, blocks[n + 1] ?? stored.length - 8), {
        finishFlush: constants.Z_SYNC_FLUSH,
      });
      expect(alone.equals(content.subarray(n * BLOCK_BYTES, (n + 1) * BLOCK_BYTES))).toBe(true);
    });
  });

  it('is read anywhere, whether the places of its blocks are known or not', () => {
    const content = contentOf(5 * BLOCK_BYTES + 4321, 4);
    const { stored, blocks } = encoded(content);
    const place = fc.oneof(fc.nat(content.length + 10), fc.constantFrom(0, BLOCK_BYTES - 1, BLOCK_BYTES));
    const range = fc.tuple(place, fc.oneof(fc.nat(100), fc.nat(3 * BLOCK_BYTES)), fc.boolean());
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (wanted) => {
        const readers = { known: gzip.ranges(rangeOf(stored), blocks), found: gzip.ranges(rangeOf(stored)) };
        for (const [start, length, isKnown] of wanted) {
          const read = (isKnown ? readers.known : readers.found)(start, length);
          expect(read.equals(content.subarray(start, start + length))).toBe(true);
        }
      }),
    );
  });

  it('is read anywhere though its blocks hold what looks like a flush point', () => {
    // Deflate stores what it cannot compress, so these bytes stand in the blocks as they are.
    const pieces = Array.from({ length: 30_000 }, (_, n) => [
      createHash('sha256').update(String(n)).digest(),
      Buffer.from([0, 0, 0xff, 0xff]),
    ]).flat();
    const content = Buffer.concat(pieces);
    const { stored } = encoded(content);
    for (const start of [content.length - 10, 3 * BLOCK_BYTES - 5, 0])
      expect(
        gzip
          .ranges(rangeOf(stored))(start, 10)
          .equals(content.subarray(start, start + 10)),
      ).toBe(true);
  });

  it('gives back its content or an error, whichever bit is flipped, wherever it is cut', async () => {
    const content = contentOf(BLOCK_BYTES + 100, 5);
    const { stored } = encoded(content);
    const harmless = async (changed: Buffer) => {
      const read = await decoded(changed).catch((error: unknown) => error);
      if (Buffer.isBuffer(read)) expect(read.equals(content)).toBe(true);
      else expect(read).toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(stored.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(stored);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        await harmless(changed);
      }),
    );
    await fc.assert(fc.asyncProperty(fc.nat(stored.length), (length) => harmless(stored.subarray(0, length))));
  });
});
