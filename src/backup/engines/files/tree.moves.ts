import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { pathBytes, type BytePath } from './byte-path.js';
import type { Metadata } from './file.entry.js';

/** What a folder needs for us to work in it. */
const OURS = 0o700;

export const isRoot = (): boolean => process.geteuid?.() === 0;

/** Moves something to a place where nothing is, on the same file system. */
export function move(from: BytePath, to: BytePath): void {
  try {
    renameSync(pathBytes(from), pathBytes(to));
  } catch (error) {
    const stats = lookAt(from);
    if ((error as NodeJS.ErrnoException).code !== 'EACCES' || !stats?.isDirectory()) throw error;
    // A folder that gets another parent is written to, which its own mode may forbid.
    chmodSync(pathBytes(from), (stats.mode & 0o7777) | OURS);
    renameSync(pathBytes(from), pathBytes(to));
    chmodSync(pathBytes(to), stats.mode & 0o7777);
  }
}

/** Null where nothing is. */
export function lookAt(path: BytePath): Stats | null {
  return lstatSync(pathBytes(path), { throwIfNoEntry: false }) ?? null;
}

export const exists = (path: BytePath): boolean => lookAt(path) !== null;

/** Removes a tree; folders that forbid it are made to allow it. */
export function removeTree(path: BytePath): void {
  try {
    rmSync(pathBytes(path), { recursive: true, force: true });
  } catch {
    allowRemoval(path);
    rmSync(pathBytes(path), { recursive: true, force: true });
  }
}

function allowRemoval(path: BytePath): void {
  if (!lookAt(path)?.isDirectory()) return;
  chmodSync(pathBytes(path), OURS);
  for (const name of readdirSync(pathBytes(path), { encoding: 'latin1' })) allowRemoval(`${path}/${name}`);
}

/** Owner and mode of a file or folder, and its time, which comes last. Owners are set by root only: others may not. */
export function applyMetadata(path: BytePath, metadata: Metadata, mode: number = metadata.mode): void {
  const file = openSync(pathBytes(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    applyToOpen(file, metadata, mode);
  } finally {
    closeSync(file);
  }
}

export function applyToOpen(file: number, { uid, gid, mtimeNs }: Metadata, mode: number): void {
  if (isRoot()) fchownSync(file, uid, gid);
  fchmodSync(file, mode); // after the owner, whose change takes the set-id bits away
  futimesSync(file, Date.now() / 1000, seconds(mtimeNs));
}

export function applyToLink(path: BytePath, { uid, gid, mtimeNs }: Metadata): void {
  if (isRoot()) lchownSync(pathBytes(path), uid, gid);
  lutimesSync(pathBytes(path), Date.now() / 1000, seconds(mtimeNs));
}

/**
 * As Node takes it, which is exact to the microsecond: it cuts off the rest, and half a microsecond more keeps the cut from falling one short. Times before 1970
 * it cannot set with a fraction.
 */
function seconds(ns: bigint): number {
  if (ns < 0n) return Number(-((-ns + 999_999_999n) / 1_000_000_000n));
  return Number(ns / 1_000_000_000n) + (Number((ns % 1_000_000_000n) / 1000n) + 0.5) / 1e6;
}
