import { constants } from 'node:fs';
import { lstat, open, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { BackupError } from '../model/errors.js';
import { ensureFolder, removeAbandoned, writeFileAtomically } from './atomic-file.js';

/** Far above any settings. */
const LARGEST_BYTES = 16 * 1024 * 1024;
/** Why a file may not be replaced although it may be written: it is mounted by itself, or its folder is not ours. */
const NOT_REPLACEABLE = ['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS'];

/** A small text file that people and other programs change, too, wherever and however it is mounted or linked. */
export class SettingsFile {
  /** @param path absolute; may lead through links, which stay */
  constructor(readonly path: string) {}

  /** @returns undefined where there is none. @throws BackupError `CONFIG_INVALID` */
  async read(): Promise<string | undefined> {
    try {
      const found = await stat(this.path);
      if (found.isDirectory())
        throw this.unreadable('it is a folder. Docker creates one when the file to mount does not exist');
      if (!found.isFile()) throw this.unreadable('it is not a regular file');
      if (found.size > LARGEST_BYTES) throw this.unreadable(`it has ${found.size} bytes`);
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (error instanceof BackupError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw this.unreadable(code === undefined ? message : inWords(code));
    }
  }

  /** Changes with every change of the file; null when it cannot be found. */
  async state(): Promise<string | null> {
    try {
      const { ino, size, mtimeNs } = await stat(this.path, { bigint: true });
      return [ino, size, mtimeNs].join(' ');
    } catch {
      return null;
    }
  }

  /**
   * Replaces what stands in it, as a whole or not at all; where only its content may be changed, that is written over at once.
   * @throws BackupError `SETTINGS_NOT_WRITABLE`, `DISK_FULL` naming the file
   */
  async replace(text: string): Promise<void> {
    try {
      const target = await this.target();
      await ensureFolder(dirname(target)).catch(unlessThere);
      await assertFile(target);
      try {
        await writeFileAtomically(target, text);
      } catch (error) {
        if (!NOT_REPLACEABLE.includes(String(codeOf(error))) || !(await isThere(target))) throw error;
        await writeOver(target, text);
      }
    } catch (error) {
      throw this.unwritable(error);
    }
  }

  /** Removes what a change that was cut short left beside it. */
  async sweep(): Promise<void> {
    await removeAbandoned(await this.target().catch(() => this.path));
  }

  /** What a link leads to, also where that is not there yet. */
  private async target(): Promise<string> {
    try {
      return await realpath(this.path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      const isLink = (await lstat(this.path).catch(() => null))?.isSymbolicLink() === true;
      return isLink ? resolve(dirname(this.path), await readlink(this.path)) : this.path;
    }
  }

  private unreadable(why: string): BackupError {
    return new BackupError('CONFIG_INVALID', `The settings file ${this.path} cannot be read: ${why}.`);
  }

  private unwritable(error: unknown): BackupError {
    if (error instanceof BackupError) return error;
    const code = String(codeOf(error));
    const what = `Cannot write the settings file ${this.path}: ${inWords(code)}.`;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      return new BackupError('DISK_FULL', `${what} Free some space on its disk.`, {}, { cause: error });
    return new BackupError(
      'SETTINGS_NOT_WRITABLE',
      `${what} Mount it writable or set BACKUP_CONFIG_FILE.`,
      {},
      { cause: error },
    );
  }
}

/**
 * In one call, and without making it shorter before: whoever reads it meanwhile, or a crash in between, finds the old text or the new one, filled up with spaces. What
 * fails half-way is taken back.
 */
async function writeOver(path: string, text: string): Promise<void> {
  const before = await readFile(path);
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const wanted = Buffer.from(text);
    const filled = Buffer.alloc(Math.max(wanted.length, before.length), ' ');
    wanted.copy(filled);
    try {
      await file.write(filled, 0, filled.length, 0);
      await file.truncate(wanted.length);
      await file.sync();
      if (!(await readFile(path)).equals(wanted))
        throw new Error(`${basename(path)} is different when it is read back`);
    } catch (error) {
      await file.write(before, 0, before.length, 0).catch(() => undefined);
      await file.truncate(before.length).catch(() => undefined);
      throw error;
    }
  } finally {
    await file.close();
  }
}

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isFile() === true;

/** A pipe or a device could be replaced, and is there for a reason. */
async function assertFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found !== null && !found.isFile())
    throw Object.assign(new Error('not a regular file'), { code: found.isDirectory() ? 'EISDIR' : 'ENXIO' });
}

/** On a mount that is only read `mkdir` is refused before it is seen that the folder is there. */
function unlessThere(error: NodeJS.ErrnoException): void {
  if (!['EROFS', 'EEXIST', 'EACCES', 'EPERM'].includes(String(error.code))) throw error;
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

const WORDS: Readonly<Record<string, string>> = {
  EROFS: 'read-only file system',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EBUSY: 'it is a mount point and cannot be replaced',
  EISDIR: 'it is a folder',
  ENXIO: 'it is not a regular file',
  ENOTDIR: 'a part of its path is not a folder',
  ELOOP: 'its symbolic links form a loop',
  ENOENT: 'its folder is missing',
  ENOSPC: 'no space left on its disk',
  EDQUOT: 'the disk quota is used up',
  EIO: 'its disk reports an input/output error',
};

const inWords = (code: string): string => WORDS[code] ?? code;
