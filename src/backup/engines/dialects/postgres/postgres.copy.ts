import type { Connection, Submittable } from 'pg';

/** Rows are handed on in pieces of about this size: large enough to be fast, small enough to stay small in memory. */
const PIECE_BYTES = 256 * 1024;
/** The server waits while this many pieces have not been taken. */
const MOST_PIECES_WAITING = 8;

/** What the driver has beyond its typings. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** The part of the driver's protocol in which `COPY` speaks; without what a `COPY` is never sent. */
abstract class Copy implements Submittable {
  protected connection: CopyConnection | null = null;
  protected failure: Error | null = null;
  protected ended = false;
  private wake: () => void = () => undefined;

  constructor(private readonly sql: string) {}

  submit(connection: Connection): void {
    this.connection = connection as CopyConnection;
    this.connection.query(this.sql);
  }

  handleError(error: Error): void {
    this.failure ??= error;
    this.ended = true;
    this.changed();
  }

  handleCommandComplete(): void {
    // the server is ready for the next one only after this
  }

  handleReadyForQuery(): void {
    this.ended = true;
    this.changed();
  }

  protected changed(): void {
    this.wake();
  }

  /** Resolves once it holds. */
  protected async until(reached: () => boolean): Promise<void> {
    while (!reached()) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

/** `COPY … TO STDOUT`: the server sends a row at a time, which is gathered into pieces and never decoded. */
export class CopyOut extends Copy {
  private readonly pieces: Buffer[] = [];
  private readonly filling = Buffer.allocUnsafeSlow(PIECE_BYTES);
  private filled = 0;
  private isDiscarding = false;

  /** @param chunk one row; its memory is the driver's, who writes the next ones over it */
  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.isDiscarding) return;
    if (chunk.length > PIECE_BYTES - this.filled) this.complete();
    if (chunk.length > PIECE_BYTES) this.add(Buffer.from(chunk));
    else this.filled += chunk.copy(this.filling, this.filled);
  }

  override handleReadyForQuery(): void {
    this.complete();
    super.handleReadyForQuery();
  }

  /** What the server sends, in order. */
  async *read(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        await this.until(() => this.pieces.length > 0 || this.ended);
        if (this.failure) throw this.failure;
        const piece = this.pieces.shift();
        if (!piece) return;
        if (this.pieces.length === 0) this.connection?.stream.resume();
        yield piece;
      }
    } finally {
      this.discardTheRest();
    }
  }

  /** To cancel it would end the transaction too, so the next statement waits until the server has sent everything; to close the connection does not. */
  private discardTheRest(): void {
    this.isDiscarding = true;
    this.pieces.length = 0;
    this.connection?.stream.resume();
  }

  private complete(): void {
    if (this.filled > 0) this.add(Buffer.from(this.filling.subarray(0, this.filled)));
    this.filled = 0;
  }

  private add(piece: Buffer): void {
    this.pieces.push(piece);
    if (this.pieces.length >= MOST_PIECES_WAITING) this.connection?.stream.pause();
    this.changed();
  }
}

/** `COPY … FROM STDIN`. */
export class CopyIn extends Copy {
  private accepted = false;

  handleCopyInResponse(): void {
    this.accepted = true;
    this.changed();
  }

  /** @param piece any part of the input; the driver copies it */
  async write(piece: Buffer): Promise<void> {
    await this.until(() => this.accepted || this.ended);
    if (this.failure) throw this.failure;
    this.connection!.sendCopyFromChunk(piece);
    const { stream } = this.connection!;
    if (stream.writableNeedDrain) {
      stream.once('drain', () => this.changed());
      await this.until(() => !stream.writableNeedDrain || this.ended);
    }
    // Whatever is wrong with the rows is told while they are sent, or at the end.
    if (this.failure) throw this.failure as Error;
  }

  /** Gives up: the statement fails, and with it the transaction. */
  async abandon(): Promise<void> {
    await this.until(() => this.accepted || this.ended);
    if (!this.ended) this.connection!.sendCopyFail('given up');
    await this.until(() => this.ended);
  }

  /** Everything was sent; done when the server has taken it. */
  async finish(): Promise<void> {
    await this.until(() => this.accepted || this.ended);
    if (!this.ended) this.connection!.endCopyFrom();
    await this.until(() => this.ended);
    if (this.failure) throw this.failure;
  }
}
