import { parsePathText, pathText, type BytePath } from './byte-path.js';

/** What is kept of everything that has a place in a tree. */
export interface Metadata {
  /** Permissions with the set-id and sticky bits. */
  mode: number;
  uid: number;
  gid: number;
  mtimeNs: bigint;
}

export interface FileContent {
  size: number;
  /** SHA-256, hex. */
  sha256: string;
  /** It kept changing while it was read. */
  unstable?: true;
}

interface Placed {
  /** Absolute, without the slash in front: as the tar names it. */
  path: BytePath;
}

/** One line of the list of a tree. */
export type FileEntry = Placed &
  (
    | ({ type: 'file' } & Metadata & FileContent)
    | ({ type: 'directory' } & Metadata)
    | ({ type: 'symlink'; target: BytePath } & Metadata)
    /** Another name of a file that stands before it in the list. */
    | ({ type: 'hardlink'; target: BytePath } & Metadata)
    /** Something that was there and could not be captured; a restore leaves alone what it finds in its place. */
    | { type: 'skipped'; reason: string }
  );

export type EntryOf<Type extends FileEntry['type']> = Extract<FileEntry, { type: Type }>;
export type StoredEntry = Exclude<FileEntry, { type: 'skipped' }>;

/** One JSON object, without a line break. Equal entries have equal lines. */
export function entryLine(entry: FileEntry): string {
  const { type } = entry;
  const path = pathText(entry.path);
  if (type === 'skipped') return JSON.stringify({ path, type, reason: entry.reason });
  const placed = {
    path,
    type,
    mode: entry.mode.toString(8).padStart(4, '0'),
    uid: entry.uid,
    gid: entry.gid,
    mtime: secondsText(entry.mtimeNs),
  };
  if (type === 'directory') return JSON.stringify(placed);
  if (type !== 'file') return JSON.stringify({ ...placed, target: pathText(entry.target) });
  const { size, sha256, unstable } = entry;
  return JSON.stringify({ ...placed, size, sha256, ...(unstable && { unstable }) });
}

/** The reverse of {@link entryLine}; undefined for anything that it does not write. */
export function parseEntryLine(line: string): FileEntry | undefined {
  const value = parsed(line);
  const path = parsePathText(value?.['path']);
  if (!value || path === undefined) return undefined;
  const { type } = value;
  if (type === 'skipped') {
    const { reason } = value;
    return typeof reason === 'string' ? { path, type, reason } : undefined;
  }
  const metadata = parseMetadata(value);
  if (!metadata) return undefined;
  if (type === 'directory') return { path, type, ...metadata };
  if (type === 'file') {
    const content = parseContent(value);
    return content && { path, type, ...metadata, ...content };
  }
  const target = parsePathText(value['target']);
  if ((type !== 'symlink' && type !== 'hardlink') || !target || target.includes('\0')) return undefined;
  return { path, type, ...metadata, target };
}

/** Seconds with nine decimals: `1769774400.123456789`, as in PAX headers and for `touch -d @…`. */
export function secondsText(ns: bigint): string {
  const absolute = ns < 0n ? -ns : ns;
  const fraction = String(absolute % 1_000_000_000n).padStart(9, '0');
  return `${ns < 0n ? '-' : ''}${absolute / 1_000_000_000n}.${fraction}`;
}

function parseSeconds(text: unknown): bigint | undefined {
  if (typeof text !== 'string' || !/^-?\d{1,12}\.\d{9}$/.test(text)) return undefined;
  return BigInt(text.replace('.', ''));
}

function parseMetadata({ mode, uid, gid, mtime }: Record<string, unknown>): Metadata | undefined {
  const mtimeNs = parseSeconds(mtime);
  if (typeof mode !== 'string' || !/^[0-7]{4}$/.test(mode) || mtimeNs === undefined) return undefined;
  if (!isId(uid) || !isId(gid)) return undefined;
  return { mode: Number.parseInt(mode, 8), uid, gid, mtimeNs };
}

function parseContent({ size, sha256, unstable }: Record<string, unknown>): FileContent | undefined {
  if (!Number.isSafeInteger(size) || (size as number) < 0) return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  return { size: size as number, sha256, ...(unstable === true && { unstable }) };
}

const isId = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
