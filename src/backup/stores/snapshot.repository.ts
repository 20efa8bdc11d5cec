import type { StoredFile } from '../archive/stored-file.js';
import { asBackupError } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import {
  archiveByName,
  assertArchiveName,
  assertSnapshotId,
  isArchiveName,
  manifestName,
} from '../model/snapshot-id.js';
import type { Snapshot } from '../model/snapshot.js';
import type { DiskSpace } from '../system/disk-space.js';
import { folderError } from '../system/folder.errors.js';
import { assertPlainFileName } from '../system/safe-path.js';
import { ANNOTATIONS_FILE, CLOCK_FILE, strayFiles, wholeSnapshots } from './folder.layout.js';
import type { ArchiveFile, FoundProblem, FoundSnapshot } from './found-snapshot.js';
import {
  countArchivedManifests,
  findManifest,
  readArchivedManifest,
  readArchivedManifests,
  readRegularManifest,
} from './manifest.reader.js';
import type { SnapshotStore, UnpublishedSnapshot } from './snapshot-store.js';
import type { Workspace } from './workspace.js';

/**
 * The application's snapshots: what lies in the store, and the workspace in which new ones are made. Whatever is found by {@link listRegular} or in an
 * archive is complete. Names from outside are checked before anything is opened, and symbolic links are never followed.
 */
export class SnapshotRepository {
  constructor(
    readonly store: SnapshotStore,
    readonly workspace: Workspace,
  ) {
    store.workspace = workspace;
  }

  /** @throws BackupError `FOLDER_NOT_WRITABLE` where the workspace or the store cannot be used */
  async prepare(): Promise<void> {
    await this.workspace.prepare();
    await this.store.prepare();
  }

  /** Whether a file of this snapshot id is there already, finished or not. */
  async isTaken(id: string): Promise<boolean> {
    return (await this.workspace.hasFileOf(id)) || (await this.store.stat('snapshots', manifestName(id))) !== null;
  }

  /** Makes what stands complete in the workspace a snapshot: all of it, or nothing, whenever the process is killed. */
  async publishSnapshot(snapshot: UnpublishedSnapshot): Promise<void> {
    assertSnapshotId(snapshot.manifest.id);
    await this.store.publishSnapshot(snapshot);
  }

  /** Removes a regular snapshot: its manifest first, so that it is never listed without its document. Gone already is fine. */
  async removeSnapshot(id: string): Promise<void> {
    assertSnapshotId(id);
    await this.store.removeSnapshot(id);
  }

  /** Gives an archive that stands under a temporary name its final one, replacing an older one of that day. */
  async publishArchive(temporaryPath: string, filename: string): Promise<void> {
    assertArchiveName(filename);
    await this.store.publishArchive(temporaryPath, filename);
  }

  async removeArchive(filename: string): Promise<void> {
    assertArchiveName(filename);
    await this.store.removeArchive(filename);
  }

  /** Ids of the regular snapshots whose manifest and document are both there. */
  async listRegular(): Promise<string[]> {
    return wholeSnapshots(await this.store.list('snapshots'));
  }

  /** Files that look like ours and make no regular snapshot: a document or manifest without the other, a link in its place. */
  async listProblems(): Promise<FoundProblem[]> {
    return strayFiles(await this.store.list('snapshots'));
  }

  async readRegular(id: string): Promise<FoundSnapshot | FoundProblem> {
    assertSnapshotId(id);
    try {
      return { manifest: await readRegularManifest(this.store, id), archive: null };
    } catch (error) {
      return { file: manifestName(id), problem: folderError(error).message };
    }
  }

  async listArchives(): Promise<ArchiveFile[]> {
    const names = [...(await this.store.list('archives')).files].filter(isArchiveName).sort();
    const archives = await Promise.all(names.map((filename) => this.archiveFile(filename)));
    return archives.filter((archive) => archive !== null);
  }

  /** The manifests inside an archive; a corrupt archive yields one problem. */
  async readArchive(filename: string): Promise<(FoundSnapshot | FoundProblem)[]> {
    assertArchiveName(filename);
    await this.store.list('archives'); // refuses a link in the place of the folder
    return readArchivedManifests(await this.store.localPath('archives', filename));
  }

  /** How many snapshots an archive holds, going by its end alone; 0 where that cannot be read. */
  async countInArchive(filename: string): Promise<number> {
    assertArchiveName(filename);
    return countArchivedManifests(await this.store.localPath('archives', filename));
  }

  /** One whole snapshot, regular or in the archive that its name says; null where it is not there, or its manifest cannot be used. */
  async look(id: string): Promise<FoundSnapshot | null> {
    assertSnapshotId(id);
    const archive = archiveByName(id) ?? null;
    const path =
      archive !== null && isArchiveName(archive)
        ? await this.store.localPath('archives', archive).catch(() => null)
        : null;
    return findManifest(id, this.store, path);
  }

  /** A snapshot's document as a local file. @throws BackupError `SNAPSHOT_CORRUPT` where it is missing, `ARCHIVE_NOT_FOUND` */
  documentOf({ filename, archive }: Pick<Snapshot, 'filename' | 'archive'>): Promise<StoredFile> {
    return this.stored(filename, archive);
  }

  /** A snapshot's manifest as a local file. */
  async manifestOf({ id, archive }: Pick<Snapshot, 'id' | 'archive'>): Promise<StoredFile> {
    assertSnapshotId(id);
    return this.stored(manifestName(id), archive);
  }

  /** Reads and checks a snapshot's manifest. @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT` */
  async readManifest({ id, archive }: Pick<Snapshot, 'id' | 'archive'>): Promise<Manifest> {
    assertSnapshotId(id);
    if (archive === null) return readRegularManifest(this.store, id);
    assertArchiveName(archive);
    return readArchivedManifest(await this.store.localPath('archives', archive), id);
  }

  /** The text of `annotations.json`: what people said about snapshots after they were made. Null when nobody did. */
  readAnnotations(): Promise<string | null> {
    return this.readRecord(ANNOTATIONS_FILE);
  }

  /** Replaces it as a whole or not at all. */
  writeAnnotations(text: string): Promise<void> {
    return this.store.writeText('snapshots', ANNOTATIONS_FILE, text);
  }

  /** The text of `.clock.json`: what is remembered of the machine's clock. Null when there is none. */
  readClockHistory(): Promise<string | null> {
    return this.readRecord(CLOCK_FILE);
  }

  /** Replaces it as a whole or not at all. */
  writeClockHistory(text: string): Promise<void> {
    return this.store.writeText('snapshots', CLOCK_FILE, text);
  }

  /** Why the files of a snapshot cannot be what they should be, going by names and sizes alone; null when no problem was found. */
  async faultOf({
    id,
    filename,
    archive,
    size_bytes,
  }: Pick<Snapshot, 'id' | 'filename' | 'archive' | 'size_bytes'>): Promise<string | null> {
    if (archive !== null) return (await this.archiveFile(archive)) ? null : `the archive ${archive} is missing`;
    const document = await this.store.stat('snapshots', filename);
    if (!document) return `its document ${filename} is missing`;
    if (document.size_bytes !== size_bytes)
      return `its document has ${document.size_bytes} bytes instead of ${size_bytes}`;
    if (!(await this.store.stat('snapshots', manifestName(id)))) return `its manifest ${manifestName(id)} is missing`;
    const found = await this.readRegular(id);
    return 'problem' in found ? `its manifest ${manifestName(id)} is damaged` : null;
  }

  /** The disk of the workspace. */
  diskSpace(): Promise<DiskSpace> {
    return this.workspace.diskSpace();
  }

  /** Why nothing can be stored or read now, in words; null when it can. A full disk is no reason: see {@link diskSpace}. */
  async trouble(): Promise<string | null> {
    return (
      (await this.workspace.trouble()) ??
      (await this.store.trouble().catch((error: unknown) => asBackupError(error).message))
    );
  }

  private async readRecord(name: string): Promise<string | null> {
    try {
      return await this.store.readText('snapshots', name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  private async stored(name: string, archive: string | null): Promise<StoredFile> {
    assertPlainFileName(name);
    if (archive === null) return { path: await this.store.localPath('snapshots', name), entry: null };
    assertArchiveName(archive);
    return { path: await this.store.localPath('archives', archive), entry: name };
  }

  private async archiveFile(filename: string): Promise<ArchiveFile | null> {
    assertArchiveName(filename);
    const found = await this.store.stat('archives', filename);
    return found && { filename, size_bytes: found.size_bytes, revision: found.revision };
  }
}
