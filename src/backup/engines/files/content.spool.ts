import { closeSync, ftruncateSync } from 'node:fs';
import { openForWriting } from '../shared/open-for-writing.js';
import { Compressor, type FilesCompression } from './compression.js';
import type { StoredEntry } from './file.entry.js';
import { writeFully } from './list.file.js';
import { END_OF_TAR, paddingAfter, tarHeader } from './tar.header.js';

/**
 * The members of a tar, compressed, in a file of their own: the list has to stand before them, and is complete only after them. A member that came to nothing
 * can be taken back.
 */
export class ContentSpool {
  private readonly file: number;
  private readonly compressor: Compressor;
  private size = 0;

  constructor(
    readonly path: string,
    compression: FilesCompression,
  ) {
    this.file = openForWriting(path);
    this.compressor = new Compressor(compression, (bytes) => {
      writeFully(this.file, bytes, this.size);
      this.size += bytes.length;
    });
  }

  /** How much has been written out; what the compression still holds is not counted. */
  get sizeBytes(): number {
    return this.size;
  }

  async header(entry: StoredEntry): Promise<void> {
    await this.compressor.write(tarHeader(entry));
  }

  async bytes(bytes: Buffer): Promise<void> {
    await this.compressor.write(bytes);
  }

  async endOfContent(size: number): Promise<void> {
    const padding = paddingAfter(size);
    if (padding.length > 0) await this.compressor.write(padding);
  }

  /** A place to which {@link cutBack} can return, as long as nobody else has written. */
  async mark(): Promise<number> {
    await this.compressor.end();
    return this.size;
  }

  /** Takes back whatever was written since the mark. */
  async cutBack(mark: number): Promise<void> {
    await this.compressor.abandon();
    ftruncateSync(this.file, mark);
    this.size = mark;
  }

  /** Ends the tar. */
  async finish(): Promise<void> {
    await this.compressor.write(END_OF_TAR);
    await this.compressor.end();
  }

  /** Closes the file as it is. */
  async close(): Promise<void> {
    await this.compressor.abandon();
    closeSync(this.file);
  }
}
