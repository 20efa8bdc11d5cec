import type { Connection as Driver } from 'mysql2';

/** Rows are handed on in pieces of about this size: large enough to be fast, small enough to stay small in memory. */
const PIECE_BYTES = 256 * 1024;

const LF = 0x0a;

/** A row that the server could not print: one of its functions made more than `max_allowed_packet` of it. */
export class RowTooLarge extends Error {}

/** The answer to a query of one column while it arrives. The server waits while nobody asks for the next piece. */
export class RowStream {
  private rows: Buffer[] = [];
  private bytes = 0;
  private ended = false;
  private abandoned = false;
  private failure: Error | null = null;
  private wake: () => void = () => undefined;
  /** A lost connection is not told to a query without a callback. */
  private readonly onLost = (error: Error) => this.fail(error);

  constructor(
    private readonly driver: Driver,
    sql: string,
  ) {
    driver.on('error', this.onLost);
    driver
      .query({ sql, rowsAsArray: true, typeCast: false })
      .on('result', (row: unknown) => this.take((row as [Buffer | null])[0]))
      .on('error', (error: Error) => this.fail(error))
      .on('end', () => {
        this.ended = true;
        this.wake();
      });
  }

  async *pieces(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        await this.untilThereIsSomething();
        if (this.failure) throw this.failure;
        if (this.bytes > 0) yield this.next();
        else if (this.ended) return;
      }
    } finally {
      this.driver.off('error', this.onLost);
      this.abandon();
    }
  }

  /** What is still to come is passed over: the next statement waits for its end, unless the connection is closed before. */
  private abandon(): void {
    this.abandoned = true;
    this.rows = [];
    this.driver.resume();
  }

  private take(row: Buffer | null): void {
    if (this.abandoned) return;
    if (row === null) return this.fail(new RowTooLarge());
    const line = onOneLine(row);
    this.rows.push(line);
    this.bytes += line.length;
    if (this.bytes < PIECE_BYTES) return;
    this.driver.pause();
    this.wake();
  }

  private next(): Buffer {
    const piece = Buffer.concat(this.rows, this.bytes);
    this.rows = [];
    this.bytes = 0;
    this.driver.resume();
    return piece;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  private async untilThereIsSomething(): Promise<void> {
    while (this.bytes < PIECE_BYTES && !this.ended && !this.failure)
      await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

/** The server breaks base64 into lines, and leaves no other line break inside a row. */
function onOneLine(row: Buffer): Buffer {
  if (row.indexOf(LF) === row.length - 1) return row;
  return Buffer.from(`${row.toString('latin1').replaceAll('\n', '')}\n`, 'latin1');
}
