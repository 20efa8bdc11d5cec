/** Bytes out of a stream in the portions that a format asks for. */
export class ByteInput {
  private readonly source: AsyncIterator<Buffer>;
  private pending: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Buffer>) {
    this.source = bytes[Symbol.asyncIterator]();
  }

  /** The next bytes, which stay to be read; fewer where the stream ends. */
  async peek(length: number): Promise<Buffer> {
    while (this.pending.length < length && (await this.readMore()));
    return this.pending.subarray(0, length);
  }

  /** The next piece, of at most so many bytes; undefined at the end of the stream. */
  async piece(most: number): Promise<Buffer | undefined> {
    if (this.pending.length === 0 && !(await this.readMore())) return undefined;
    const piece = this.pending.subarray(0, most);
    this.pending = this.pending.subarray(piece.length);
    return piece;
  }

  /** Whether exactly these bytes come next; they are read only if so. */
  async skip(expected: Buffer): Promise<boolean> {
    if (!(await this.peek(expected.length)).equals(expected)) return false;
    this.pending = this.pending.subarray(expected.length);
    return true;
  }

  /** Gives the rest up. */
  async close(): Promise<void> {
    await this.source.return?.();
  }

  private async readMore(): Promise<boolean> {
    const next = await this.source.next();
    if (next.done) return false;
    this.pending = this.pending.length === 0 ? next.value : Buffer.concat([this.pending, next.value]);
    return true;
  }
}
