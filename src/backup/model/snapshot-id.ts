import { BackupError } from './errors.js';
import type { Trigger } from './trigger.js';

const ID_PATTERN = /^[a-z0-9][a-z0-9_-]{0,120}$/;
const ARCHIVE_PATTERN = /^archived_backups_(\d{4})(\d{2})(\d{2})\.zip$/;
/** Leaves room for the timestamp, a `_<n>` suffix and the role within the 121 characters of an id. */
const LONGEST_NAME_PART = 40;

export const isSnapshotId = (text: string): boolean => ID_PATTERN.test(text);

/** Refuses anything off the pattern before a path is built from it. */
export function assertSnapshotId(text: string): void {
  if (!isSnapshotId(text)) {
    throw new BackupError(
      'SNAPSHOT_NOT_FOUND',
      'There is no snapshot with this id. GET /admin/database/backups lists the ids.',
    );
  }
}

export const isArchiveName = (text: string): boolean => ARCHIVE_PATTERN.test(text);

export const documentName = (id: string): string => `${id}.json`;
export const manifestName = (id: string): string => `${id}.meta.json`;
export const indexName = (id: string): string => `${id}.index`;

/** `2026-01-30T12:05:30.123Z` → `20260130_120530`, in UTC. */
export function timestamp(at: Date): string {
  const iso = at.toISOString();
  return `${iso.slice(0, 10).replaceAll('-', '')}_${iso.slice(11, 19).replaceAll(':', '')}`;
}

/** The UTC day, `YYYY-MM-DD`. */
export const utcDay = (at: Date): string => at.toISOString().slice(0, 10);

/** `2026-01-15` → `archived_backups_20260115.zip`. */
export const archiveName = (day: string): string => `archived_backups_${day.replaceAll('-', '')}.zip`;

/** `archived_backups_20260115.zip` → `2026-01-15`; undefined for any other name. */
export function dayOfArchive(name: string): string | undefined {
  const parts = ARCHIVE_PATTERN.exec(name);
  return parts ? `${parts[1]}-${parts[2]}-${parts[3]}` : undefined;
}

/**
 * The id a snapshot gets, before a `_2`, `_3` … is added for a second one in the same second.
 * Names are for people: nothing reads facts back out of them.
 */
export function snapshotId(plan: string, trigger: Trigger, at: Date): string {
  return `${namePrefix(plan, trigger)}_${timestamp(at)}`;
}

function namePrefix(plan: string, trigger: Trigger): string {
  switch (trigger.type) {
    case 'event': {
      const first = trigger.subjects?.[0];
      return first
        ? `role_creation_${namePart(first.role)}_${namePart(String(first.user_id))}`
        : `${namePart(plan)}_backup`;
    }
    case 'safety':
      return 'pre_restore';
    case 'manual':
    case 'cli':
      return 'manual_backup';
    case 'scheduled':
    case 'startup':
      return `${namePart(plan)}_backup`;
  }
}

/** Foreign hosts use UUIDs, mail addresses and worse as user ids: whatever an id may not hold becomes `_`. */
function namePart(text: string): string {
  const safe = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .slice(0, LONGEST_NAME_PART);
  return safe.replace(/^[_-]+/, '') || 'x';
}
