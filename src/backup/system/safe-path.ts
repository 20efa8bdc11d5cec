import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError } from '../model/errors.js';

/** A name that stays in its folder on every system: no separators, no NUL, no `.` or `..`. */
export function isPlainFileName(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused
  return name !== '' && name !== '.' && name !== '..' && name.length <= 255 && !/[/\\\x00-\x1f]/.test(name);
}

/** @throws BackupError `SNAPSHOT_NOT_FOUND` */
export function assertPlainFileName(name: string): void {
  if (!isPlainFileName(name)) throw new BackupError('SNAPSHOT_NOT_FOUND', 'This is not the name of a backup file.');
}

/** Joins a folder and a name from outside, and refuses a name that would leave the folder. */
export function pathInside(folder: string, name: string): string {
  assertPlainFileName(name);
  return join(folder, name);
}

/** Opens a regular file for reading; a symbolic link planted in its place is refused, not followed. */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const info = await file.stat();
    if (!info.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'ELOOP' });
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** True for a regular file that is really there, false for a missing one, a folder or a symbolic link. */
export async function isRegularFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch {
    return false;
  }
}
