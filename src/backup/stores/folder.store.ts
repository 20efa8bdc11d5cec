import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rm, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { FILE_MODE, fsyncFolder, publish, writeFileAtomically } from '../system/atomic-file.js';
import { openRegularFile, pathInside } from '../system/safe-path.js';
import { temporaryPath } from '../system/temporary-file.js';
import { contentOf, ignoreMissing } from './folder.content.js';
import { assertRealFolder } from './folder.preparation.js';
import { inFolder } from './in-folder.js';
import { readTextFile } from './small-text.js';
import { publishSnapshot, removeSnapshot } from './snapshot.publication.js';
import { SnapshotStore } from './snapshot-store.js';
import type { UnpublishedSnapshot } from './snapshot-store.js';
import type { AreaContent, ByteRange, StoreArea, StoredObject } from './stored-objects.js';
import { missingObject, readsBackDifferently } from './store.errors.js';
import type { Workspace } from './workspace.js';

/** Keeps snapshots in the backup folder itself, in the layout that `folder.layout.ts` names: publishing renames. */
export class FolderStore extends SnapshotStore {
  constructor(workspace: Workspace) {
    super();
    this.workspace = workspace;
  }

  override list(area: StoreArea): Promise<AreaContent> {
    return inFolder(async () => contentOf(await this.folderOf(area)));
  }

  override stat(area: StoreArea, name: string): Promise<StoredObject | null> {
    return inFolder(async () => {
      const file = await lstat(this.pathOf(area, name), { bigint: true }).catch(ignoreMissing);
      return file?.isFile() ? { name, size_bytes: Number(file.size), revision: `${file.size}-${file.mtimeNs}` } : null;
    });
  }

  override async open(area: StoreArea, name: string, { offset, length }: ByteRange = { offset: 0 }): Promise<Readable> {
    if ((await this.stat(area, name)) === null) throw missingObject(name);
    const end = length === undefined ? {} : { end: offset + length - 1 };
    return inFolder(async () =>
      (await openRegularFile(this.pathOf(area, name))).createReadStream({ start: offset, ...end }),
    );
  }

  override put(area: StoreArea, name: string, content: Readable): Promise<void> {
    return inFolder(async () => {
      const path = pathInside(await this.folderOf(area), name);
      const aside = temporaryPath(path);
      try {
        await writeAndReadBack(aside, content);
        await publish(aside, path);
      } catch (error) {
        await rm(aside, { force: true });
        throw error;
      }
    });
  }

  override remove(area: StoreArea, name: string): Promise<void> {
    return inFolder(async () => {
      const folder = await this.folderOf(area);
      await rm(pathInside(folder, name), { force: true });
      await fsyncFolder(folder);
    });
  }

  /** The file itself; what is wrong with it is found out when it is opened. */
  override localPath(area: StoreArea, name: string): Promise<string> {
    return Promise.resolve(this.pathOf(area, name));
  }

  override readText(area: StoreArea, name: string): Promise<string> {
    return readTextFile(this.pathOf(area, name));
  }

  override writeText(area: StoreArea, name: string, text: string): Promise<void> {
    return inFolder(() => writeFileAtomically(this.pathOf(area, name), text));
  }

  override publishSnapshot(snapshot: UnpublishedSnapshot): Promise<void> {
    return inFolder(() => publishSnapshot(this.workspace.folder, snapshot));
  }

  override removeSnapshot(id: string): Promise<void> {
    return inFolder(async () => {
      await assertRealFolder(this.workspace.folder); // where it is gone for now, nothing in it is
      await removeSnapshot(this.workspace.folder, id);
    });
  }

  override publishArchive(temporaryArchive: string, filename: string): Promise<void> {
    return inFolder(async () => publish(temporaryArchive, pathInside(await this.folderOf('archives'), filename)));
  }

  /** A link in the place of the archive folder is refused. */
  protected async folderOf(area: StoreArea): Promise<string> {
    if (area === 'snapshots') return this.workspace.folder;
    await assertRealFolder(this.workspace.archiveFolder);
    return this.workspace.archiveFolder;
  }

  private pathOf(area: StoreArea, name: string): string {
    const folder = area === 'snapshots' ? this.workspace.folder : this.workspace.archiveFolder;
    return pathInside(folder, name);
  }
}

async function writeAndReadBack(path: string, content: Readable): Promise<void> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = await open(path, flags, FILE_MODE);
  try {
    const written = createHash('sha256');
    for await (const piece of content as AsyncIterable<Buffer>) {
      written.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
    if ((await checksumOf(file)) !== written.digest('hex')) throw readsBackDifferently('the backup folder');
  } finally {
    await file.close();
  }
}

async function checksumOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const stream = file.createReadStream({ start: 0, autoClose: false });
  for await (const piece of stream as AsyncIterable<Buffer>) hash.update(piece);
  return hash.digest('hex');
}
