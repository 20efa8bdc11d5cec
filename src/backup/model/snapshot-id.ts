import { BackupError } from './errors.js';
import { ROLE_CREATED } from './events.js';
import type { Trigger } from './trigger.js';

const ID_PATTERN = /^[a-z0-9][a-z0-9_-]{0,120}$/;
const ARCHIVE_PATTERN = /^archived_backups_(\d{4})(\d{2})(\d{2})\.zip$/;
/** A UUID. Twice, they leave room for the part, the timestamp and a `_<n>` suffix within the 121 characters of an id. */
const LONGEST_NAME_PART = 36;
const LONGEST_PLAN_NAME = 40;

export const isSnapshotId = (text: string): boolean => ID_PATTERN.test(text);

/** Refuses anything off the pattern before a path is built from it. */
export function assertSnapshotId(text: string): void {
  if (!isSnapshotId(text)) {
    throw new BackupError('SNAPSHOT_NOT_FOUND', 'There is no snapshot with this id.', { advice: ['list_snapshots'] });
  }
}

export const isArchiveName = (text: string): boolean => ARCHIVE_PATTERN.test(text);

/** @throws BackupError `ARCHIVE_NOT_FOUND` */
export function assertArchiveName(text: string): void {
  if (!isArchiveName(text))
    throw new BackupError('ARCHIVE_NOT_FOUND', 'There is no archive of this name.', { advice: ['list_archives'] });
}

/** How the names of documents end: JSON, databases in their own form, and files as tar. */
export const DOCUMENT_ENDINGS = [
  '.json',
  '.json.gz',
  '.db',
  '.dump',
  '.sql',
  '.sql.gz',
  '.tar',
  '.tar.gz',
  '.tar.bz2',
  '.tar.xz',
] as const;
export type DocumentEnding = (typeof DOCUMENT_ENDINGS)[number];

export const documentName = (id: string, ending: DocumentEnding = '.json'): string => `${id}${ending}`;
/** Every name that a snapshot's document can have; it has only one of them. */
export const documentNames = (id: string): string[] => DOCUMENT_ENDINGS.map((ending) => documentName(id, ending));
export const manifestName = (id: string): string => `${id}.meta.json`;
export const indexName = (id: string): string => `${id}.index`;

/** The id that a document's name promises; undefined for any other name. */
export function idOfDocumentName(name: string): string | undefined {
  const ending = DOCUMENT_ENDINGS.find((known) => name.endsWith(known) && isSnapshotId(name.slice(0, -known.length)));
  return ending && name.slice(0, -ending.length);
}

/** `2026-01-30T12:05:30.123Z` → `20260130_120530`, in UTC. */
export function timestamp(at: Date): string {
  const iso = at.toISOString();
  return `${iso.slice(0, 10).replaceAll('-', '')}_${iso.slice(11, 19).replaceAll(':', '')}`;
}

const TIME_IN_ID = /_(\d{8}_\d{6})(?:_\d+)?$/;

/** The moment that an id ends with, as {@link timestamp} writes it; such texts sort as the moments do. Undefined where it ends with none. */
export const timeInId = (id: string): string | undefined => TIME_IN_ID.exec(id)?.[1];

/** Whether an id ends with another moment than this one: then either was damaged. An id that ends with none agrees with all. */
export function contradictsItsName(id: string, createdAt: string): boolean {
  const named = timeInId(id);
  return named !== undefined && named !== timestamp(new Date(createdAt));
}

/** The UTC day, `YYYY-MM-DD`. */
export const utcDay = (at: Date): string => at.toISOString().slice(0, 10);

/** `2026-01-15` → `archived_backups_20260115.zip`. */
export const archiveName = (day: string): string => `archived_backups_${day.replaceAll('-', '')}.zip`;

/** The archive that a snapshot lies in, if it lies in one and its name is right. */
export function archiveByName(id: string): string | undefined {
  const day = timeInId(id)?.slice(0, 8);
  return day && archiveName(day);
}

/** `archived_backups_20260115.zip` → `2026-01-15`; undefined for any other name. */
export function dayOfArchive(name: string): string | undefined {
  const parts = ARCHIVE_PATTERN.exec(name);
  return parts ? `${parts[1]}-${parts[2]}-${parts[3]}` : undefined;
}

/**
 * The id a snapshot gets, before a `_2`, `_3` … is added for a second one in the same second.
 * Names are for people: nothing reads facts back out of them, except to find damage, and where to look first.
 * @param part of a snapshot that has several
 */
export function snapshotId(plan: string, trigger: Trigger, at: Date, part?: 'database' | 'files'): string {
  return [namePrefix(plan, trigger), ...(part ? [part] : []), timestamp(at)].join('_');
}

function namePrefix(plan: string, trigger: Trigger): string {
  switch (trigger.type) {
    case 'event':
      return eventPrefix(plan, trigger);
    case 'safety':
      return 'pre_restore';
    case 'manual':
    case 'cli':
      return 'manual_backup';
    case 'scheduled':
    case 'startup':
      return `${namePart(plan, LONGEST_PLAN_NAME)}_backup`;
  }
}

function eventPrefix(plan: string, { event = ROLE_CREATED, subjects }: Trigger): string {
  if (event !== ROLE_CREATED) return `event_${namePart(event.replaceAll(/[^a-z0-9]+/gi, '_')).replace(/_+$/, '')}`;
  const first = subjects?.[0];
  return first
    ? `role_creation_${namePart(first.role)}_${namePart(String(first.user_id))}`
    : `${namePart(plan, LONGEST_PLAN_NAME)}_backup`;
}

/** Foreign hosts use UUIDs, mail addresses and worse as user ids: whatever an id may not hold becomes `_`. */
function namePart(text: string, longest = LONGEST_NAME_PART): string {
  const safe = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .slice(0, longest);
  return safe.replace(/^[_-]+/, '') || 'x';
}
