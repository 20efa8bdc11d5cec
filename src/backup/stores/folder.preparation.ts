import { randomUUID } from 'node:crypto';
import { chmod, lstat, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureFolder, FILE_MODE, FOLDER_MODE, setMode } from '../system/atomic-file.js';
import { temporaryPath } from '../system/temporary-file.js';
import { isOurs } from './folder.layout.js';

/** Makes sure that a folder is there, is ours alone and can be written. */
export async function prepareFolder(folder: string): Promise<void> {
  await ensureFolder(folder);
  await assertUsable(folder);
  await closeToOthers(folder);
}

/** That it is there, and can be listed and written. A full disk is no reason why not. */
export async function assertUsable(folder: string): Promise<void> {
  await assertRealFolder(folder);
  await readdir(folder);
  await proveWritable(folder);
}

/** Refuses a symbolic link in a folder's place. */
export async function assertRealFolder(folder: string): Promise<void> {
  if ((await lstat(folder)).isDirectory()) return;
  throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
}

/** Rights on paper say little (mounts, quotas, root): an empty file is really made and removed. One of its own, since several may look at once. */
async function proveWritable(folder: string): Promise<void> {
  const probe = temporaryPath(join(folder, `probe-${randomUUID()}`));
  let file: FileHandle | undefined;
  try {
    file = await open(probe, 'wx', FILE_MODE);
  } catch (error) {
    // A full disk is no reason not to start: snapshots can still be read and restored, and old ones expire.
    if (!['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await file?.close();
    await rm(probe, { force: true });
  }
}

/**
 * A folder that was there before (a fresh checkout brings `backups/` along) gets the mode a new one would have. One that also holds other
 * people's files keeps its mode: closing `/srv` to everybody else would be worse than showing the names of the backups.
 */
async function closeToOthers(folder: string): Promise<void> {
  if (!(await readdir(folder)).every(isOurs)) return;
  await setMode({ chmod: (mode) => chmod(folder, mode) }, FOLDER_MODE);
}
