import type { SelectQueryBuilder } from 'typeorm';
import type { RestorePointQuery } from './catalog.js';
import { instant } from './snapshot.queries.js';
import type { SnapshotRecord } from './snapshot.record.js';

/** No verification found it damaged, nor what it builds on, which is there. */
const isSound = (row: string): string => `COALESCE(${row}.is_valid, 1) = 1 AND (${row}.base IS NULL OR EXISTS
  (SELECT 1 FROM backup_snapshots b WHERE b.id = ${row}.base AND COALESCE(b.is_valid, 1) = 1))`;
const hasPart = (condition: string): string =>
  `EXISTS (SELECT 1 FROM backup_snapshots p WHERE p.part_of = s.id AND ${condition})`;
// The plus keeps SQLite from collecting and sorting all of them by the index of parts, when a few of the newest are wanted.
const IS_RESTORE_POINT = `s.trigger_type <> 'safety' AND +s.part_of IS NULL`;
const IS_UNDAMAGED = `${isSound('s')} AND NOT ${hasPart(`NOT (${isSound('p')})`)}`;
const IS_WHOLE = `s.partial = 0 AND NOT ${hasPart('p.partial = 1')}`;
const HOLDS_DEFAULT_DATABASE = `${IS_WHOLE} AND ((s.source = 'database' AND s.data_source IS NULL)
  OR (s.source = 'full' AND ${hasPart(`p.source = 'database' AND p.data_source IS NULL`)}))`;

/** What somebody would go back to, the one taken last first. @param all begins a query of all snapshots in that order */
export async function restorePoints(
  all: () => SelectQueryBuilder<SnapshotRecord>,
  { plan, to, evenDamaged }: RestorePointQuery,
  limit?: number,
): Promise<SnapshotRecord[]> {
  const points = () => {
    const found = all().where(IS_RESTORE_POINT).limit(limit);
    if (!evenDamaged) found.andWhere(IS_UNDAMAGED);
    if (to !== undefined) found.andWhere('+s.created_at < :to', { to: instant('to', to) });
    return found;
  };
  if (plan !== undefined) return points().andWhere('s.plan = :plan', { plan }).getMany();
  const ofDefault = await points().andWhere(HOLDS_DEFAULT_DATABASE).getMany();
  return ofDefault.length > 0 ? ofDefault : points().andWhere(IS_WHOLE).getMany();
}
