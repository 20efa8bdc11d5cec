import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, writeSync } from 'node:fs';
import type { DocumentHead } from '../dialects/document.parts.js';
import { openForWriting } from '../shared/open-for-writing.js';
import { END_OF_DOCUMENT, headText } from './document.text.js';

const LF = 0x0a;
const BUFFER_BYTES = 1024 * 1024;
const LINE_BREAK = Buffer.from('\n');
const BETWEEN_ROWS = Buffer.from(',\n');

/**
 * The file under a document that is being written: its head, its rows, and the checksum on the way. Synchronous on purpose: it has a process, or a thread, of its
 * own, where a write that returns at once would only pile up memory.
 */
export class DocumentFile {
  private readonly file: number;
  private readonly checksum = createHash('sha256');
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private used = 0;
  private written = 0;

  constructor(path: string) {
    this.file = openForWriting(path);
  }

  get sizeBytes(): number {
    return this.written + this.used;
  }

  /** Everything before the first table. */
  head(header: DocumentHead): void {
    this.text(headText(header));
  }

  /**
   * Rows of a list, each on a line of its own.
   * @param lines whole row lines, each ending with one LF
   * @param before how many rows stand in the list already
   * @returns how many do now
   */
  rows(lines: Buffer, before: number): number {
    let rows = before;
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf(LF, start);
      this.bytes(rows++ === 0 ? LINE_BREAK : BETWEEN_ROWS);
      this.bytes(lines.subarray(start, end));
      start = end + 1;
    }
    return rows;
  }

  text(text: string): void {
    this.bytes(Buffer.from(text, 'utf8'));
  }

  /** Closes the document; everything is on disk when this returns. */
  finish(): { sizeBytes: number; checksum: string } {
    this.text(END_OF_DOCUMENT);
    this.flush();
    fsyncSync(this.file);
    closeSync(this.file);
    return { sizeBytes: this.written, checksum: this.checksum.digest('hex') };
  }

  /** Closes the file as it is. */
  abandon(): void {
    closeSync(this.file);
  }

  bytes(bytes: Buffer): void {
    if (bytes.length > this.buffer.length - this.used) this.flush();
    if (bytes.length > this.buffer.length) this.writeOut(bytes);
    else this.used += bytes.copy(this.buffer, this.used);
  }

  private flush(): void {
    this.writeOut(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  private writeOut(bytes: Buffer): void {
    this.checksum.update(bytes);
    for (let done = 0; done < bytes.length;) done += writeSync(this.file, bytes, done);
    this.written += bytes.length;
  }
}
