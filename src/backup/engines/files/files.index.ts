import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { BigIntStats } from 'node:fs';
import type { FilesManifest } from '../../model/manifest.js';
import { indexName } from '../../model/snapshot-id.js';
import { FullNeeded } from '../shared/full-needed.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import { comparePaths, type BytePath } from './byte-path.js';
import { parseEntryLine, type FileEntry } from './file.entry.js';
import { piecesOf } from './list.file.js';
import { headLine, LineSplitter } from './tree.list.js';
import type { TreeHead } from './tree.rules.js';

const FORMAT = 'nestjs-backup/files-index';
const NO_STAMP = '-';

/**
 * A file that changed less than this before it was read may change again without anything showing it: clocks of file systems tick in milliseconds to seconds,
 * and what is written through a memory map shows only once the system has written it out, which takes it 35 seconds at most.
 */
export const SETTLED_AFTER_MS = 60_000;

/** Where the index of a snapshot lies: beside its document. */
export const indexPathOf = (documentPath: string, id: string): string => join(dirname(documentPath), indexName(id));

/** The first line of an index; the list follows, with a stamp in front of each line. */
export const indexHead = (id: string): string => JSON.stringify({ format: FORMAT, version: 1, id });

/**
 * What tells that a file was not written to since: the file system sets the change time itself, and nobody can set it back. Of a file that has only just changed
 * nothing can be told.
 * @param readAt when its reading began, in milliseconds
 */
export function stampOf({ ino, ctimeNs }: BigIntStats, readAt: number): string {
  const isSettled = ctimeNs + BigInt(SETTLED_AFTER_MS) * 1_000_000n <= BigInt(Math.floor(readAt)) * 1_000_000n;
  return isSettled ? `${ino}:${ctimeNs}` : NO_STAMP;
}

export interface IndexedEntry {
  entry: FileEntry;
  line: string;
  stamp: string;
}

/** The list of a full snapshot as it was captured, walked through beside the tree as it is now. */
export class FilesIndex {
  private readonly lines: Generator<string>;
  private readonly hash = createHash('sha256');
  private next: IndexedEntry | null = null;

  /** @throws FullNeeded `no_index`, `selection_changed` */
  constructor(
    private readonly base: StoredSnapshot<FilesManifest>,
    head: TreeHead,
  ) {
    this.lines = linesOf(base);
    const first = this.line();
    if (first !== indexHead(base.manifest.id)) throw new FullNeeded('no_index');
    const wanted = headLine(head);
    if (this.line() !== wanted) throw new FullNeeded('selection_changed');
    this.hash.update(`${wanted}\n`);
    this.advance();
  }

  /** What stood at this path; paths have to be asked for in ascending order. */
  at(path: BytePath): IndexedEntry | null {
    while (this.next && comparePaths(this.next.entry.path, path) < 0) this.advance();
    return this.next?.entry.path === path ? this.next : null;
  }

  /** Proves that what was answered was right. @throws FullNeeded `no_index` */
  finish(): void {
    while (this.next) this.advance();
    if (this.hash.digest('hex') !== this.base.manifest.files.sha256) throw new FullNeeded('no_index');
  }

  close(): void {
    this.lines.return(undefined);
  }

  private advance(): void {
    const text = this.line();
    this.next = text === undefined ? null : this.parse(text);
  }

  private parse(text: string): IndexedEntry {
    const end = text.indexOf(' ');
    const line = text.slice(end + 1);
    const entry = parseEntryLine(line);
    if (end < 0 || !entry) throw new FullNeeded('no_index');
    this.hash.update(`${line}\n`);
    return { entry, line, stamp: text.slice(0, end) };
  }

  private line(): string | undefined {
    const next = this.lines.next();
    return next.done ? undefined : next.value;
  }
}

/** Whether nothing can have been written to a file since the stamp was taken. */
export const isSame = (stamp: string, stats: BigIntStats): boolean =>
  stamp !== NO_STAMP && stamp === `${stats.ino}:${stats.ctimeNs}`;

function* linesOf({ manifest, document }: StoredSnapshot<FilesManifest>): Generator<string> {
  if (document.entry !== null) throw new FullNeeded('no_index'); // in an archive there are none
  const splitter = new LineSplitter(manifest.id);
  try {
    for (const piece of piecesOf(indexPathOf(document.path, manifest.id))) yield* splitter.lines(Buffer.from(piece));
    splitter.finish();
  } catch {
    throw new FullNeeded('no_index');
  }
}
