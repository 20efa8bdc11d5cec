import type { TableSummary } from './manifest.js';
import type { SnapshotWarning } from './snapshot-warning.js';

/** Which part of all rows has to be gone. */
const MOST = 0.9;

type Tables = Readonly<Record<string, Pick<TableSummary, 'rows'>>>;

/**
 * Whether a capture found all or nearly all rows gone, as it does in a database that was emptied, or in another one than meant.
 * @param before the snapshot to compare with
 * @param now tables of the capture, without counters as those of `before` are
 * @param chosen the tables of a plan that captures only some
 */
export function lostRows(
  before: { id: string; tables: Tables },
  now: Tables,
  chosen: readonly string[] | null,
): SnapshotWarning | null {
  const isMeant = ([name]: [string, unknown]) => chosen === null || chosen.includes(name);
  const [had, left] = [before.tables, now].map((tables) =>
    Object.entries(tables)
      .filter(isMeant)
      .reduce((sum, [, { rows }]) => sum + rows, 0),
  ) as [number, number];
  if (had === 0 || had - left < had * MOST) return null;
  const gone = left === 0 ? `All ${had} rows` : `${had - left} of the ${had} rows`;
  return {
    code: 'lost_rows',
    message:
      `${gone} in snapshot ${before.id} are missing from the database. Check that this is the right database and that the rows were deleted on purpose; ` +
      'if not, restore that snapshot. A snapshot taken from the dashboard or through the API clears this warning.',
  };
}
