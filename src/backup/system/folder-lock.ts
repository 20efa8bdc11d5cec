import { constants, closeSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { BackupError } from '../model/errors.js';
import { folderError } from './folder.errors.js';
import { FILE_MODE, FOLDER_MODE } from './atomic-file.js';
import { openSqlite } from './sqlite-driver.js';

/** In the backup folder; holds nothing that is worth keeping, and may be removed while no process works there. */
export const LEASE_FOLDER = '.lease';

const FIRST_RETRY_MS = 2;
const LONGEST_RETRY_MS = 25;
/** What is done under the lock takes moments: a swap of files is the longest. */
const PATIENCE_MS = 60_000;

/**
 * Lets one process at a time through, whichever machine or container it runs in. The lock ends with its process, however that ends.
 *
 * It is SQLite's lock on a file that stays empty: Node itself locks no files. Nothing else may open that file, since POSIX drops all locks that a process
 * has on a file when it closes any descriptor of it.
 */
export class FolderLock {
  private readonly path: string;

  /** @param place the folder that holds `.lease`: the backup folder, or what `leasePlace` says instead */
  constructor(
    place: string,
    private readonly patienceMs: number = PATIENCE_MS,
  ) {
    this.path = join(place, LEASE_FOLDER, 'lock');
  }

  /**
   * Does the work while nobody else is let through. Not to be nested: the inner one would wait for the outer one.
   * @throws BackupError `BUSY` when somebody else stays in there
   */
  async exclusively<T>(work: () => Promise<T> | T): Promise<T> {
    const lock = await this.lock();
    try {
      return await work();
    } finally {
      lock.close();
    }
  }

  private async lock(): Promise<Database.Database> {
    const started = performance.now();
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 1.5, LONGEST_RETRY_MS)) {
      const lock = lockExclusively(this.path);
      if (lock) return lock;
      if (performance.now() - started > this.patienceMs) throw stuck(this.patienceMs);
      await sleep(wait * (0.5 + Math.random() / 2));
    }
  }
}

/** Locks a file of ours until the connection is closed; null while somebody else has a lock on it. */
export function lockExclusively(path: string): Database.Database | null {
  const connection = connectTo(path);
  try {
    connection.pragma('journal_mode = memory'); // nothing is ever written: that also works on a full disk
    connection.exec('BEGIN EXCLUSIVE');
    return connection;
  } catch (error) {
    connection.close();
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
}

/** Connects to a file that is there for its locks alone, and waits for none. */
export function connectTo(path: string): Database.Database {
  makeEmptyFile(path);
  return openSqlite(path, { timeout: 0 });
}

/**
 * Never opens one that is there.
 * @throws BackupError when something else is there, or it cannot be made
 */
export function makeEmptyFile(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return;
  if (found) throw unusable(path);
  try {
    makeFolder(dirname(path));
    closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, FILE_MODE));
  } catch (error) {
    const somebodyWasQuicker = lstatSync(path, { throwIfNoEntry: false })?.isFile();
    if (!somebodyWasQuicker) throw folderError(error);
  }
}

/** The backup folder itself is not made: where it is gone, a disk may be about to come back in its place. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, FOLDER_MODE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

const unusable = (path: string): BackupError =>
  new BackupError(
    'FOLDER_NOT_WRITABLE',
    `${LEASE_FOLDER}/${path.slice(path.lastIndexOf('/') + 1)} in the backup folder is not a regular file. Remove it.`,
  );

const stuck = (patienceMs: number): BackupError =>
  new BackupError(
    'BUSY',
    `Another process has been writing to the backup folder for ${patienceMs / 1000} s without a pause. If it hangs or was stopped, end it; then try again.`,
  );
