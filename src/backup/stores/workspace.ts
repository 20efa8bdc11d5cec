import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BackupError } from '../model/errors.js';
import { assertArchiveName, assertSnapshotId, indexName } from '../model/snapshot-id.js';
import { ensureFolder } from '../system/atomic-file.js';
import { diskSpace, type DiskSpace } from '../system/disk-space.js';
import { folderError } from '../system/folder.errors.js';
import { exclusivelyIn } from '../system/lease.place.js';
import { pathInside } from '../system/safe-path.js';
import { sweepScratch } from '../system/scratch-folder.js';
import { isProcessAlive } from '../system/temporary-file.js';
import { ignoreMissing } from './folder.content.js';
import { ARCHIVE_FOLDER, isFileOf } from './folder.layout.js';
import { assertUsable, prepareFolder } from './folder.preparation.js';
import { inFolder } from './in-folder.js';
import { sweepFolder } from './sweep.js';

/**
 * The folder of this machine in which snapshots are made: unfinished files, chunk indexes, locks. A {@link FolderStore} keeps the finished ones in the
 * same folder, so that publishing one is a rename.
 */
export class Workspace {
  private place: string;

  /** @param directory the backup folder; it may be a symbolic link, nothing inside it may */
  constructor(directory: string) {
    this.place = resolve(directory);
  }

  get folder(): string {
    return this.place;
  }

  /** Unfinished archives are written here, since it may be a mount of its own. */
  get archiveFolder(): string {
    return join(this.place, ARCHIVE_FOLDER);
  }

  /**
   * Creates the folders (0700) and proves that they can be written.
   * @throws BackupError `FOLDER_NOT_WRITABLE`
   */
  prepare(): Promise<void> {
    return inFolder(async () => {
      await ensureFolder(this.place);
      this.place = await realpath(this.place);
      for (const folder of [this.place, this.archiveFolder]) await prepareFolder(folder);
    });
  }

  /**
   * Does the work, which takes moments, while no other process does anything {@link exclusively}: what a lease keeps for itself is done in this way too.
   * Not to be nested.
   * @throws BackupError `BUSY`
   */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return exclusivelyIn(this.place, work);
  }

  /**
   * Removes what earlier runs, of processes that have ended, left half done. Exclusively.
   * @returns what was swept, for the log
   */
  sweepAbandoned(): Promise<string[]> {
    return inFolder(async () => [
      ...(await this.sweepWhere((pid) => !isProcessAlive(pid))),
      ...sweepScratch(this.place),
    ]);
  }

  /** Removes the unfinished files that one process, already dead, left behind. */
  sweep(pid: number): Promise<void> {
    return inFolder(async () => void (await this.sweepWhere((owner) => owner === pid)));
  }

  /** Where an engine writes the document of a new snapshot (it writes aside, next to this). */
  documentPath(filename: string): string {
    return pathInside(this.place, filename);
  }

  /** Where an archive is written (aside, next to this). @throws BackupError `ARCHIVE_NOT_FOUND` where the name is not one of an archive */
  archivePath(filename: string): string {
    assertArchiveName(filename);
    return join(this.archiveFolder, filename);
  }

  /** The chunk index of a full snapshot, if it has one; disposable. */
  indexPath(id: string): string {
    assertSnapshotId(id);
    return pathInside(this.place, indexName(id));
  }

  /** Whether there is a file of this snapshot id, finished or not. */
  hasFileOf(id: string): Promise<boolean> {
    return inFolder(async () => {
      assertSnapshotId(id);
      return (await readdir(this.place)).some((name) => isFileOf(id, name));
    });
  }

  diskSpace(): Promise<DiskSpace> {
    return inFolder(() => diskSpace(this.place));
  }

  /** Why nothing can be written or read here now, in words; null when it can. A full disk is no reason: see {@link diskSpace}. */
  async trouble(): Promise<string | null> {
    try {
      for (const folder of [this.place, this.archiveFolder]) await assertUsable(folder);
      return null;
    } catch (error) {
      return folderError(error).message;
    }
  }

  private async sweepWhere(isAbandoned: (pid: number) => boolean): Promise<string[]> {
    return [...(await sweepFolder(this.place, isAbandoned)), ...(await sweepFolder(this.archiveFolder, isAbandoned))];
  }
}

/**
 * A backup folder that is only read: it may be another machine's, the only copy, or on a mount that cannot be written. Nothing is made, swept or
 * deleted in it.
 */
export class ReadOnlyWorkspace extends Workspace {
  /** @param archives the folder of its archives, where that is not the folder `archived` inside it */
  constructor(
    directory: string,
    private readonly archives?: string,
  ) {
    super(directory);
  }

  override get archiveFolder(): string {
    return this.archives ?? super.archiveFolder;
  }

  override async prepare(): Promise<void> {
    if ((await lstat(resolve(this.folder)).catch(ignoreMissing)) !== undefined) return;
    throw new BackupError('FOLDER_NOT_WRITABLE', `There is no folder ${JSON.stringify(this.folder)} to read.`);
  }

  override exclusively<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  override sweepAbandoned(): Promise<string[]> {
    return Promise.resolve([]);
  }

  override sweep(): Promise<void> {
    return Promise.resolve();
  }

  override documentPath(): string {
    throw onlyRead();
  }

  override trouble(): Promise<string | null> {
    return this.prepare().then(
      () => null,
      (error: unknown) => folderError(error).message,
    );
  }
}

/** What everything that would write answers where a folder is only read. */
export const onlyRead = (): BackupError =>
  new BackupError('FOLDER_NOT_WRITABLE', 'The backup folder is only read here, and cannot be changed.');
