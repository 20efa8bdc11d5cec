/** Of which side a row is. Of opposite sign, so that a row of one side takes one of the other away. */
export const BEFORE = -1;
export const AFTER = 1;
export type Side = typeof BEFORE | typeof AFTER;

/** What a row takes in memory besides its text, roughly. */
const ENTRY_BYTES = 100;

/**
 * Rows of both sides that wait for their equal. Most rows are the same on both sides and come at about the same time: those meet here and are gone, so that only
 * what changed, and what moved far, has to be kept anywhere.
 */
export class MeetingRows {
  /** How many of a row wait: above zero of the side after, below zero of the side before. */
  private readonly waiting = new Map<string, number>();
  private bytes = 0;

  /**
   * @param limitBytes what the rows that wait may take in memory
   * @param giveUp takes rows that have waited too long: their equal may still come, and then waits for nobody
   */
  constructor(
    private readonly limitBytes: number,
    private readonly giveUp: (side: Side, row: string, count: number) => void,
  ) {}

  /** @param row the bytes of the row, one character each */
  take(side: Side, row: string): void {
    const waiting = this.waiting.get(row) ?? 0;
    const left = waiting + side;
    if (left === 0) this.waiting.delete(row);
    else this.waiting.set(row, left);
    // Counted once, however many of it wait.
    if (waiting === 0) this.bytes += sizeOf(row);
    if (left === 0) this.bytes -= sizeOf(row);
    if (this.bytes > this.limitBytes) this.giveUpDownTo(this.limitBytes / 2);
  }

  /** Whoever still waits has no equal, unless that was given up. */
  end(): void {
    this.giveUpDownTo(-1);
  }

  /** Those that came first go first. */
  private giveUpDownTo(bytes: number): void {
    for (const [row, count] of this.waiting) {
      if (this.bytes <= bytes) return;
      this.waiting.delete(row);
      this.bytes -= sizeOf(row);
      this.giveUp(count < 0 ? BEFORE : AFTER, row, Math.abs(count));
    }
  }
}

const sizeOf = (row: string): number => row.length + ENTRY_BYTES;
