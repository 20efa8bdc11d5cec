import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable, Transform, type TransformCallback } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import type { LocatedEntry } from './archive.directory.js';
import { ArchiveDefect, quoted } from './archive.errors.js';
import { GZIP_HEADER, gzipTrailer } from './gzip-frame.js';

const READ_BYTES = 256 * 1024;
const INFLATE_BYTES = 64 * 1024;

/**
 * The content of one entry. It ends only if size and CRC-32 are exactly as declared; otherwise it is destroyed with what `asError`
 * makes of the defect, and never has it given out more than the declared size.
 */
export function streamEntry(file: FileHandle, entry: LocatedEntry, asError: (thrown: unknown) => Error): Readable {
  const source = compressedBytes(file, entry);
  const ignore = () => undefined; // the stream carries its error itself
  if (!entry.isDeflated) return pipeline(source, new EntryCheck(entry, asError), ignore);
  const inflate = createInflateRaw({ chunkSize: INFLATE_BYTES });
  // zlib stops at the end of the deflated data: bytes hidden behind it would be read by nobody.
  return pipeline(source, inflate, new EntryCheck(entry, asError, () => inflate.bytesWritten), ignore);
}

/** The gzip file of this program's that a deflated entry was made of. Whether it is right is for its reader to prove. */
export function streamGzip(file: FileHandle, entry: LocatedEntry, asError: (thrown: unknown) => Error): Readable {
  const framed = async function* () {
    yield GZIP_HEADER;
    try {
      yield* compressedBytes(file, entry);
    } catch (error) {
      throw asError(error);
    }
    yield gzipTrailer(entry.crc32, entry.size);
  };
  return Readable.from(framed(), { objectMode: false, highWaterMark: READ_BYTES });
}

async function* compressedBytes(
  file: FileHandle,
  { name, dataStart, compressedSize }: LocatedEntry,
): AsyncGenerator<Buffer> {
  const end = dataStart + compressedSize;
  for (let at = dataStart; at < end;) {
    const chunk = Buffer.allocUnsafe(Math.min(READ_BYTES, end - at));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) throw new ArchiveDefect(`its entry ${quoted(name)} is cut off`, name);
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

class EntryCheck extends Transform {
  private size = 0;
  private crc = 0;

  constructor(
    private readonly entry: LocatedEntry,
    private readonly asError: (thrown: unknown) => Error,
    private readonly consumed: () => number = () => entry.compressedSize,
  ) {
    super({ highWaterMark: READ_BYTES });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.size += chunk.length;
    if (this.size > this.entry.size)
      return done(this.defect(`holds more than the ${this.entry.size} bytes it declares`));
    this.crc = crc32(chunk, this.crc);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    if (this.size !== this.entry.size)
      return done(this.defect(`holds ${this.size} bytes instead of ${this.entry.size}`));
    if (this.crc !== this.entry.crc32) return done(this.defect('does not match its CRC-32'));
    if (this.consumed() !== this.entry.compressedSize) return done(this.defect('holds bytes after its end'));
    done();
  }

  /** What zlib or the disk say is put as an error about this archive; what the consumer destroys it with is the consumer's. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const code = (error as { code?: unknown } | null)?.code;
    if (typeof code === 'string' && code.startsWith('Z_'))
      error = this.defect(`cannot be inflated (${error!.message})`);
    done(error instanceof ArchiveDefect || code === 'EIO' ? this.asError(error) : error);
  }

  private defect(reason: string): ArchiveDefect {
    return new ArchiveDefect(`its entry ${quoted(this.entry.name)} ${reason}`, this.entry.name);
  }
}
