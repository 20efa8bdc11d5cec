import { lstatSync, mkdirSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { BackupError } from '../../model/errors.js';
import { bytePath, isBelow, pathBytes, readable, type BytePath } from './byte-path.js';
import { oneName } from './folded-names.js';
import { rootPath } from './tree.list.js';
import { lookAt } from './tree.moves.js';
import type { RootSummary, TreeRules } from './tree.rules.js';

/** Where a captured path is restored to. */
export interface RestoreTarget {
  /** As the list names it. */
  root: BytePath;
  summary: RootSummary;
  /** The folder whose content is replaced: the target itself, or that in which a single file lies. */
  base: BytePath;
  /** Of a single file its name in the base, else empty. */
  name: BytePath;
}

/** What a file or folder takes up beside its content. */
const ENTRY_BYTES = 4096;

/**
 * Finds out what the targets are, and refuses those that cannot be.
 * @throws BackupError `VALIDATION_FAILED`
 */
export function resolveTargets(
  targets: Record<string, string>,
  summaries: TreeRules['summaries'],
  backupFolder: string,
): RestoreTarget[] {
  const roots = new Map([...summaries].map(([root, summary]) => [rootPath(root), { root, summary }]));
  const resolved = Object.entries(targets).map(([captured, target]) => {
    const known = roots.get(resolve(captured));
    if (!known)
      throw invalid(
        `The snapshot holds no path ${JSON.stringify(captured)}. It holds: ${[...roots.keys()].join(', ')}.`,
      );
    return resolveTarget(known, target);
  });
  if (resolved.length === 0) throw invalid('No path to restore is named.');
  const places = [...resolved.map(placeOf)].sort();
  for (const place of places)
    if (places.some((other) => isBelow(place, other)) || places.indexOf(place) !== places.lastIndexOf(place))
      throw invalid(
        `The target ${shown(place)} lies inside another one. Restore them one after the other, to other folders.`,
      );
  const backups = realPath(bytePath(backupFolder));
  for (const place of places)
    if (place === backups || isBelow(place, backups))
      throw invalid(`The target ${shown(place)} lies in the folder of the backups. Restore to another folder.`);
  return resolved;
}

export const placeOf = ({ base, name }: RestoreTarget): BytePath => (name === '' ? base : `${base}/${name}`);

/** Where an entry comes to stand, relative to the base. */
export const relativeTo = ({ root, name }: RestoreTarget, path: BytePath): BytePath =>
  name === '' ? path.slice(root.length + 1) : name;

/** Makes the targets' folders that are not there. @throws BackupError `UNSUPPORTED` where two of them are one and the same to the file system */
export function makeFolders(bases: Iterable<BytePath>): void {
  const known = new Map<string, BytePath>();
  for (const base of bases) {
    mkdirSync(pathBytes(base), { recursive: true, mode: 0o700 });
    const { dev, ino } = lstatSync(pathBytes(base), { bigint: true });
    const other = known.get(`${dev}:${ino}`);
    if (other !== undefined) throw oneName(dirname(base), [other, base], 'both are targets');
    known.set(`${dev}:${ino}`, base);
  }
}

/** @throws BackupError `DISK_FULL` */
export function assertRoom(targets: readonly RestoreTarget[]): void {
  const needed = new Map<bigint, { bytes: number; base: BytePath }>();
  for (const { base, summary } of targets) {
    const existing = nearestFolder(base);
    const { dev } = statSync(pathBytes(existing), { bigint: true });
    const bytes = summary.bytes + summary.entries * ENTRY_BYTES + (needed.get(dev)?.bytes ?? 0);
    needed.set(dev, { bytes, base: existing });
  }
  for (const { bytes, base } of needed.values()) {
    const { bavail, bsize } = statfsSync(pathBytes(base));
    const free = bavail * bsize;
    if (free >= bytes) continue;
    const [has, needs] = [free, bytes].map((count) => Math.ceil(count / 1_000_000));
    throw new BackupError(
      'DISK_FULL',
      `The disk of ${shown(base)} has ${has} MB free, and the files need ${needs} MB beside those that are there. Free some space, or restore to another disk.`,
    );
  }
}

function resolveTarget({ root, summary }: { root: BytePath; summary: RootSummary }, target: string): RestoreTarget {
  if (!isAbsolute(target)) throw invalid(`The target ${JSON.stringify(target)} is not an absolute path.`);
  const place = realPath(bytePath(resolve(target)));
  const stats = lookAt(place);
  if (place === '/') throw invalid('The root of the file system cannot be a target.');
  if (summary.type === 'directory') {
    if (stats && !stats.isDirectory())
      throw invalid(`The target ${shown(place)} is not a folder, and a folder was captured. Name another target.`);
    return { root, summary, base: place, name: '' };
  }
  if (stats && !stats.isFile())
    throw invalid(
      `The target ${shown(place)} is not a file, and a single file was captured. Name the file to be replaced.`,
    );
  return { root, summary, base: dirname(place), name: basename(place) };
}

/** Without symbolic links, as far as it is there already. */
function realPath(path: BytePath): BytePath {
  try {
    return realpathSync.native(pathBytes(path), { encoding: 'latin1' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (lstatSync(pathBytes(path), { throwIfNoEntry: false }))
      throw invalid(`The target ${shown(path)} is a symbolic link to a path that does not exist.`);
    return `${realPath(dirname(path)).replace(/\/$/, '')}/${basename(path)}`;
  }
}

function nearestFolder(path: BytePath): BytePath {
  return lookAt(path)?.isDirectory() ? path : nearestFolder(dirname(path));
}

const shown = (path: BytePath): string => JSON.stringify(readable(path));

const invalid = (message: string): BackupError =>
  new BackupError('VALIDATION_FAILED', `${message} Nothing was changed.`);
