/**
 * What stands around the deflate stream of a gzip file (RFC 1952) that this program writes: always the same header, and a trailer with the CRC-32 and the size of the
 * content. A ZIP entry holds such a stream without them, and says the same elsewhere, so each can be made of the other without inflating anything.
 */

/** Gzip, deflate, no flags, no time, of whichever system: RFC 1952, 2.3. */
export const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
const TRAILER_BYTES = 8;

/** @param size of the content, which the trailer holds modulo 2^32 */
export function gzipTrailer(crc32: number, size: number): Buffer {
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32LE(crc32, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  return trailer;
}

/** The deflate stream of a gzip file, and what its trailer says once the stream has been read. */
export class GzipBody {
  /** Of the content; known when all has been read. */
  crc32 = 0;

  constructor(private readonly file: AsyncIterable<Buffer>) {}

  /** @throws Error where the file does not begin as those of this program do, or is too short */
  async *deflated(): AsyncGenerator<Buffer> {
    let header = true;
    let held = Buffer.alloc(0);
    for await (const piece of this.file) {
      held = Buffer.concat([held, piece]);
      if (header && held.length < GZIP_HEADER.length) continue;
      if (header && !held.subarray(0, GZIP_HEADER.length).equals(GZIP_HEADER))
        throw new Error('it is no gzip file of this program');
      if (header) held = held.subarray(GZIP_HEADER.length);
      header = false;
      const ready = held.subarray(0, Math.max(0, held.length - TRAILER_BYTES));
      held = held.subarray(ready.length);
      if (ready.length > 0) yield ready;
    }
    if (header || held.length < TRAILER_BYTES) throw new Error('it is no gzip file: it is too short');
    this.crc32 = held.readUInt32LE(0);
  }
}
