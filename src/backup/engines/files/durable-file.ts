import { spawnSync } from 'node:child_process';
import { closeSync, constants, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { BackupError } from '../../model/errors.js';
import { isUnsupported } from '../../system/shortcomings.js';
import { pathBytes, type BytePath } from './byte-path.js';
import { writeFully } from './list.file.js';

/** A small file, there as a whole or not at all, and on disk when this returns. */
export function writeFileDurably(path: BytePath, content: string): void {
  const aside = `${path}.part`;
  writeAndSync(aside, content);
  renameDurably(aside, path);
}

function writeAndSync(path: BytePath, content: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = openSync(pathBytes(path), flags, 0o600);
  try {
    writeFully(file, Buffer.from(content), 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A rename within one folder, on disk when this returns. */
export function renameDurably(from: BytePath, to: BytePath): void {
  renameSync(pathBytes(from), pathBytes(to));
  const folder = openSync(pathBytes(dirname(to)), 'r');
  try {
    syncFolder(folder);
  } finally {
    closeSync(folder);
  }
}

/** Not every file system can. */
function syncFolder(folder: number): void {
  try {
    fsyncSync(folder);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
}

/** Everything that was written to the file system of a folder is on disk when this returns: one call instead of one for each file. */
export function syncFileSystem(folder: BytePath): void {
  // The folder is told by its place and not by its name, which need not be text.
  const handle = openSync(pathBytes(folder), 'r');
  try {
    const { status, error } = spawnSync('sync', ['-f', '/dev/fd/3'], { stdio: ['ignore', 'ignore', 'ignore', handle] });
    if (status === 0) return;
    if (spawnSync('sync', { stdio: 'ignore' }).status === 0) return; // one that knows no file systems syncs all of them
    throw new BackupError(
      'UNSUPPORTED',
      `The restored files could not be flushed to the disk: the program "sync" does not work (${error?.message ?? status}). Install the package "coreutils" (Debian, Ubuntu).`,
    );
  } finally {
    closeSync(handle);
  }
}
