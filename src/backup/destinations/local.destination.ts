import { lstat, readdir, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { StoredFile } from '../archive/stored-file.js';
import { BackupError } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import { archiveByName, indexName, assertSnapshotId, isArchiveName, manifestName } from '../model/snapshot-id.js';
import type { Snapshot } from '../model/snapshot.js';
import { ensureFolder, fsyncFolder, publish, writeFileAtomically } from '../system/atomic-file.js';
import { diskSpace, type DiskSpace } from '../system/disk-space.js';
import { exclusivelyIn } from '../system/lease.place.js';
import { pathInside } from '../system/safe-path.js';
import { sweepScratch } from '../system/scratch-folder.js';
import { isProcessAlive } from '../system/temporary-file.js';
import { Destination, type ArchiveFile, type FoundProblem, type FoundSnapshot } from './destination.js';
import { contentOf, ignoreMissing } from './folder.content.js';
import { folderError } from '../system/folder.errors.js';
import { ANNOTATIONS_FILE, CLOCK_FILE, ARCHIVE_FOLDER, isFileOf, strayFiles, wholeSnapshots } from './folder.layout.js';
import { assertRealFolder, assertUsable, prepareFolder } from './folder.preparation.js';
import {
  countArchivedManifests,
  findManifest,
  readArchivedManifest,
  readArchivedManifests,
  readLooseManifest,
  readText,
} from './manifest.reader.js';
import { publishSnapshot, removeSnapshot } from './snapshot.publication.js';
import { sweepFolder } from './sweep.js';

/** Keeps snapshots in a folder of this machine, in the layout that `folder.layout.ts` names. */
export class LocalDestination extends Destination {
  protected folder: string;

  /** @param directory the backup folder; it may be a symbolic link, nothing inside it may */
  constructor(directory: string) {
    super();
    this.folder = resolve(directory);
  }

  override prepare(): Promise<void> {
    return inFolder(async () => {
      await ensureFolder(this.folder);
      this.folder = await realpath(this.folder);
      for (const folder of [this.folder, this.archiveFolder]) await prepareFolder(folder);
    });
  }

  override exclusively<T>(work: () => Promise<T>): Promise<T> {
    return exclusivelyIn(this.folder, work);
  }

  override sweepAbandoned(): Promise<string[]> {
    return inFolder(async () => [
      ...(await this.sweepWhere((pid) => !isProcessAlive(pid))),
      ...sweepScratch(this.folder),
    ]);
  }

  override sweep(pid: number): Promise<void> {
    return inFolder(async () => void (await this.sweepWhere((owner) => owner === pid)));
  }

  override documentPath(filename: string): string {
    return pathInside(this.folder, filename);
  }

  override isTaken(id: string): Promise<boolean> {
    return inFolder(async () => {
      assertSnapshotId(id);
      return (await readdir(this.folder)).some((name) => isFileOf(id, name));
    });
  }

  override indexPath(id: string): string {
    assertSnapshotId(id);
    return pathInside(this.folder, indexName(id));
  }

  override publishSnapshot(
    temporaryDocument: string,
    manifest: Manifest,
    temporaryIndex: string | null = null,
  ): Promise<void> {
    return inFolder(async () => {
      assertSnapshotId(manifest.id);
      await publishSnapshot(this.folder, temporaryDocument, manifest, temporaryIndex);
    });
  }

  override removeSnapshot(id: string): Promise<void> {
    return inFolder(async () => {
      assertSnapshotId(id);
      await assertRealFolder(this.folder); // where it is gone for now, nothing in it is
      await removeSnapshot(this.folder, id);
    });
  }

  override archivePath(filename: string): string {
    if (isArchiveName(filename)) return join(this.archiveFolder, filename);
    throw new BackupError('ARCHIVE_NOT_FOUND', 'There is no archive of this name.', { advice: ['list_archives'] });
  }

  override publishArchive(temporaryArchive: string, filename: string): Promise<void> {
    return inFolder(async () => {
      const path = this.archivePath(filename);
      await assertRealFolder(this.archiveFolder);
      await publish(temporaryArchive, path);
    });
  }

  override removeArchive(filename: string): Promise<void> {
    return inFolder(async () => {
      const path = this.archivePath(filename);
      await assertRealFolder(this.archiveFolder);
      await rm(path, { force: true });
      await fsyncFolder(this.archiveFolder);
    });
  }

  override listLoose(): Promise<string[]> {
    return inFolder(async () => wholeSnapshots(await contentOf(this.folder)));
  }

  override listProblems(): Promise<FoundProblem[]> {
    return inFolder(async () => strayFiles(await contentOf(this.folder)));
  }

  override async readLoose(id: string): Promise<FoundSnapshot | FoundProblem> {
    assertSnapshotId(id);
    try {
      return { manifest: await readLooseManifest(this.folder, id), archive: null };
    } catch (error) {
      return { file: manifestName(id), problem: folderError(error).message };
    }
  }

  override listArchives(): Promise<ArchiveFile[]> {
    return inFolder(async () => {
      await assertRealFolder(this.archiveFolder);
      const names = [...(await contentOf(this.archiveFolder)).files].filter(isArchiveName).sort();
      const archives = await Promise.all(names.map((filename) => this.archiveFile(filename)));
      return archives.filter((archive) => archive !== undefined);
    });
  }

  override async readArchive(filename: string): Promise<(FoundSnapshot | FoundProblem)[]> {
    const path = this.archivePath(filename);
    await inFolder(() => assertRealFolder(this.archiveFolder));
    return readArchivedManifests(path);
  }

  override countInArchive(filename: string): Promise<number> {
    return countArchivedManifests(this.archivePath(filename));
  }

  override look(id: string): Promise<FoundSnapshot | null> {
    assertSnapshotId(id);
    const archive = archiveByName(id) ?? null;
    return findManifest(id, this.folder, archive !== null && isArchiveName(archive) ? this.archivePath(archive) : null);
  }

  override documentOf({ filename, archive }: Pick<Snapshot, 'filename' | 'archive'>): StoredFile {
    return this.stored(filename, archive);
  }

  override manifestOf({ id, archive }: Pick<Snapshot, 'id' | 'archive'>): StoredFile {
    assertSnapshotId(id);
    return this.stored(manifestName(id), archive);
  }

  override async readManifest({ id, archive }: Pick<Snapshot, 'id' | 'archive'>): Promise<Manifest> {
    assertSnapshotId(id);
    return archive === null ? readLooseManifest(this.folder, id) : readArchivedManifest(this.archivePath(archive), id);
  }

  override async readAnnotations(): Promise<string | null> {
    return (await readText(this.annotationsPath).catch(ignoreMissing)) ?? null;
  }

  override writeAnnotations(text: string): Promise<void> {
    return inFolder(() => writeFileAtomically(this.annotationsPath, text));
  }

  override async readClockHistory(): Promise<string | null> {
    return (await readText(this.clockPath).catch(ignoreMissing)) ?? null;
  }

  override writeClockHistory(text: string): Promise<void> {
    return inFolder(() => writeFileAtomically(this.clockPath, text));
  }

  override faultOf({
    id,
    filename,
    archive,
    size_bytes,
  }: Pick<Snapshot, 'id' | 'filename' | 'archive' | 'size_bytes'>): Promise<string | null> {
    return inFolder(async () => {
      if (archive !== null) return (await this.archiveFile(archive)) ? null : `the archive ${archive} is missing`;
      const document = await lstat(pathInside(this.folder, filename)).catch(ignoreMissing);
      if (!document?.isFile()) return `its document ${filename} is missing`;
      if (document.size !== size_bytes) return `its document has ${document.size} bytes instead of ${size_bytes}`;
      const manifest = await lstat(pathInside(this.folder, manifestName(id))).catch(ignoreMissing);
      if (!manifest?.isFile()) return `its manifest ${manifestName(id)} is missing`;
      const found = await this.readLoose(id);
      return 'problem' in found ? `its manifest ${manifestName(id)} is damaged` : null;
    });
  }

  override diskSpace(): Promise<DiskSpace> {
    return inFolder(() => diskSpace(this.folder));
  }

  override async trouble(): Promise<string | null> {
    try {
      for (const folder of [this.folder, this.archiveFolder]) await assertUsable(folder);
      return null;
    } catch (error) {
      return folderError(error).message;
    }
  }

  protected get archiveFolder(): string {
    return join(this.folder, ARCHIVE_FOLDER);
  }

  private get clockPath(): string {
    return join(this.folder, CLOCK_FILE);
  }

  private get annotationsPath(): string {
    return join(this.folder, ANNOTATIONS_FILE);
  }

  private stored(name: string, archive: string | null): StoredFile {
    if (archive === null) return { path: pathInside(this.folder, name), entry: null };
    return { path: this.archivePath(archive), entry: name };
  }

  private async archiveFile(filename: string): Promise<ArchiveFile | undefined> {
    const file = await lstat(this.archivePath(filename), { bigint: true }).catch(ignoreMissing);
    return file && { filename, size_bytes: Number(file.size), revision: `${file.size}-${file.mtimeNs}` };
  }

  private async sweepWhere(isAbandoned: (pid: number) => boolean): Promise<string[]> {
    return [...(await sweepFolder(this.folder, isAbandoned)), ...(await sweepFolder(this.archiveFolder, isAbandoned))];
  }
}

/** Runs a step in the folder; what the file system says against it is put into words. */
async function inFolder<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw folderError(error);
  }
}
