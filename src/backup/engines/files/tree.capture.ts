import { readlinkSync, type BigIntStats } from 'node:fs';
import type { FilesSummary } from '../../model/manifest.js';
import type { SnapshotWarning } from '../../model/snapshot-warning.js';
import { BackupError } from '../../model/errors.js';
import { FullNeeded } from '../shared/full-needed.js';
import { isBelow, pathBytes, readable, type BytePath } from './byte-path.js';
import type { ContentSpool } from './content.spool.js';
import { entryLine, type EntryOf, type FileEntry, type StoredEntry } from './file.entry.js';
import { FileMember, isSmall, metadataOf, nowhere } from './file.member.js';
import { readWhole, type ReadFile } from './file.reading.js';
import { isSame, stampOf, type FilesIndex, type IndexedEntry } from './files.index.js';
import type { LineFile } from './list.file.js';
import { faultOfError, isUnread, type Found, type WalkRoot } from './tree.walk.js';

/** The manifest names so many of those that were skipped; the list names all. */
const MOST_SKIPPED = 100;
/** The warning names so many of those that could not be read. */
const MOST_NAMED = 3;
const NO_STAMP = '-';

export interface CaptureParts {
  roots: readonly WalkRoot[];
  list: LineFile;
  spool: ContentSpool;
  /** Of a full one: what the next capture compares with. */
  index: LineFile | null;
  /** Of a differential: what it compares with, and how large it may become. */
  base: { index: FilesIndex; limitBytes: number } | null;
}

interface UnreadPaths {
  count: number;
  first: string[];
}

interface Taken {
  isStored: boolean;
}

/** Takes what a walk finds into a list and a spool, one after the other. */
export class TreeCapture {
  private readonly skipped: FilesSummary['skipped'] = [];
  private readonly unread: UnreadPaths = { count: 0, first: [] };
  private count = 0;
  private bytes = 0;
  /** The first names of files that have several, by root, device and inode; and whether this document holds the file. */
  private readonly firstNames = new Map<string, { path: BytePath; isStored: boolean }>();

  constructor(private readonly parts: CaptureParts) {}

  async take(found: Found): Promise<void> {
    const root = this.parts.roots.find(({ path }) => path === found.path);
    if ('fault' in found) {
      if (root) throw cannotCapture(found.path, found.fault);
      return this.skip(found.path, found.fault);
    }
    const { path, stats } = found;
    if (stats.isFile()) return this.file(found, stats);
    if (stats.isDirectory()) return this.store({ path, type: 'directory', ...metadataOf(stats) });
    if (root) throw cannotCapture(path, kindOf(stats));
    if (!stats.isSymbolicLink()) return this.skip(path, kindOf(stats));
    const target = targetOf(found.absolute);
    if (target === null) return this.skip(path, 'it vanished while the snapshot was taken');
    await this.store({ path, type: 'symlink', ...metadataOf(stats), target });
  }

  /** @param sha256 of the list */
  summary(sha256: string): FilesSummary {
    this.parts.base?.index.finish();
    return { count: this.count, size_bytes: this.bytes, sha256, skipped: this.skipped };
  }

  /** What is there and could not be read. */
  warnings(): SnapshotWarning[] {
    return this.unread.count === 0 ? [] : [incomplete(this.unread)];
  }

  private async file({ path, absolute }: WalkRoot, stats: BigIntStats): Promise<void> {
    const name = stats.nlink > 1n ? `${this.rootOf(path)}\0${stats.dev}:${stats.ino}` : null;
    const first = name === null ? undefined : this.firstNames.get(name);
    if (first) return this.store({ path, type: 'hardlink', ...metadataOf(stats), target: first.path }, first.isStored);

    const before = this.parts.base?.index.at(path) ?? null;
    const unread = before && unchanged(before, stats);
    const taken = unread ? this.listUnread(unread, before.stamp) : await this.read({ path, absolute }, stats, before);
    if (typeof taken === 'string') return this.skip(path, taken);
    if (name !== null) this.firstNames.set(name, { path, ...taken });
  }

  /** @returns whether the document holds it; or why it was left out */
  private async read(
    { path, absolute }: WalkRoot,
    stats: BigIntStats,
    before: IndexedEntry | null,
  ): Promise<Taken | string> {
    // Something large that was only touched need not pass through the compression to be recognised.
    if (before?.entry.type === 'file' && !isSmall(stats)) {
      const read = await readWhole(absolute, nowhere);
      if (typeof read !== 'string' && isAsBefore(before, entryOf(path, read))) return this.listRead(path, read, false);
    }
    const member = new FileMember(path, this.parts.spool);
    const read = await readWhole(absolute, member);
    if (typeof read === 'string') return read;
    const isStored = !isAsBefore(before, entryOf(path, read));
    if (isStored) await member.accept();
    else await member.giveUp();
    return this.listRead(path, read, isStored);
  }

  private listUnread(entry: EntryOf<'file'>, stamp: string): Taken {
    this.list(entry, stamp);
    return { isStored: false };
  }

  private listRead(path: BytePath, read: ReadFile, isStored: boolean): Taken {
    if (read.isUnstable) this.note(path, 'it changed while it was read; captured as it was read');
    this.list(entryOf(path, read), read.isUnstable ? NO_STAMP : stampOf(read.stats, read.readAt));
    return { isStored };
  }

  /**
   * Everything that has no content.
   * @param always also when it is the same in the base: a link to a file that is not
   */
  private async store(entry: Exclude<StoredEntry, { type: 'file' }>, always = false): Promise<void> {
    const before = this.parts.base?.index.at(entry.path) ?? null;
    if (always || !isAsBefore(before, entry)) await this.parts.spool.header(entry);
    this.list(entry, NO_STAMP);
  }

  private skip(path: BytePath, reason: string): void {
    this.list({ path, type: 'skipped', reason }, NO_STAMP);
    if (isUnread(reason)) {
      this.unread.count++;
      if (this.unread.first.length < MOST_NAMED) this.unread.first.push(`/${readable(path)}`);
    }
    this.note(path, reason);
  }

  private note(path: BytePath, reason: string): void {
    if (this.skipped.length < MOST_SKIPPED) this.skipped.push({ path: `/${readable(path)}`, reason });
  }

  private list(entry: FileEntry, stamp: string): void {
    const line = entryLine(entry);
    this.parts.list.write(line);
    this.parts.index?.write(`${stamp} ${line}`);
    if (entry.type === 'file') {
      this.count++;
      this.bytes += entry.size;
    }
    const { base, spool } = this.parts;
    if (base && spool.sizeBytes > base.limitBytes) throw new FullNeeded('too_much_changed');
  }

  private rootOf(path: BytePath): BytePath {
    return this.parts.roots.find((root) => root.path === path || isBelow(path, root.path))!.path;
  }
}

function incomplete({ count, first }: UnreadPaths): SnapshotWarning {
  const what = count === 1 ? 'A file or folder' : `${count} files or folders`;
  const more = count > first.length ? ` and ${count - first.length} more` : '';
  return {
    code: 'incomplete',
    message:
      `${what} could not be read and ${count === 1 ? 'is' : 'are'} not in it, nor what a folder holds: ${first.map((path) => JSON.stringify(path)).join(', ')}${more}. ` +
      'Let the user who runs this program read them, or exclude them in the plan.',
  };
}

const isAsBefore = (before: IndexedEntry | null, entry: FileEntry): boolean =>
  before !== null && before.line === entryLine(entry);

/** The entry of a file that cannot have changed since, so that it need not be read. */
function unchanged({ entry, line, stamp }: IndexedEntry, stats: BigIntStats): EntryOf<'file'> | null {
  if (entry.type !== 'file' || !isSame(stamp, stats)) return null;
  const now: EntryOf<'file'> = { ...entry, ...metadataOf(stats), size: Number(stats.size) };
  return entryLine(now) === line ? now : null;
}

function entryOf(path: BytePath, { stats, sha256, isUnstable }: ReadFile): EntryOf<'file'> {
  const content = { size: Number(stats.size), sha256, ...(isUnstable && { unstable: true as const }) };
  return { path, type: 'file', ...metadataOf(stats), ...content };
}

function targetOf(absolute: BytePath): BytePath | null {
  try {
    return readlinkSync(pathBytes(absolute), { encoding: 'latin1' });
  } catch (error) {
    faultOfError(error);
    return null;
  }
}

function kindOf(stats: BigIntStats): string {
  if (stats.isSocket()) return 'it is a socket';
  if (stats.isFIFO()) return 'it is a named pipe';
  return 'it is a device';
}

const cannotCapture = (path: BytePath, why: string): BackupError =>
  new BackupError(
    'CONFIG_INVALID',
    `The path ${JSON.stringify(`/${readable(path)}`)} of the plan cannot be captured: ${why}. Correct the plan, or its permissions.`,
  );
