import type { TableSummary } from '../../../model/manifest.js';
import type { TableComparison } from '../../../model/comparison.js';
import type { ComparedSide } from './compared-side.js';

export interface Sides {
  before: ComparedSide;
  after: ComparedSide;
}

/** One table on both sides, as their summaries tell it; null where a side has no such table. */
export interface TablePair {
  table: string;
  before: TableSummary | null;
  after: TableSummary | null;
}

/** Every wanted table of either side, in byte order of their names. */
export function pairsOf({ before, after }: Sides, isWanted: (table: string) => boolean): TablePair[] {
  const names = new Set([...Object.keys(before.tables), ...Object.keys(after.tables)]);
  return [...names]
    .filter(isWanted)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((table) => ({ table, before: summaryOf(before, table), after: summaryOf(after, table) }));
}

/** How a table differs, where that can be said without a look at its rows; undefined where it cannot. */
export function compareSummaries(pair: TablePair): TableComparison | undefined {
  const { before, after } = pair;
  if (before && before.sha256 === after?.sha256) return unmatched(pair, 0, 0);
  if (!before?.rows) return unmatched(pair, after?.rows ?? 0, 0);
  if (!after?.rows) return unmatched(pair, 0, before.rows);
  return undefined;
}

function unmatched(pair: TablePair, inserted: number, deleted: number): TableComparison {
  return {
    ...rowsOf(pair),
    comparable: true,
    inserted,
    updated: 0,
    deleted,
    matched_by: null,
    columns_only_before: [],
    columns_only_after: [],
  };
}

/** What is known of a table in any case. */
export const rowsOf = ({ table, before, after }: TablePair) => ({
  table,
  rows_before: before?.rows ?? null,
  rows_after: after?.rows ?? null,
});

const summaryOf = ({ tables }: ComparedSide, table: string): TableSummary | null =>
  Object.hasOwn(tables, table) ? tables[table]! : null;
