import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FILE_MODE, FOLDER_MODE } from '../system/atomic-file.js';
import { SCRATCH_FOLDER, scratchName } from '../system/scratch-folder.js';
import type { ObjectReader, StoreArea } from './stored-objects.js';
import { missingObject } from './store.errors.js';

interface Copy {
  revision: string;
  path: string;
}

/** Local copies of objects that engines and archives read as files. The next start removes what a killed process left of them. */
export class LocalCopies {
  private folder: Promise<string> | null = null;
  private readonly copies = new Map<string, Promise<Copy>>();
  private made = 0;

  constructor(
    private readonly store: ObjectReader,
    private readonly workspace: string,
  ) {}

  /** @throws BackupError `SNAPSHOT_CORRUPT` where there is no such object */
  async pathOf(area: StoreArea, name: string): Promise<string> {
    const found = await this.store.stat(area, name);
    if (found === null) throw missingObject(name);
    const key = `${area}/${name}`;
    const known = await this.copies.get(key)?.catch(() => undefined);
    if (known?.revision === found.revision) return known.path;
    const copy = this.copy(area, name, found.revision);
    this.copies.set(key, copy);
    copy.catch(() => this.copies.delete(key));
    if (known) await rm(known.path, { force: true });
    return (await copy).path;
  }

  async forget(area: StoreArea, name: string): Promise<void> {
    const key = `${area}/${name}`;
    const copy = await this.copies.get(key)?.catch(() => undefined);
    this.copies.delete(key);
    if (copy) await rm(copy.path, { force: true });
  }

  async close(): Promise<void> {
    this.copies.clear();
    const folder = await this.folder?.catch(() => null);
    this.folder = null;
    if (folder) await rm(folder, { recursive: true, force: true });
  }

  private async copy(area: StoreArea, name: string, revision: string): Promise<Copy> {
    this.folder ??= makeFolder(this.workspace);
    const path = join(await this.folder, `${this.made++}-${name}`);
    await pipeline(await this.store.open(area, name), createWriteStream(path, { mode: FILE_MODE, flags: 'wx' }));
    return { revision, path };
  }
}

async function makeFolder(workspace: string): Promise<string> {
  const scratch = join(workspace, SCRATCH_FOLDER);
  await mkdir(scratch, { recursive: true, mode: FOLDER_MODE });
  return mkdtemp(join(scratch, scratchName()));
}
