import { constants } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import { BackupError } from '../model/errors.js';
import { timestamp } from '../model/snapshot-id.js';
import { ensureFolder, FILE_MODE, setMode } from '../system/atomic-file.js';
import { openSqlite } from '../system/sqlite-driver.js';

/** @throws BackupError `CONFIG_INVALID` */
export function pathOf(url: string): string {
  const path = /^sqlite:(.+)$/.exec(url)?.[1];
  if (path === undefined) {
    throw new BackupError(
      'CONFIG_INVALID',
      '"catalogUrl" (BACKUP_CATALOG_URL) must be "sqlite:<path of a file>"; no other database is supported.',
    );
  }
  return resolve(path);
}

/** Before SQLite makes it with the umask's rights; its journal files copy the mode. */
export async function createPrivateFile(path: string): Promise<void> {
  await ensureFolder(dirname(path));
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, FILE_MODE);
  try {
    await setMode(file, FILE_MODE);
  } finally {
    await file.close();
  }
}

/** Renamed rather than deleted: the job history in it may still be of use to somebody. */
export async function setBrokenFileAside(path: string, now: Date): Promise<string> {
  const aside = `${path}.broken-${timestamp(now)}`;
  for (const part of ['-wal', '-shm', '']) {
    await rename(path + part, aside + part).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  return aside;
}

/**
 * What a catalog holds that cannot be opened as usual, as the bytes of a database, so that job history and results of verifications are not lost with it.
 * Nothing is written, and no shared memory needed. Null when it cannot be read.
 */
export async function rescue(path: string): Promise<Buffer | null> {
  try {
    return openAlone(path);
  } catch {
    try {
      // On a mount that is only read. What stands in its log alone cannot be had there.
      const log = await stat(`${path}-wal`).catch(() => null);
      return log !== null && log.size > 0 ? null : withoutLog(await readFile(path));
    } catch {
      return null;
    }
  }
}

/** A database as one copy of it in memory. */
export function contentOf(connection: Database.Database): Buffer {
  return withoutLog(connection.serialize());
}

/** Who has it for himself alone needs no shared memory, which takes room. */
function openAlone(path: string): Buffer {
  const connection = openSqlite(path, { fileMustExist: true, timeout: 0 });
  try {
    connection.pragma('locking_mode = exclusive');
    return contentOf(connection);
  } finally {
    connection.close();
  }
}

const READ_AND_WRITE_VERSION = [18, 19];

/** Says in its header that it has no write-ahead log: one in memory cannot have any. */
function withoutLog(content: Buffer): Buffer {
  for (const at of READ_AND_WRITE_VERSION) if (at < content.length) content[at] = 1;
  return content;
}
