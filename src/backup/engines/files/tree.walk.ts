import { lstatSync, readdirSync, type BigIntStats } from 'node:fs';
import { pathBytes, readable, type BytePath } from './byte-path.js';
import type { Selection } from './selection.js';
import { isStagingName } from './staging.name.js';

/** A captured path: as the list names it, and where it really lies. */
export interface WalkRoot {
  path: BytePath;
  /** Absolute, without symbolic links. */
  absolute: BytePath;
}

/** Something on the way, or why it cannot be looked at. */
export type Found = WalkRoot & ({ stats: BigIntStats } | { fault: string });

interface Place extends WalkRoot {
  /** Relative to the root, for patterns. */
  relative: string;
  /** What the patterns say of the folder it lies in; null for the root. */
  within: { included: boolean } | null;
}

interface Folder extends Place {
  within: { included: boolean };
  /** Names still to be visited, the next one last. */
  names: BytePath[];
}

/**
 * Everything under the roots that is selected, in the order of `comparePaths`; symbolic links are found and not followed.
 * @param faultOf why a folder is left out, such as the one that the backups lie in
 */
export function* walkTree(
  roots: readonly WalkRoot[],
  selection: Selection,
  faultOf: (folder: BigIntStats) => string | undefined,
): Generator<Found> {
  for (const { path, absolute } of roots) {
    const folders: Folder[] = [];
    for (let next: Place | null = { path, absolute, relative: '', within: null }; next; next = nextIn(folders)) {
      const place: Place = next;
      const stats = look(place.absolute);
      const isFolder = typeof stats !== 'string' && stats.isDirectory();
      const selected = place.within ? selection.of(place.relative, place.within, isFolder) : selection.root;
      if (!selected) continue;
      const fault = typeof stats === 'string' ? stats : isFolder ? faultOf(stats) : undefined;
      const names = isFolder && fault === undefined ? namesIn(place.absolute) : [];
      if (typeof stats === 'string' || fault !== undefined || typeof names === 'string')
        yield found(place, { fault: fault ?? String(names) });
      else yield found(place, { stats });
      if (isFolder && typeof names !== 'string' && fault === undefined)
        folders.push({ ...place, within: selected, names });
    }
  }
}

const found = <What extends object>({ path, absolute }: WalkRoot, what: What): WalkRoot & What => ({
  path,
  absolute,
  ...what,
});

function nextIn(folders: Folder[]): Place | null {
  for (let folder = folders.at(-1); folder; folder = folders.at(-1)) {
    const name = folder.names.pop();
    if (name === undefined) folders.pop();
    else if (!isStagingName(name))
      return {
        path: `${folder.path}/${name}`,
        absolute: `${folder.absolute}/${name}`,
        relative: folder.relative === '' ? readable(name) : `${folder.relative}/${readable(name)}`,
        within: folder.within,
      };
  }
  return null;
}

function look(absolute: BytePath): BigIntStats | string {
  try {
    return lstatSync(pathBytes(absolute), { bigint: true });
  } catch (error) {
    return faultOfError(error);
  }
}

/** The names in a folder, the last one first; or why they cannot be read. */
function namesIn(absolute: BytePath): BytePath[] | string {
  try {
    return readdirSync(pathBytes(absolute), { encoding: 'latin1' }).sort().reverse();
  } catch (error) {
    return faultOfError(error);
  }
}

const UNREADABLE = 'it could not be read';

/** Whether something is there that the snapshot lacks: a file that vanished, or a socket, was none that could have been captured. */
export const isUnread = (fault: string): boolean => fault.startsWith(UNREADABLE);

/** Why something cannot be captured; an error that is not the file system's own is none of those reasons. */
export function faultOfError(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'it vanished while the snapshot was taken';
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) && code !== 'ENOSPC') return `${UNREADABLE} (${code})`;
  throw error;
}
