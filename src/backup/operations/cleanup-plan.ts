import { plansOf, type BackupConfig } from '../model/backup-config.js';
import { daysToArchive, decideRetention, NO_DOUBTS, type ClockDoubts, type KeptSnapshot } from '../model/retention.js';
import type { SnapshotOutline } from '../model/snapshot.js';
import { isBundle } from '../model/sources.js';
import { utcDay } from '../model/snapshot-id.js';

/** What a clean-up is going to do, and why the rest stays. */
export interface CleanupPlan {
  /** Regular snapshots that go into their day's archive, oldest day first. */
  days: { day: string; snapshots: SnapshotOutline[] }[];
  /** Regular snapshots that are deleted, those that need another one before it. */
  expiredRegular: SnapshotOutline[];
  /** Snapshots that are deleted out of their archives. */
  expiredArchived: { archive: string; snapshots: SnapshotOutline[] }[];
  kept: KeptSnapshot[];
  /** Ids of those that stay only because of doubts about the clock. */
  heldBack: string[];
}

/** Pure. What has expired is not packed first, and what is known to be damaged stays as it is for whoever may save it. */
export function planCleanup(
  snapshots: readonly SnapshotOutline[],
  config: BackupConfig,
  now: Date,
  clock: ClockDoubts = NO_DOUBTS,
): CleanupPlan {
  const { kept, expired } = decideRetention(snapshots, config, now, plansOf(config), clock);
  const gone = new Set(expired);
  const expiredSnapshots = snapshots.filter(({ id }) => gone.has(id));
  const staysRegular = snapshots.filter(
    ({ id, location, is_valid }) => location === 'regular' && !gone.has(id) && is_valid !== false,
  );
  const ofDays = groupedBy(staysRegular, ({ created_at }) => utcDay(new Date(created_at)));
  return {
    days: daysToArchive(staysRegular, config.auto_archive_after_days, now, clock).map((day) => ({
      day,
      snapshots: ofDays.get(day) ?? [],
    })),
    expiredRegular: expiredSnapshots.filter(({ archive }) => archive === null).sort(dependentsFirst),
    expiredArchived: byArchive(expiredSnapshots),
    kept,
    heldBack: isDoubted(clock) ? heldBack(snapshots, config, now, gone) : [],
  };
}

const isDoubted = ({ jumps, set_backs }: ClockDoubts): boolean => jumps.length > 0 || set_backs.length > 0;

function heldBack(
  snapshots: readonly SnapshotOutline[],
  config: BackupConfig,
  now: Date,
  gone: ReadonlySet<string>,
): string[] {
  return decideRetention(snapshots, config, now, plansOf(config)).expired.filter((id) => !gone.has(id));
}

export const isIdle = (plan: CleanupPlan): boolean =>
  plan.days.length === 0 && plan.expiredRegular.length === 0 && plan.expiredArchived.length === 0;

export const countArchived = (plan: CleanupPlan): number =>
  plan.days.reduce((sum, { snapshots }) => sum + snapshots.length, 0);

export const countDeleted = (plan: CleanupPlan): number =>
  plan.expiredArchived.reduce((sum, { snapshots }) => sum + snapshots.length, plan.expiredRegular.length);

/** A kill between two of them must not leave one listed that lacks what it needs. */
const dependentsFirst = (a: SnapshotOutline, b: SnapshotOutline): number => neededBy(a) - neededBy(b);

/** By how many kinds of others: the whole by none, a differential by the whole it is a part of, a base by both. */
const neededBy = ({ source, base }: SnapshotOutline): number => (isBundle(source) ? 0 : base === null ? 2 : 1);

function byArchive(snapshots: readonly SnapshotOutline[]): CleanupPlan['expiredArchived'] {
  const archived = snapshots.filter(({ archive }) => archive !== null);
  return [...groupedBy(archived, ({ archive }) => archive!)].map(([archive, held]) => ({ archive, snapshots: held }));
}

/** In one pass: there may be tens of thousands, and hundreds of days. */
function groupedBy(
  snapshots: readonly SnapshotOutline[],
  key: (snapshot: SnapshotOutline) => string,
): Map<string, SnapshotOutline[]> {
  const groups = new Map<string, SnapshotOutline[]>();
  for (const snapshot of snapshots) {
    const group = groups.get(key(snapshot));
    if (group) group.push(snapshot);
    else groups.set(key(snapshot), [snapshot]);
  }
  return groups;
}
