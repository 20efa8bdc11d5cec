import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILE_MODE, FOLDER_MODE } from './atomic-file.js';
import { FolderLock, LEASE_FOLDER, lockExclusively, makeEmptyFile } from './folder-lock.js';
import { RECORD_BYTES, recordPath } from './lease.record.js';
import { noteShortcoming } from './shortcomings.js';

/** Whether locks work in a place; asked once of each. */
const tried = new Map<string, boolean>();

/**
 * Where the lease of a backup folder lies: in its `.lease`; or, while that cannot be written or has no locks, among the temporary files of this machine, where
 * only its own processes see it. Null where neither can be had.
 */
export function leasePlace(folder: string): string | null {
  const problem = problemOf(folder);
  if (problem === null) return folder;
  const instead = placeInsteadOf(folder);
  const isUsable = makePrivate(instead) && problemOf(instead) === null;
  noteShortcoming({
    code: 'lease_place',
    message:
      `Cannot write the lease to ${LEASE_FOLDER} in the backup folder (${problem}). ` +
      (isUsable
        ? 'Until that works, processes on this machine take turns through a file in its temporary folder; do not use the backup folder from another machine.'
        : 'Until that works, processes cannot see each other: run only one on this folder.'),
  });
  return isUsable ? instead : null;
}

/** Does the work, which takes moments, while no other process does anything in this way in the same backup folder. @throws BackupError `BUSY` */
export async function exclusivelyIn<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const place = leasePlace(folder);
  return place === null ? work() : new FolderLock(place).exclusively(work);
}

/** In words; null when the files are there and can be written. */
function problemOf(place: string): string | null {
  const at = (name: string) => join(place, LEASE_FOLDER, name);
  try {
    for (const name of ['lock', 'serving', 'waiting']) {
      makeEmptyFile(at(name));
      accessSync(at(name), constants.R_OK | constants.W_OK);
    }
    takeRoom(recordPath(place));
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
  return hasLocks(place) ? null : 'its file system does not support locks';
}

/** So that the record can be written over on a full disk. */
function takeRoom(path: string): void {
  const file = openSync(
    path,
    constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    FILE_MODE,
  );
  try {
    const { size } = fstatSync(file);
    if (size < RECORD_BYTES) writeSync(file, Buffer.alloc(RECORD_BYTES - size, ' '), 0, RECORD_BYTES - size, size);
  } finally {
    closeSync(file);
  }
}

/** SQLite takes a file system without locks for one where somebody else always has the lock. Nobody else can have that of a new file. */
function hasLocks(place: string): boolean {
  const known = tried.get(place);
  if (known !== undefined) return known;
  const probe = join(place, LEASE_FOLDER, `probe-${randomUUID()}`);
  let works: boolean;
  try {
    const lock = lockExclusively(probe);
    lock?.close();
    works = lock !== null;
  } catch (error) {
    works = !/^SQLITE_(IOERR|PERM|PROTOCOL|NOLFS)/.test(String((error as { code?: unknown }).code)); // for a new file there may be no room
  } finally {
    rmSync(probe, { force: true });
  }
  tried.set(place, works);
  return works;
}

function placeInsteadOf(folder: string): string {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return join(tmpdir(), `nestjs-backup-${process.getuid?.() ?? 'user'}-${name}`);
}

/** Ours alone: among temporary files anybody may put something in its place. */
function makePrivate(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    const found = lstatSync(folder);
    return found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid());
  } catch {
    return false;
  }
}
