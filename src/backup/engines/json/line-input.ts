import { corrupt } from '../dialects/restore.errors.js';

const LF = 0x0a;
const COMMA = 0x2c;
const CLOSING_BRACKET = 0x5d;
const END_OF_ROWS = Buffer.from('\n]');

/** Lines and runs of rows out of a stream of bytes. */
export class LineInput {
  private readonly source: AsyncIterator<Buffer>;
  private pending: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Buffer>) {
    this.source = bytes[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const end = await this.lineEnd();
    const line = this.pending.toString('utf8', 0, end);
    this.pending = this.pending.subarray(end + 1);
    return line;
  }

  /** The next whole rows without the separator after them, or null before the line that closes their list. */
  async rows(): Promise<Buffer | null> {
    const firstEnd = await this.lineEnd();
    if (this.pending[0] === CLOSING_BRACKET) return null;
    // A bracket at the start of a line closes the list: a row begins with a brace, and no line break stands inside one.
    const close = this.pending.indexOf(END_OF_ROWS);
    const end = close >= 0 ? close : Math.max(this.pending.lastIndexOf(LF), firstEnd);
    const rows = this.pending.subarray(0, this.pending[end - 1] === COMMA ? end - 1 : end);
    this.pending = this.pending.subarray(end + 1);
    return rows;
  }

  async isAtEnd(): Promise<boolean> {
    return this.pending.length === 0 && !(await this.readMore());
  }

  /** Position of the next LF, reading on until there is one. */
  private async lineEnd(): Promise<number> {
    const known = this.pending.indexOf(LF);
    if (known >= 0) return known;
    const pieces = [this.pending];
    let length = this.pending.length;
    for (;;) {
      const next = await this.source.next();
      if (next.done) throw corrupt('it ends too early');
      const found = next.value.indexOf(LF);
      pieces.push(next.value);
      length += next.value.length;
      if (found < 0) continue;
      this.pending = Buffer.concat(pieces, length);
      return length - next.value.length + found;
    }
  }

  private async readMore(): Promise<boolean> {
    const next = await this.source.next();
    if (next.done) return false;
    this.pending = next.value;
    return next.value.length > 0 || this.readMore();
  }
}
