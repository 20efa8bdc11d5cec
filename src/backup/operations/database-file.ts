import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ensureFolder, FILE_MODE, fsyncFolder } from '../system/atomic-file.js';

/** Makes an empty SQLite database, for its owner only. @returns what takes it away again */
export async function makeDatabaseFile(path: string): Promise<() => Promise<void>> {
  await ensureFolder(dirname(path));
  await (await open(path, 'wx', FILE_MODE)).close();
  await fsyncFolder(dirname(path));
  return async () => {
    for (const ending of ['-journal', '-wal', '-shm', '']) await rm(path + ending, { force: true });
  };
}
