import { lstat } from 'node:fs/promises';
import { ignoreMissing } from './folder.content.js';
import { FolderStore } from './folder.store.js';
import type { AreaContent, StoreArea } from './stored-objects.js';
import { onlyRead } from './workspace.js';

/** A backup folder that is only read. Its archive folder may be missing. */
export class ReadOnlyStore extends FolderStore {
  override async prepare(): Promise<void> {
    await this.list('snapshots'); // which says why, where it cannot be read
  }

  override async list(area: StoreArea): Promise<AreaContent> {
    if (area === 'archives' && (await lstat(this.workspace.archiveFolder).catch(ignoreMissing)) === undefined)
      return { files: new Set(), others: new Set() };
    return super.list(area);
  }

  override put(): Promise<void> {
    return Promise.reject(onlyRead());
  }

  override writeText(): Promise<void> {
    return Promise.reject(onlyRead());
  }

  override remove(): Promise<void> {
    return Promise.reject(onlyRead());
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
}
