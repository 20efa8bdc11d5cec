import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { IN_MEMORY } from '../catalog/catalog.connection.js';
import { TypeOrmCatalog } from '../catalog/typeorm.catalog.js';
import { folderRepository } from '../stores/folder.repository.js';
import { ReadOnlyWorkspace } from '../stores/workspace.js';
import { BackupError } from '../model/errors.js';
import { idOfDocumentName, isArchiveName, isSnapshotId } from '../model/snapshot-id.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Clock } from '../system/clock.js';
import { StoredSnapshots, type SnapshotSource } from './stored-snapshots.js';

const MANIFEST_ENDING = '.meta.json';
const ARCHIVES = 'archived';

/** Where the files lie, and which of them are meant. */
interface Place {
  folder: string;
  archives: string;
  isMeant: (snapshot: Snapshot) => boolean;
}

/**
 * Snapshots that no catalog knows: a folder, an archive, or a single file of another machine. Its neighbours are read too, since a differential needs its
 * base; nothing is written there.
 */
export class ForeignFolder implements SnapshotSource {
  private constructor(
    readonly catalog: TypeOrmCatalog,
    readonly snapshots: StoredSnapshots,
    private readonly isMeant: (snapshot: Snapshot) => boolean,
  ) {}

  /** @throws BackupError `SNAPSHOT_NOT_FOUND`, `ARCHIVE_NOT_FOUND`, `FOLDER_NOT_WRITABLE` when there is nothing at the path that can be read */
  static async open(path: string, clock: Clock): Promise<ForeignFolder> {
    const { folder, archives, isMeant } = await placeOf(resolve(path));
    const repository = folderRepository(new ReadOnlyWorkspace(folder, archives));
    const catalog = new TypeOrmCatalog({ url: IN_MEMORY, repository, clock });
    await catalog.open();
    await catalog.indexed();
    return new ForeignFolder(catalog, new StoredSnapshots(catalog, repository), isMeant);
  }

  /** What the path names, newest first: all of a folder, of an archive, or the one snapshot. */
  async meant(): Promise<Snapshot[]> {
    return (await this.catalog.all()).filter(this.isMeant);
  }

  close(): Promise<void> {
    return this.catalog.close();
  }
}

async function placeOf(path: string): Promise<Place> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new BackupError('SNAPSHOT_NOT_FOUND', `There is nothing to read at ${JSON.stringify(path)} (${error.code}).`);
  });
  if (found.isDirectory()) return { folder: path, archives: await archivesOf(path), isMeant: () => true };
  const folder = dirname(path);
  const name = basename(path);
  if (name.endsWith('.zip')) {
    if (!isArchiveName(name))
      throw new BackupError(
        'ARCHIVE_NOT_FOUND',
        `${JSON.stringify(name)} is not the name of an archive. Rename it to archived_backups_YYYYMMDD.zip, after its day.`,
      );
    const home = basename(folder) === ARCHIVES ? dirname(folder) : folder;
    return { folder: home, archives: folder, isMeant: ({ archive }) => archive === name };
  }
  const id = idOf(name);
  if (id === undefined)
    throw new BackupError(
      'SNAPSHOT_NOT_FOUND',
      `${JSON.stringify(name)} is not the name of a snapshot file: these are <id>${MANIFEST_ENDING}, and <id>.json or the manifest's "filename".`,
    );
  await assertManifest(join(folder, id + MANIFEST_ENDING));
  return { folder, archives: await archivesOf(folder), isMeant: (snapshot) => snapshot.id === id };
}

/** Whoever names the folder of archives itself means what is in it. */
async function archivesOf(folder: string): Promise<string> {
  const below = join(folder, ARCHIVES);
  if ((await lstat(below).catch(() => undefined))?.isDirectory()) return below;
  return (await readdir(folder)).some(isArchiveName) ? folder : below;
}

function idOf(name: string): string | undefined {
  if (!name.endsWith(MANIFEST_ENDING)) return idOfDocumentName(name);
  const id = name.slice(0, -MANIFEST_ENDING.length);
  return isSnapshotId(id) ? id : undefined;
}

async function assertManifest(path: string): Promise<void> {
  if (await lstat(path).catch(() => undefined)) return;
  throw new BackupError(
    'SNAPSHOT_NOT_FOUND',
    `The manifest ${JSON.stringify(basename(path))} is not beside the document. It holds the schema and the checksums: copy both files.`,
  );
}
