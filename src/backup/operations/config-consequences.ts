import type { BackupConfig } from '../model/backup-config.js';
import { BackupError } from '../model/errors.js';
import type { SnapshotOutline } from '../model/snapshot.js';
import { planCleanup, type CleanupPlan } from './cleanup-plan.js';

/** What the next clean-up would do because of changed settings, beside what it does anyway. Wire shape. */
export interface ConfigConsequences {
  /** Snapshots that would be deleted. */
  deleted: number;
  /** When the oldest of those was taken; null where there is none. */
  oldest_deleted: string | null;
  /** Snapshots that would be packed into archives. */
  archived: number;
}

/** Pure: the same snapshots at the same moment, by the settings before and after. */
export function consequencesOf(
  snapshots: readonly SnapshotOutline[],
  before: BackupConfig,
  after: BackupConfig,
  now: Date,
): ConfigConsequences {
  const [planBefore, planAfter] = [planCleanup(snapshots, before, now), planCleanup(snapshots, after, now)];
  const goneAnyway = new Set(deletedBy(planBefore).map(({ id }) => id));
  const packedAnyway = new Set(archivedBy(planBefore).map(({ id }) => id));
  const deleted = deletedBy(planAfter).filter(({ id }) => !goneAnyway.has(id));
  return {
    deleted: deleted.length,
    oldest_deleted: oldestOf(deleted),
    archived: archivedBy(planAfter).filter(({ id }) => !packedAnyway.has(id)).length,
  };
}

/** @throws BackupError `DELETIONS_NOT_CONFIRMED` with `cleanup`, unless exactly so many deletions were agreed to */
export function assertConfirmed(cleanup: ConfigConsequences, confirmed: number | undefined): void {
  if (cleanup.deleted === 0 || cleanup.deleted === confirmed) return;
  throw new BackupError(
    'DELETIONS_NOT_CONFIRMED',
    `The next clean-up would delete ${inWords(cleanup)} because of these settings. Nothing was changed.`,
    { cleanup, advice: ['confirm_deletions'] },
  );
}

/** `133 snapshots, the oldest of 2026-10-02`. */
export const inWords = ({ deleted, oldest_deleted }: ConfigConsequences): string =>
  `${deleted} ${deleted === 1 ? 'snapshot' : 'snapshots'}, the oldest of ${oldest_deleted?.slice(0, 10)},`;

export const deletedBy = ({ expiredRegular, expiredArchived }: CleanupPlan): SnapshotOutline[] => [
  ...expiredRegular,
  ...expiredArchived.flatMap(({ snapshots }) => snapshots),
];

const archivedBy = ({ days }: CleanupPlan): SnapshotOutline[] => days.flatMap(({ snapshots }) => snapshots);

export const oldestOf = (snapshots: readonly SnapshotOutline[]): string | null =>
  snapshots.reduce<string | null>(
    (oldest, { created_at }) => (oldest === null || Date.parse(created_at) < Date.parse(oldest) ? created_at : oldest),
    null,
  );
