import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { asBackupError, BackupError } from '../model/errors.js';
import type { ArchiveFile } from './destination.js';
import { ignoreMissing } from './folder.content.js';
import { LocalDestination } from './local.destination.js';

/**
 * A backup folder that is only read: it may be another machine's, the only copy, or on a mount that cannot be written. Nothing is made, swept or
 * deleted in it.
 */
export class ReadOnlyDestination extends LocalDestination {
  /** @param archives where its archives lie, where that is not in the folder `archived` */
  constructor(
    directory: string,
    private readonly archives?: string,
  ) {
    super(directory);
  }

  override async prepare(): Promise<void> {
    const folder = await lstat(resolve(this.folder)).catch(ignoreMissing);
    if (folder !== undefined)
      await this.listLoose(); // which says why, where it cannot be read
    else throw new BackupError('FOLDER_NOT_WRITABLE', `There is no folder ${JSON.stringify(this.folder)} to read.`);
  }

  override async listArchives(): Promise<ArchiveFile[]> {
    const folder = await lstat(this.archiveFolder).catch(ignoreMissing);
    return folder === undefined ? [] : super.listArchives();
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

  override trouble(): Promise<string | null> {
    return this.prepare().then(
      () => null,
      (error: unknown) => asBackupError(error).message,
    );
  }

  override documentPath(): string {
    throw onlyRead();
  }

  override publishSnapshot(): Promise<void> {
    return Promise.reject(onlyRead());
  }

  override removeSnapshot(): Promise<void> {
    return Promise.reject(onlyRead());
  }

  override publishArchive(): Promise<void> {
    return Promise.reject(onlyRead());
  }

  override removeArchive(): Promise<void> {
    return Promise.reject(onlyRead());
  }

  override writeAnnotations(): Promise<void> {
    return Promise.reject(onlyRead());
  }

  override writeClockHistory(): Promise<void> {
    return Promise.reject(onlyRead());
  }

  protected override get archiveFolder(): string {
    return this.archives ?? super.archiveFolder;
  }
}

const onlyRead = (): BackupError =>
  new BackupError('FOLDER_NOT_WRITABLE', 'The backup folder is only read here, and cannot be changed.');
