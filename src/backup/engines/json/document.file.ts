import type { DocumentHead } from '../dialects/document.parts.js';
import { DocumentOutput, type WrittenFile } from '../shared/document.output.js';
import { END_OF_DOCUMENT, headText } from './document.text.js';

const LF = 0x0a;
const BUFFER_BYTES = 1024 * 1024;
const LINE_BREAK = Buffer.from('\n');
const BETWEEN_ROWS = Buffer.from(',\n');

/**
 * The text of a document that is being written: its head and its rows, gathered into pieces that are worth a write.
 */
export class DocumentFile {
  private readonly output: DocumentOutput;
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private used = 0;

  constructor(path: string, codec: string | undefined) {
    this.output = new DocumentOutput(path, codec);
  }

  /** How much text there is so far, which is where the next byte of it will be. */
  get length(): number {
    return this.output.contentBytes + this.used;
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
  finish(): WrittenFile {
    this.text(END_OF_DOCUMENT);
    this.flush();
    return this.output.finish();
  }

  /** Closes the file as it is. */
  abandon(): void {
    this.output.abandon();
  }

  bytes(bytes: Buffer): void {
    if (bytes.length > this.buffer.length - this.used) this.flush();
    if (bytes.length > this.buffer.length) this.output.write(bytes);
    else this.used += bytes.copy(this.buffer, this.used);
  }

  private flush(): void {
    this.output.write(this.buffer.subarray(0, this.used));
    this.used = 0;
  }
}
