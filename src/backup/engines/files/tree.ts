import type { FilesManifest } from '../../model/manifest.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import { comparePaths } from './byte-path.js';
import { corrupt } from './corrupt.js';
import { entryLine, type FileEntry, type StoredEntry } from './file.entry.js';
import { factsOf } from './document.members.js';
import { FilesDocument } from './files.document.js';

export interface TreeItem {
  entry: FileEntry;
  /** Hands on a file's content, and proves it; to be called before the next item is asked for, or not at all. Others have none. */
  content: (to: (piece: Buffer) => Promise<void> | void) => Promise<void>;
}

/**
 * The complete tree that a snapshot stands for, in the order of its list. A differential is put together with its base on the way: what it does not hold itself
 * is there unchanged.
 */
export class Tree {
  private constructor(
    private readonly id: string,
    private readonly document: FilesDocument,
    private readonly base: FilesDocument | null,
  ) {}

  /** @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`, `UNSUPPORTED` */
  static async open({ manifest, document, base }: StoredSnapshot<FilesManifest>): Promise<Tree> {
    if (manifest.kind === 'differential' && base?.manifest.kind !== 'full')
      throw corrupt(manifest.id, 'it has no base to build on');
    const own = await FilesDocument.open(factsOf(manifest), document);
    try {
      const under = manifest.kind === 'full' ? null : await FilesDocument.open(factsOf(base!.manifest), base!.document);
      return new Tree(manifest.id, own, under);
    } catch (error) {
      await own.close();
      throw error;
    }
  }

  get head() {
    return this.document.head;
  }

  get summaries() {
    return this.document.summaries;
  }

  /** The list alone. */
  list(): AsyncGenerator<FileEntry> {
    return this.document.list();
  }

  /** Everything, once. Its end comes only when all stored bytes of the snapshot's own document had the checksum that the manifest promises. */
  async *items(): AsyncGenerator<TreeItem> {
    const base = this.base && new BaseContents(this.id, this.base);
    try {
      for await (const entry of this.document.list()) {
        yield* entry.type === 'skipped' ? [item(entry)] : this.item(entry, base);
      }
      await this.document.finish();
    } finally {
      await base?.close();
    }
  }

  async close(): Promise<void> {
    await this.document.close();
    await this.base?.close();
  }

  private async *item(entry: StoredEntry, base: BaseContents | null): AsyncGenerator<TreeItem> {
    const own = await this.document.holds(entry);
    const holder = own ? this.document : await base?.find(entry);
    if (!holder) throw corrupt(this.id, 'a member is missing, or is not what its list says');
    yield* withContent(entry, holder);
  }
}

/** An item whose content has been read, by the consumer or else here, when the next one is asked for. */
async function* withContent(entry: StoredEntry, holder: FilesDocument): AsyncGenerator<TreeItem> {
  if (entry.type !== 'file') {
    yield item(entry);
    return;
  }
  let isRead = false;
  yield {
    entry,
    content: (to) => {
      isRead = true;
      return holder.content(entry, to);
    },
  };
  if (!isRead) await holder.content(entry, () => undefined);
}

const item = (entry: FileEntry): TreeItem => ({ entry, content: () => Promise.resolve() });

/** The base's members, walked through in the one direction there is. */
class BaseContents {
  private readonly entries: AsyncGenerator<FileEntry>;

  constructor(
    private readonly id: string,
    private readonly base: FilesDocument,
  ) {
    this.entries = base.list();
  }

  /** Goes on to an entry, which has to stand in the base just as it is; its content comes next. */
  async find(wanted: StoredEntry): Promise<FilesDocument> {
    for (;;) {
      const next = await this.entries.next();
      if (next.done || comparePaths(next.value.path, wanted.path) > 0)
        throw corrupt(this.id, 'a member is neither in it nor in its base');
      const entry = next.value;
      if (entry.type === 'skipped') continue;
      if (!(await this.base.holds(entry))) throw corrupt(this.id, 'its base is not what its own list says');
      if (entry.path !== wanted.path) {
        await this.passOver(entry);
        continue;
      }
      if (entryLine(entry) !== entryLine(wanted)) throw corrupt(this.id, 'a member differs in its base');
      return this.base;
    }
  }

  async close(): Promise<void> {
    await this.entries.return(undefined);
  }

  private async passOver(entry: StoredEntry): Promise<void> {
    if (entry.type === 'file') await this.base.content(entry, () => undefined);
  }
}
