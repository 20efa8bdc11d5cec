import { Injectable } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { Destination, type ArchiveFile } from '../destinations/destination.js';
import { EngineHost, type PackItem } from '../engines/engine-host.js';
import { BackupError } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import type { Snapshot } from '../model/snapshot.js';
import { archiveName } from '../model/snapshot-id.js';
import type { TaskRun } from '../system/child-task.js';

/**
 * Moves snapshots into their day's archive and out of it. An archive is never changed in place: a new one is written aside, checked entry by entry, and
 * takes the old one's name. Every step may be repeated after a crash: what is in the archive already and still lies loose is simply packed again.
 */
@Injectable()
export class DayArchives {
  constructor(
    private readonly catalog: Catalog,
    private readonly destination: Destination,
    private readonly host: EngineHost,
  ) {}

  /** Packs the loose snapshots of a day, together with what its archive holds already, and only then removes the loose files. */
  async add(day: string, snapshots: readonly Snapshot[], run: TaskRun): Promise<void> {
    const filename = archiveName(day);
    const loose = new Set(snapshots.map(({ id }) => id));
    const items = (await this.contents(filename)).filter(({ manifest }) => !loose.has(manifest.id));
    for (const snapshot of snapshots) items.push(this.item(await this.destination.readManifest(snapshot), null));
    await this.replace(filename, items, run);
    for (const id of loose) await this.destination.removeSnapshot(id);
  }

  /** Deletes snapshots out of an archive, the archive itself when nothing else is in it. @returns the bytes this freed */
  async remove(filename: string, ids: ReadonlySet<string>, run: TaskRun): Promise<number> {
    const before = await this.find(filename);
    const held = await this.catalog.all({ archive: filename });
    if (held.every(({ id }) => ids.has(id))) {
      await this.destination.removeArchive(filename);
      await this.catalog.removeSnapshots([...ids]);
      if (before) await this.catalog.setArchive(before, []);
      return before?.size_bytes ?? 0;
    }
    const items = (await this.contents(filename)).filter(({ manifest }) => !ids.has(manifest.id));
    const after = await this.replace(filename, items, run);
    await this.catalog.removeSnapshots([...ids]);
    return (before?.size_bytes ?? 0) - after.size_bytes;
  }

  private async replace(filename: string, items: PackItem[], run: TaskRun): Promise<ArchiveFile> {
    const { temporaryPath } = await this.host.run(
      'packArchive',
      { archivePath: this.destination.archivePath(filename), items },
      run,
    );
    await this.destination.publishArchive(temporaryPath, filename);
    const archive = await this.find(filename);
    if (!archive)
      throw new BackupError(
        'ARCHIVE_NOT_FOUND',
        `The archive ${filename} vanished right after it was written. Check who else writes to the backup folder.`,
      );
    await this.catalog.setArchive(
      archive,
      items.map(({ manifest }) => manifest.id),
    );
    return archive;
  }

  /** What an archive holds, nothing when there is none yet. One that cannot be read as a whole is not replaced: what is unreadable today may be saved by hand. */
  private async contents(filename: string): Promise<PackItem[]> {
    if (!(await this.find(filename))) return [];
    return (await this.destination.readArchive(filename)).map((found) => {
      if ('problem' in found) {
        throw new BackupError(
          'ARCHIVE_CORRUPT',
          `The archive ${filename} is left as it is, because it is damaged: ${found.problem}`,
        );
      }
      return this.item(found.manifest, filename);
    });
  }

  private async find(filename: string): Promise<ArchiveFile | undefined> {
    return (await this.destination.listArchives()).find((archive) => archive.filename === filename);
  }

  private item(manifest: Manifest, archive: string | null): PackItem {
    const { id, filename } = manifest;
    return {
      manifest,
      manifestFile: this.destination.manifestOf({ id, archive }),
      document: this.destination.documentOf({ filename, archive }),
    };
  }
}
