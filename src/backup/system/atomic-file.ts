import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BackupError } from '../model/errors.js';
import { isUnsupported, noteShortcoming } from './shortcomings.js';
import { isProcessAlive, parseTemporaryName, temporaryPath } from './temporary-file.js';

export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

/** Makes what was renamed, created or removed in a folder survive a power failure, where its file system can. */
export async function fsyncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    noteShortcoming({
      code: 'fsync_folder',
      message: `The file system of the backup folder cannot fsync a folder (${codeOf(error)}): after a power failure the newest snapshot may be missing.`,
    });
  }
}

/** Gives a file or folder its mode, where its file system has modes and it is ours. */
export async function setMode(target: { chmod(mode: number): Promise<void> }, mode: number): Promise<void> {
  try {
    await target.chmod(mode);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    noteShortcoming({
      code: 'chmod',
      message: `Cannot make the files of the backup folder private (chmod: ${codeOf(error)}). Mount the folder so that only this user can read it, or make this user its owner.`,
    });
  }
}

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code);

/** With those above it. Node's own `recursive` never ends where ENOENT is said in a folder that is there: in /proc, or where an automounter has nothing to mount. */
export async function ensureFolder(path: string): Promise<void> {
  const parent = dirname(path);
  const missing = await makeFolder(path);
  if (missing === undefined) return;
  if (parent === path) throw missing;
  if (!(await isFolder(parent))) await ensureFolder(parent); // else somebody has just made it
  const stillMissing = await makeFolder(path);
  if (stillMissing) throw stillMissing;
}

/** @returns the error where a folder above it may be missing */
async function makeFolder(path: string): Promise<Error | undefined> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return error as Error;
    if (!(await isFolder(path))) throw error;
  }
  return undefined;
}

const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/**
 * Replaces a small file as a whole or not at all: written aside, fsynced, re-read and compared, renamed, its folder fsynced.
 * A reader sees the old content or the new one and nothing between.
 */
export async function writeFileAtomically(path: string, content: string): Promise<void> {
  const aside = await writeAside(path, content);
  try {
    await publish(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/**
 * Removes the temporary files that {@link writeFileAtomically} left of this file in processes that were killed. For a file in a folder of others: the
 * backup folder is swept as a whole. What cannot be removed stays; it harms nobody.
 */
export async function removeAbandoned(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names) {
    const temporary = parseTemporaryName(name);
    if (temporary?.finalName !== basename(path) || isProcessAlive(temporary.pid)) continue;
    await unlink(join(dirname(path), name)).catch(() => undefined);
  }
}

/** First half of {@link writeFileAtomically}: the complete content, safely on disk, under a temporary name which is returned. */
export async function writeAside(path: string, content: string): Promise<string> {
  const aside = temporaryPath(path);
  try {
    await writeAndReadBack(aside, content);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  return aside;
}

/** Second half: gives a file that is safely on disk its final name, durably. */
export async function publish(aside: string, path: string): Promise<void> {
  await rename(aside, path);
  await fsyncFolder(dirname(path));
}

async function writeAndReadBack(path: string, content: string): Promise<void> {
  const wanted = Buffer.from(content, 'utf8');
  const file = await open(
    path,
    constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    FILE_MODE,
  );
  try {
    await file.writeFile(wanted);
    await file.sync();
    const stored = Buffer.alloc(wanted.length + 1);
    const { bytesRead } = await file.read(stored, 0, stored.length, 0);
    if (!stored.subarray(0, bytesRead).equals(wanted)) {
      throw new BackupError(
        'ENGINE_FAILED',
        'Data written to the backup folder is different when it is read back. Check the disk before you rely on it.',
      );
    }
  } finally {
    await file.close();
  }
}
