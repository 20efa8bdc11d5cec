import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { pathBytes, type BytePath } from './byte-path.js';
import { faultOfError } from './tree.walk.js';

/** A busy file gets so many chances to hold still. */
const ATTEMPTS = 3;
const PAUSE_MS = 20;
const PIECE_BYTES = 1024 * 1024;

/** A regular file as it was read. */
export interface ReadFile {
  /** As they were before, and unless it is unstable also after the reading. */
  stats: BigIntStats;
  sha256: string;
  /** It changed meanwhile; what was read is as long as `stats` say. */
  isUnstable: boolean;
  /** When the reading began, in milliseconds. */
  readAt: number;
}

/** Takes what is read of one file. */
export interface FileSink {
  /** Called before each attempt; what an earlier one wrote is void. */
  begin(stats: BigIntStats): Promise<void> | void;
  piece(bytes: Buffer): Promise<void> | void;
  /** The attempts so far came to nothing. */
  giveUp(): Promise<void> | void;
}

/**
 * Reads a file as a whole: what stands in it is the same before and after, or it is read again, or said to be unstable.
 * @returns why it could not be read, in place of the file
 */
export async function readWhole(path: BytePath, sink: FileSink): Promise<ReadFile | string> {
  for (let attempt = 1; ; attempt++) {
    const read = await readOnce(path, sink);
    if (typeof read === 'string') {
      await sink.giveUp();
      return read;
    }
    if (!read.isShort && !read.isUnstable) return read;
    if (attempt < ATTEMPTS) {
      await wait(PAUSE_MS);
      continue;
    }
    if (!read.isShort) return read;
    await sink.giveUp();
    return 'it kept changing while it was read';
  }
}

async function readOnce(path: BytePath, sink: FileSink): Promise<(ReadFile & { isShort: boolean }) | string> {
  const readAt = Date.now();
  const file = openFile(path);
  if (typeof file === 'string') return file;
  try {
    const stats = fstatSync(file, { bigint: true });
    if (!stats.isFile()) return 'it was replaced while the snapshot was taken';
    await sink.begin(stats);
    const hash = createHash('sha256');
    let left = Number(stats.size);
    while (left > 0) {
      const piece = readPiece(file, left);
      if (typeof piece === 'string') return piece;
      if (piece.length === 0) break;
      left -= piece.length;
      hash.update(piece);
      await sink.piece(piece);
    }
    const isUnstable = !isUnchanged(stats, fstatSync(file, { bigint: true }));
    return { stats, sha256: hash.digest('hex'), isUnstable, readAt, isShort: left > 0 };
  } finally {
    closeSync(file);
  }
}

function openFile(path: BytePath): number | string {
  try {
    return openSync(pathBytes(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return faultOfError(error);
  }
}

/** Only errors of this reading are the file's; those of the sink are everybody's. */
function readPiece(file: number, most: number): Buffer | string {
  try {
    const buffer = Buffer.allocUnsafe(Math.min(most, PIECE_BYTES));
    return buffer.subarray(0, readSync(file, buffer));
  } catch (error) {
    return faultOfError(error);
  }
}

const isUnchanged = (before: BigIntStats, after: BigIntStats): boolean =>
  before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
