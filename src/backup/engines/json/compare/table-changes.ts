import type { TaskContext } from '../../../system/child-task-server.js';
import type { TableComparison } from '../../../model/comparison.js';
import { rowsIn, type ComparedTable } from './compared-side.js';
import { matchingOf, type Matching } from './matching.js';
import { AFTER, BEFORE, MeetingRows, type Side } from './meeting-rows.js';
import { ScratchRows, type ChangeCounts, type RowChange } from './scratch-rows.js';
import { rowsOf, type Sides, type TablePair } from './table-pair.js';

/** What rows that wait for their equal may take in memory. */
const MOST_BYTES_WAITING = 4_000_000;

/** How one table differs, row by row. */
export interface TableChanges {
  comparison: TableComparison;
  /** In the order of the key's values; in a table without a key, of the rows' text. */
  rows(offset: number, limit: number): Iterable<RowChange>;
  close(): void;
}

/** Reads a table of both sides. A side that does not have it counts as one without rows. */
export async function readChanges(pair: TablePair, sides: Sides, context: TaskContext): Promise<TableChanges> {
  const before = pair.before && (await sides.before.open(pair.table));
  const after = pair.after && (await sides.after.open(pair.table));
  const matching = matchingOf((before ?? after)!, (after ?? before)!);
  if (!matching) return withoutCommonColumn(pair, before!, after!);
  const scratch = new ScratchRows(matching);
  try {
    await gatherUnequal(before, after, scratch, context);
    return {
      comparison: describe(pair, matching, scratch.match()),
      rows: (offset, limit) => scratch.changes(offset, limit),
      close: () => scratch.close(),
    };
  } catch (error) {
    scratch.close();
    throw error;
  }
}

const describe = (
  pair: TablePair,
  { key, onlyBefore, onlyAfter }: Matching,
  counts: ChangeCounts,
): TableComparison => ({
  ...rowsOf(pair),
  comparable: true,
  ...counts,
  matched_by: key === null ? 'row' : 'primary_key',
  columns_only_before: onlyBefore,
  columns_only_after: onlyAfter,
});

function withoutCommonColumn(pair: TablePair, before: ComparedTable, after: ComparedTable): TableChanges {
  const nothing = { inserted: null, updated: null, deleted: null, matched_by: null };
  const [onlyBefore, onlyAfter] = [before, after].map(({ columns }) => columns.map(({ name }) => name));
  return {
    comparison: {
      ...rowsOf(pair),
      comparable: false,
      ...nothing,
      columns_only_before: onlyBefore!,
      columns_only_after: onlyAfter!,
    },
    rows: () => [],
    close: () => undefined,
  };
}

/** Reads both sides abreast, so that rows which are the same on both meet soon; only the others go into the scratch database. */
async function gatherUnequal(
  before: ComparedTable | null,
  after: ComparedTable | null,
  scratch: ScratchRows,
  context: TaskContext,
): Promise<void> {
  const meeting = new MeetingRows(MOST_BYTES_WAITING, (side, row, count) => {
    const bytes = Buffer.from(row, 'latin1');
    for (let n = 0; n < count; n++) scratch.add(side, bytes);
  });
  const streams = [new RowStream(BEFORE, before), new RowStream(AFTER, after)];
  for (;;) {
    const next = streams.filter(({ ended }) => !ended).sort((a, b) => a.bytesRead - b.bytesRead)[0];
    if (!next) break;
    const piece = await next.read();
    if (piece) for (const row of rowsIn(piece)) meeting.take(next.side, row);
    await context.breathe();
  }
  meeting.end();
}

class RowStream {
  bytesRead = 0;
  ended: boolean;
  private readonly pieces: AsyncIterator<Buffer> | undefined;

  constructor(
    readonly side: Side,
    table: ComparedTable | null,
  ) {
    this.pieces = table?.pieces[Symbol.asyncIterator]();
    this.ended = !this.pieces;
  }

  async read(): Promise<Buffer | undefined> {
    const next = await this.pieces?.next();
    if (!next || next.done) {
      this.ended = true;
      return undefined;
    }
    this.bytesRead += next.value.length;
    return next.value;
  }
}
