import type { BigIntStats } from 'node:fs';
import type { BytePath } from './byte-path.js';
import type { ContentSpool } from './content.spool.js';
import type { EntryOf, Metadata } from './file.entry.js';
import type { FileSink } from './file.reading.js';

/** What is smaller is read into memory first, and written once it is known to be whole. */
const SMALL_BYTES = 8_000_000;

export const isSmall = ({ size }: BigIntStats): boolean => size <= SMALL_BYTES;

export function metadataOf({ mode, uid, gid, mtimeNs }: BigIntStats): Metadata {
  return { mode: Number(mode & 0o7777n), uid: Number(uid), gid: Number(gid), mtimeNs };
}

/** A file on its way into the spool; nothing of it stays there unless it is accepted. */
export class FileMember implements FileSink {
  private pieces: Buffer[] = [];
  private stats: BigIntStats | null = null;
  private mark: number | null = null;

  constructor(
    private readonly path: BytePath,
    private readonly spool: ContentSpool,
  ) {}

  async begin(stats: BigIntStats): Promise<void> {
    await this.giveUp();
    this.stats = stats;
    if (isSmall(stats)) return;
    this.mark = await this.spool.mark();
    await this.spool.header(this.entry(stats));
  }

  piece(bytes: Buffer): Promise<void> | void {
    if (this.mark === null) this.pieces.push(bytes);
    else return this.spool.bytes(bytes);
  }

  async giveUp(): Promise<void> {
    if (this.mark !== null) await this.spool.cutBack(this.mark);
    this.mark = null;
    this.pieces = [];
  }

  /** Makes what was read last a member. */
  async accept(): Promise<void> {
    const stats = this.stats!;
    if (this.mark === null) {
      await this.spool.header(this.entry(stats));
      for (const piece of this.pieces) await this.spool.bytes(piece);
    }
    await this.spool.endOfContent(Number(stats.size));
  }

  /** The digest stands in the list only. */
  private entry(stats: BigIntStats): EntryOf<'file'> {
    return { path: this.path, type: 'file', ...metadataOf(stats), size: Number(stats.size), sha256: '' };
  }
}

/** For a file that is only looked at. */
export const nowhere: FileSink = { begin: () => undefined, piece: () => undefined, giveUp: () => undefined };
