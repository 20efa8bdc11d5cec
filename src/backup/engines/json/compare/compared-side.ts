import type { DatabaseInfo, TableSummary } from '../../../model/manifest.js';
import type { StateName } from '../../../model/comparison.js';
import type { TableHeader } from '../../dialects/document.parts.js';

/** A table whose rows are about to be read. */
export interface ComparedTable extends Omit<TableHeader, 'name'> {
  /** Whole rows, each row's JSON on a line of its own; a comma may stand before the LF, and the last LF may be missing. To be read to its end. */
  pieces: AsyncIterable<Buffer>;
}

/** One side of a comparison, open for reading. */
export interface ComparedSide {
  readonly name: StateName;
  readonly database: DatabaseInfo;
  /** Every table that may be read. */
  readonly tables: Readonly<Record<string, TableSummary>>;
  /** Call it in byte order of the names, for each table at most once. */
  open(table: string): Promise<ComparedTable>;
  /** Reads what is left; whatever was read before counts only if this succeeds. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

const LF = 0x0a;
const COMMA = 0x2c;

/** The rows of a piece one by one, their bytes as one character each. */
export function* rowsIn(piece: Buffer): Generator<string> {
  for (let start = 0; start < piece.length;) {
    const found = piece.indexOf(LF, start);
    const end = found < 0 ? piece.length : found;
    yield piece.toString('latin1', start, piece[end - 1] === COMMA ? end - 1 : end);
    start = end + 1;
  }
}
