import { closeSync, constants, linkSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isBelow, pathBytes, type BytePath } from './byte-path.js';
import { corrupt } from './corrupt.js';
import type { EntryOf, FileEntry, Metadata } from './file.entry.js';
import { oneName, otherNameOf } from './folded-names.js';
import { writeFully } from './list.file.js';
import { relativeTo, type RestoreTarget } from './restore.targets.js';
import { newPath, type Staging } from './staging.js';
import type { TreeItem } from './tree.js';
import { applyMetadata, applyToLink, applyToOpen, lookAt } from './tree.moves.js';

/** A folder that is being filled has to be writable, whatever its mode will be. */
const OURS = 0o700;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

interface OpenFolder {
  path: BytePath;
  staged: BytePath;
  metadata: Metadata;
}

/** Builds one target's tree in its staging, in the order of the list. Everything it writes to it has made itself, so no link leads it astray. */
export class TreeWriter {
  /** Folders, relative to the base and inner ones first, that can have their mode only when everything is in its place. */
  readonly late: { path: BytePath; metadata: Metadata }[] = [];
  /** What was not captured, relative to the base. */
  readonly skipped = new Set<BytePath>();
  private readonly folders: OpenFolder[] = [];

  constructor(
    private readonly snapshotId: string,
    readonly target: RestoreTarget,
    private readonly staging: Staging,
  ) {}

  /** @throws BackupError `UNSUPPORTED` where the file system takes two names of the snapshot for one */
  async write(item: TreeItem): Promise<void> {
    const { entry } = item;
    this.leaveFoldersBefore(entry.path);
    const staged = this.staged(entry.path);
    try {
      await this.make(item, staged);
    } catch (error) {
      // The list names nothing twice, and nobody else is at work here.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') this.refuseOneName(staged);
      throw error;
    }
  }

  private refuseOneName(staged: BytePath): void {
    const [folder, name] = [dirname(staged), basename(staged)];
    const other = otherNameOf(folder, name);
    if (other === undefined) return;
    const within = folder.slice(newPath(this.staging, '').length + 1);
    const [first, second] = [other, name].map((each) => (within === '' ? each : `${within}/${each}`)) as [
      string,
      string,
    ];
    throw oneName(this.target.base, [first, second], 'both are in the snapshot');
  }

  private async make({ entry, content }: TreeItem, staged: BytePath): Promise<void> {
    switch (entry.type) {
      case 'skipped':
        this.skipped.add(relativeTo(this.target, entry.path));
        return;
      case 'directory':
        if (entry.path !== this.target.root) mkdirSync(pathBytes(staged), { mode: OURS });
        this.folders.push({ path: entry.path, staged, metadata: entry });
        return;
      case 'file':
        return this.file(entry, staged, content);
      case 'symlink':
        symlinkSync(pathBytes(entry.target), pathBytes(staged));
        return applyToLink(staged, entry);
      case 'hardlink':
        return this.link(entry, staged);
    }
  }

  finish(): void {
    this.leaveFoldersBefore(null);
  }

  private async file(entry: EntryOf<'file'>, staged: BytePath, content: TreeItem['content']): Promise<void> {
    const file = openSync(pathBytes(staged), NEW_FILE, 0o600);
    let written = 0;
    try {
      await content((piece) => {
        writeFully(file, piece, written);
        written += piece.length;
      });
      applyToOpen(file, entry, entry.mode);
    } finally {
      closeSync(file);
    }
  }

  private link({ target }: EntryOf<'hardlink'>, staged: BytePath): void {
    const linked = this.staged(target);
    if (!lookAt(linked)?.isFile()) throw corrupt(this.snapshotId, 'it links to a file that it does not hold');
    linkSync(pathBytes(linked), pathBytes(staged));
  }

  /** A folder's time is that of the last change in it, so it is set after all of them. */
  private leaveFoldersBefore(path: FileEntry['path'] | null): void {
    for (let folder = this.folders.at(-1); folder; folder = this.folders.at(-1)) {
      if (path !== null && isBelow(path, folder.path)) return;
      this.folders.pop();
      const { metadata } = folder;
      applyMetadata(folder.staged, metadata, metadata.mode | OURS);
      if ((metadata.mode & OURS) !== OURS) this.late.push({ path: relativeTo(this.target, folder.path), metadata });
    }
  }

  private staged(path: BytePath): BytePath {
    return newPath(this.staging, relativeTo(this.target, path));
  }
}
