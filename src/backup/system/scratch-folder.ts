import { accessSync, constants, lstatSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDER_MODE } from './atomic-file.js';
import { isProcessAlive } from './temporary-file.js';

/** In the backup folder, for where a machine has no temporary files; holds nothing that is worth keeping. */
export const SCRATCH_FOLDER = '.scratch';

/** Where SQLite looks, too. */
const SYSTEM = [process.env['TMPDIR'], '/var/tmp', '/usr/tmp', '/tmp'];
/** With less room another place is taken where there is one. */
const ROOM_BYTES = 64_000_000;
const NAME = /^nestjs-backup-(\d+)-/;

/**
 * Where temporary files go: what the system has for them, or, where that cannot be written or is almost full, a folder of ours in the backup folder.
 * @param backupFolder null where nothing may be written to it
 * @returns null where there is none at all
 */
export function scratchFolder(
  backupFolder: string | null,
  system: readonly (string | undefined)[] = SYSTEM,
): string | null {
  let small: string | null = null;
  for (const place of system) {
    if (place === undefined || !isWritable(place)) continue;
    if (hasRoom(place)) return place;
    small ??= place;
  }
  const own = backupFolder === null ? null : ownFolder(backupFolder);
  return own !== null && (small === null || hasRoom(own)) ? own : small;
}

/** For `mkdtemp`: what {@link sweepScratch} can tell as left by a process that has ended. */
export const scratchName = (): string => `nestjs-backup-${process.pid}-`;

/** Removes what processes left in a backup folder that have ended. */
export function sweepScratch(backupFolder: string): string[] {
  const folder = join(backupFolder, SCRATCH_FOLDER);
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  const left = readdirSync(folder).filter((name) => {
    const pid = NAME.exec(name)?.[1];
    return pid !== undefined && !isProcessAlive(Number(pid));
  });
  for (const name of left) rmSync(join(folder, name), { recursive: true, force: true });
  return left.map((name) => join(SCRATCH_FOLDER, name));
}

function ownFolder(backupFolder: string): string | null {
  const own = join(backupFolder, SCRATCH_FOLDER);
  try {
    mkdirSync(own, FOLDER_MODE);
  } catch {
    // it is there, or cannot be made
  }
  return lstatSync(own, { throwIfNoEntry: false })?.isDirectory() && isWritable(own) ? own : null;
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasRoom(place: string): boolean {
  try {
    const { bavail, blocks, bsize } = statfsSync(place);
    return blocks === 0 || bavail * bsize >= ROOM_BYTES;
  } catch {
    return true; // a file system that does not tell
  }
}
