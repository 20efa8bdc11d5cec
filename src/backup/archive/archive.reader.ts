import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { BackupError } from '../model/errors.js';
import { openRegularFile } from '../system/safe-path.js';
import { readDirectory, type ArchiveEntry, type LocatedEntry } from './archive.directory.js';
import { archiveCorrupt, archiveReadError, quoted } from './archive.errors.js';
import { readEndRecord } from './archive.end-record.js';
import { streamEntry, streamGzip } from './entry.stream.js';

export type { ArchiveEntry } from './archive.directory.js';

/**
 * Reads single entries of a ZIP in bounded memory. It trusts nothing: an archive that is not laid out exactly as this program
 * (and any plain ZIP tool) writes one is refused before its first entry is read.
 */
export class ArchiveReader {
  private readonly streams = new Set<Readable>();

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly located: ReadonlyMap<string, LocatedEntry>,
  ) {}

  /** @throws BackupError `ARCHIVE_NOT_FOUND`, or `ARCHIVE_CORRUPT` naming the reason */
  static async open(path: string): Promise<ArchiveReader> {
    try {
      const file = await openRegularFile(path);
      try {
        return new ArchiveReader(path, file, await readDirectory(file));
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      throw archiveReadError(error, path);
    }
  }

  /** How many entries an archive says it has; 0 where it cannot be asked. */
  static async count(path: string): Promise<number> {
    try {
      const file = await openRegularFile(path);
      try {
        return (await readEndRecord(file, (await file.stat()).size)).entries;
      } finally {
        await file.close();
      }
    } catch {
      return 0;
    }
  }

  get entries(): ReadonlyMap<string, ArchiveEntry> {
    return this.located;
  }

  /** Whether a file can be read out of it: one of its entries, or `NAME.gz` where it holds the deflated entry `NAME`. */
  has(name: string): boolean {
    return this.located.has(name) || this.unframed(name) !== undefined;
  }

  /**
   * The content of one entry; of `NAME.gz`, where only `NAME` is an entry, the gzip file that its deflate stream came from, which proves nothing by itself. Trust it only once it has ended: a wrong size or CRC-32 destroys the stream with `ARCHIVE_CORRUPT`.
   * @throws BackupError `FILE_NOT_IN_ARCHIVE`
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- a wrong name is a rejection, like every other failure here
  async stream(name: string): Promise<Readable> {
    const asError = (thrown: unknown) => archiveReadError(thrown, this.path);
    const unframed = this.located.has(name) ? undefined : this.unframed(name);
    const stream = unframed
      ? streamGzip(this.file, unframed, asError)
      : streamEntry(this.file, this.entry(name), asError);
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    return stream;
  }

  /** A small entry as text. One that declares more than `maxBytes` is refused before it is inflated. */
  async text(name: string, maxBytes: number): Promise<string> {
    const { size } = this.entry(name);
    if (size > maxBytes) {
      throw archiveCorrupt(
        this.path,
        `its entry ${quoted(name)} has ${size} bytes where at most ${maxBytes} are expected`,
        name,
      );
    }
    const chunks: Buffer[] = [];
    for await (const chunk of await this.stream(name)) chunks.push(chunk as Buffer);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    } catch (error) {
      throw archiveCorrupt(this.path, `its entry ${quoted(name)} is not UTF-8 text`, name, error);
    }
  }

  /** Destroys streams that are still open, then closes the file. */
  async close(): Promise<void> {
    for (const stream of this.streams) stream.destroy();
    await this.file.close();
  }

  private unframed(name: string): LocatedEntry | undefined {
    const entry = name.endsWith('.gz') ? this.located.get(name.slice(0, -'.gz'.length)) : undefined;
    return entry?.isDeflated ? entry : undefined;
  }

  private entry(name: string): LocatedEntry {
    const entry = this.located.get(name);
    if (entry) return entry;
    const archive = basename(this.path);
    throw new BackupError('FILE_NOT_IN_ARCHIVE', `The archive ${quoted(archive)} has no file ${quoted(name)}.`, {
      archive,
    });
  }
}
