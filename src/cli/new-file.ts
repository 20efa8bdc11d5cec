import { createWriteStream } from 'node:fs';
import { link, lstat, open, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EXIT } from './exit-codes.js';
import { CommandError } from './failure.js';

/**
 * Writes a file, readable by its owner only, that is there only when it is complete and safely on disk; one that is there already is left alone.
 * @returns its size in bytes
 */
export async function writeNewFile(file: string, data: Readable, signal: AbortSignal): Promise<number> {
  const path = resolve(file);
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  if (await lstat(path).catch(() => undefined)) throw alreadyThere(file);
  try {
    const output = createWriteStream(aside, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(data, output, { signal });
    await link(aside, path); // unlike a rename, never over a file that has come there meanwhile
    await fsyncFolder(dirname(path));
    return output.bytesWritten;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(file) : error;
  } finally {
    data.destroy();
    await rm(aside, { force: true });
  }
}

async function fsyncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const alreadyThere = (file: string): CommandError =>
  new CommandError('FILE_EXISTS', EXIT.refused, `${file} exists already and is not overwritten. Choose another name.`);
