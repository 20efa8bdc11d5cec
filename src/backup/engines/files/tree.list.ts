import { parsePathText, pathText, readable } from './byte-path.js';
import { corrupt } from './corrupt.js';
import { parseEntryLine, type FileEntry } from './file.entry.js';
import { areRoots, TreeRules, type TreeHead } from './tree.rules.js';

const FORMAT = 'nestjs-backup/files';
const LF = 0x0a;
/** A path has 4,096 bytes, which may be written as six characters each. */
const LONGEST_LINE_BYTES = 64 * 1024;

/** The first line of a list. */
export const headLine = ({ roots, include, exclude }: TreeHead): string =>
  JSON.stringify({ format: FORMAT, version: 1, paths: roots.map((root) => pathText(`/${root}`)), include, exclude });

/** A root as people know it: an absolute path. */
export const rootPath = (root: string): string => `/${readable(root)}`;

/**
 * Reads a list line by line, and checks it as it goes.
 * @throws BackupError `SNAPSHOT_CORRUPT`
 */
export class TreeListReader {
  head: TreeHead | null = null;
  private rules: TreeRules | null = null;

  constructor(private readonly id: string) {}

  /** The entry that a line holds; undefined for the first line. */
  next(line: string): FileEntry | undefined {
    if (!this.rules) {
      this.head = parseHead(line);
      if (!this.head) throw corrupt(this.id, 'its list does not begin as one');
      this.rules = new TreeRules(this.head);
      return undefined;
    }
    const entry = parseEntryLine(line);
    if (!entry) throw corrupt(this.id, 'its list has a line that cannot be read');
    const fault = this.rules.faultOf(entry);
    if (fault !== undefined) throw corrupt(this.id, fault);
    return entry;
  }

  /** What the whole list says. */
  finish(): { head: TreeHead; summaries: TreeRules['summaries'] } {
    const fault = this.rules ? this.rules.faultAtEnd() : 'it has no list';
    if (fault !== undefined) throw corrupt(this.id, fault);
    return { head: this.head!, summaries: this.rules!.summaries };
  }
}

function parseHead(line: string): TreeHead | null {
  const value = asRecord(line);
  if (value?.['format'] !== FORMAT || value['version'] !== 1) return null;
  const { paths, include, exclude } = value;
  if (!Array.isArray(paths) || !isStrings(include) || !isStrings(exclude)) return null;
  const roots = paths.map((path) => parsePathText(path)).filter((path) => path?.startsWith('/') === true);
  const head = { roots: roots.map((path) => path!.slice(1)), include, exclude };
  return roots.length === paths.length && areRoots(head.roots) ? head : null;
}

function asRecord(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** Cuts pieces of bytes into lines; every line ends with LF. */
export class LineSplitter {
  private pending: Buffer = Buffer.alloc(0);

  constructor(private readonly id: string) {}

  *lines(piece: Buffer): Generator<string> {
    const bytes = this.pending.length === 0 ? piece : Buffer.concat([this.pending, piece]);
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      yield bytes.toString('utf8', start, end);
      start = end + 1;
    }
    this.pending = bytes.subarray(start);
    if (this.pending.length > LONGEST_LINE_BYTES) throw corrupt(this.id, 'its list has a line without an end');
  }

  finish(): void {
    if (this.pending.length > 0) throw corrupt(this.id, 'its list ends within a line');
  }
}
