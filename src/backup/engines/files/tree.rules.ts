import { comparePaths, isBelow, readable, type BytePath } from './byte-path.js';
import type { FileEntry } from './file.entry.js';

/** What was to be captured: the first line of every list. */
export interface TreeHead {
  /** Without the slash in front, in the order of {@link comparePaths}, none inside another. */
  roots: BytePath[];
  include: string[];
  exclude: string[];
}

/** What lies under one of the roots. */
export interface RootSummary {
  type: 'file' | 'directory';
  /** Everything that takes up room: files, folders, links. */
  entries: number;
  /** Regular files. */
  files: number;
  /** Their contents together. */
  bytes: number;
}

const LONGEST_NAME = 255;

/**
 * Checks a list entry by entry: whoever builds the tree in this order, without following links, stays inside of it. Each entry lies in a folder that stands
 * before it, no path comes twice, none leaves its root.
 */
export class TreeRules {
  readonly summaries = new Map<BytePath, RootSummary>();
  private readonly parents: BytePath[] = [];
  private root: BytePath = '';
  private last: BytePath | null = null;

  constructor(private readonly head: TreeHead) {}

  /** Why the next entry cannot be, or undefined if it can. */
  faultOf(entry: FileEntry): string | undefined {
    const { path } = entry;
    if (!isPlainPath(path)) return `its list names a path that leaves the tree (${shown(path)})`;
    if (this.last !== null && comparePaths(this.last, path) >= 0) return `its list is out of order at ${shown(path)}`;
    this.last = path;
    while (this.parents.length > 0 && !isBelow(path, this.parents.at(-1)!)) this.parents.pop();
    const parent = this.parents.at(-1);
    if (parent === undefined) {
      if (!this.head.roots.includes(path)) return `its list names ${shown(path)}, which lies in no captured folder`;
      if (entry.type !== 'file' && entry.type !== 'directory') return `its list begins ${shown(path)} with neither`;
      this.root = path;
      this.summaries.set(path, { type: entry.type, entries: 0, files: 0, bytes: 0 });
    } else if (path.lastIndexOf('/') !== parent.length) {
      return `its list names ${shown(path)} without the folder that it lies in`;
    }
    if (entry.type === 'directory') this.parents.push(path);
    if (entry.type === 'hardlink' && !this.canLink(entry.target, path))
      return `its list links ${shown(path)} to what does not stand before it`;
    this.count(entry);
    return undefined;
  }

  /** Why the list cannot be a whole one. */
  faultAtEnd(): string | undefined {
    const missing = this.head.roots.find((root) => !this.summaries.has(root));
    return missing === undefined ? undefined : `its list lacks ${shown(missing)}`;
  }

  private canLink(target: BytePath, path: BytePath): boolean {
    return isPlainPath(target) && isBelow(target, this.root) && comparePaths(target, path) < 0;
  }

  private count(entry: FileEntry): void {
    const summary = this.summaries.get(this.root)!;
    if (entry.type !== 'skipped') summary.entries++;
    if (entry.type !== 'file') return;
    summary.files++;
    summary.bytes += entry.size;
  }
}

/** Whether roots can stand in one tree. */
export const areRoots = (roots: readonly BytePath[]): boolean =>
  roots.length > 0 &&
  roots.every((root) => isPlainPath(root)) &&
  roots.every((root, at) => at === 0 || (comparePaths(roots[at - 1]!, root) < 0 && !isBelow(root, roots[at - 1]!)));

function isPlainPath(path: BytePath): boolean {
  return path
    .split('/')
    .every(
      (name) => name !== '' && name !== '.' && name !== '..' && name.length <= LONGEST_NAME && !name.includes('\0'),
    );
}

const shown = (path: BytePath): string => JSON.stringify(readable(path).slice(0, 120));
