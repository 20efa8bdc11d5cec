import { Aligner, type Region } from './aligner.js';

/** At row `at` of the base's table, counted from 0, leave out `drop` rows and put these in. */
export interface Splice {
  at: number;
  drop: number;
  /** Row lines, each ending with one LF. */
  lines: Buffer;
}

const LF = 0x0a;
const NOTHING = Buffer.alloc(0);

/**
 * The splices that turn some lines of the base into others.
 * @param at position of the first base line within its table
 */
export function* spliceLines(at: number, base: Buffer, now: Buffer): Generator<Splice> {
  const baseLines = splitLines(base);
  const aligner = new Aligner<Buffer>(baseLines.map(keyOf));
  for (const line of splitLines(now)) {
    const region = aligner.push(keyOf(line), line);
    if (region) yield spliceOf(at, region);
  }
  const last = aligner.end();
  if (last) yield spliceOf(at, last);
}

/** Lines with their LF. */
export function splitLines(lines: Buffer): Buffer[] {
  const split: Buffer[] = [];
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(LF, start) + 1;
    split.push(lines.subarray(start, end));
    start = end;
  }
  return split;
}

const keyOf = (line: Buffer): string => line.toString('latin1');

const spliceOf = (at: number, { from, to, added }: Region<Buffer>): Splice => ({
  at: at + from,
  drop: to - from,
  lines: added.length === 0 ? NOTHING : Buffer.concat(added),
});
