import { closeSync, constants, openSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { openStored, type StoredFile } from '../../archive/stored-file.js';
import { identity, type ReadRange } from './codec.js';
import { codecNamed } from './codecs.js';

/** Streams the content of a document from wherever it lies; whatever was opened for it is closed with the stream. */
export async function openContent(document: StoredFile, codecName: string | undefined): Promise<Readable> {
  const codec = codecNamed(codecName);
  const stored = await openStored(document);
  if (codec === identity) return stored;
  return Readable.from(closing(stored, codec.decode(stored as AsyncIterable<Buffer>)), { objectMode: false });
}

async function* closing(stored: Readable, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* content;
  } finally {
    stored.destroy();
  }
}

/** Anywhere in the content of a document that lies in a file of its own. Synchronous, as `DocumentOutput` is. */
export class ContentRanges {
  private readonly file: number;
  readonly read: ReadRange;

  /**
   * @param blocks where parts of it begin, as its encoder knew
   * @throws the system's error where the file cannot be opened
   */
  constructor(path: string, codecName: string | undefined, blocks?: readonly number[]) {
    const codec = codecNamed(codecName);
    this.file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    this.read = codec.ranges((start, length) => this.readStored(start, length), blocks);
  }

  close(): void {
    closeSync(this.file);
  }

  private readStored(start: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length;) {
      const read = readSync(this.file, bytes, done, length - done, start + done);
      if (read === 0) return bytes.subarray(0, done);
      done += read;
    }
    return bytes;
  }
}
