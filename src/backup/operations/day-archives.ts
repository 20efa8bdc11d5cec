import { Injectable } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import type { ArchiveFile } from '../stores/found-snapshot.js';
import { SnapshotRepository } from '../stores/snapshot.repository.js';
import { EngineHost } from '../engines/engine-host.js';
import type { PackedArchive, PackItem } from '../engines/archive.task.js';
import { BackupError } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import type { SnapshotOutline } from '../model/snapshot.js';
import { archiveName } from '../model/snapshot-id.js';
import { Clock } from '../system/clock.js';
import type { FencedRun } from './job-run.js';

type Damaged = PackedArchive['damaged'];

/**
 * Moves snapshots into their day's archive and out of it. An archive is never changed in place: a new one is written aside, checked entry by
 * entry, and takes the old one's name. Every step may be repeated after a crash: a snapshot that is in the archive and still in the folder is then
 * only removed from the folder.
 */
@Injectable()
export class DayArchives {
  constructor(
    private readonly catalog: Catalog,
    private readonly repository: SnapshotRepository,
    private readonly host: EngineHost,
    private readonly clock: Clock,
  ) {}

  /**
   * Packs the regular snapshots of a day, together with what its archive holds already, and only then removes the regular files. Snapshots that turn
   * out to be damaged stay where they are, are marked as invalid, and are returned.
   */
  async add(
    day: string,
    snapshots: readonly SnapshotOutline[],
    run: FencedRun,
  ): Promise<{ archived: number; damaged: Damaged }> {
    const filename = archiveName(day);
    const held = await this.contents(filename);
    const { items: regular, damaged } = await this.regularItems(snapshots);
    const items = [...held, ...regular.filter((item) => !isAmong(held, item, filename))];
    if (items.length > 0) damaged.push(...(await this.packAndPublish(filename, items, run)));
    const rotten = new Set(damaged.map(({ id }) => id));
    for (const id of rotten) await this.catalog.recordVerification(id, false, this.clock.now());
    const archived = snapshots.filter(({ id }) => !rotten.has(id));
    for (const { id } of archived) await run.fence.whileHeld(() => this.repository.removeSnapshot(id));
    return { archived: archived.length, damaged };
  }

  /** Deletes snapshots out of an archive, the archive itself when nothing else is in it. @returns the bytes this freed */
  async remove(filename: string, ids: ReadonlySet<string>, run: FencedRun): Promise<number> {
    const before = await this.find(filename);
    const listed = await this.catalog.all({ archive: filename });
    if (listed.every(({ id }) => ids.has(id))) {
      await run.fence.whileHeld(async () => {
        await this.repository.removeArchive(filename);
        await this.catalog.removeSnapshots([...ids]);
        if (before) await this.catalog.setArchive(before, []);
      });
      return before?.size_bytes ?? 0;
    }
    const items = (await this.contents(filename)).filter(({ manifest }) => !ids.has(manifest.id));
    await this.packAndPublish(filename, items, run);
    await run.fence.whileHeld(() => this.catalog.removeSnapshots([...ids]));
    return (before?.size_bytes ?? 0) - ((await this.find(filename))?.size_bytes ?? 0);
  }

  /** @returns the regular snapshots it had to leave out */
  private async packAndPublish(filename: string, items: PackItem[], run: FencedRun): Promise<Damaged> {
    const archivePath = this.repository.workspace.archivePath(filename);
    const { temporaryPath, damaged } = await this.host.run('archive.pack', { archivePath, items }, run);
    const left = new Map(damaged.map(({ id, message }) => [id, message]));
    // Damage inside the archive that is to be replaced stops it: what is unreadable today may be saved by hand.
    const inside = items.find(({ manifest, document }) => document.entry !== null && left.has(manifest.id));
    if (inside) throw leftAlone(filename, left.get(inside.manifest.id)!);
    const ids = items.map(({ manifest }) => manifest.id).filter((id) => !left.has(id));
    if (ids.length === 0) return damaged; // an empty archive under a temporary name, swept with the job that now fails
    await run.fence.whileHeld(async () => {
      await this.repository.publishArchive(temporaryPath, filename);
      const archive = await this.find(filename);
      if (!archive) throw vanished(filename);
      await this.catalog.setArchive(archive, ids);
    });
    return damaged;
  }

  private async regularItems(snapshots: readonly SnapshotOutline[]): Promise<{ items: PackItem[]; damaged: Damaged }> {
    const items: PackItem[] = [];
    const damaged: Damaged = [];
    for (const snapshot of snapshots) {
      try {
        items.push(await this.item(await this.repository.readManifest(snapshot), null));
      } catch (error) {
        if (!(error instanceof BackupError) || error.code !== 'SNAPSHOT_CORRUPT') throw error;
        damaged.push({ id: snapshot.id, message: error.message });
      }
    }
    return { items, damaged };
  }

  /** What an archive holds, nothing when there is none yet. */
  private async contents(filename: string): Promise<PackItem[]> {
    if (!(await this.find(filename))) return [];
    const items = (await this.repository.readArchive(filename)).map((found) => {
      if ('problem' in found) throw leftAlone(filename, found.problem);
      return this.item(found.manifest, filename);
    });
    return Promise.all(items);
  }

  private async find(filename: string): Promise<ArchiveFile | undefined> {
    return (await this.repository.listArchives()).find((archive) => archive.filename === filename);
  }

  private async item(manifest: Manifest, archive: string | null): Promise<PackItem> {
    const { id, filename } = manifest;
    return {
      manifest,
      manifestFile: await this.repository.manifestOf({ id, archive }),
      document: await this.repository.documentOf({ filename, archive }),
    };
  }
}

/** Whether an archive holds this very snapshot already, as it does after a crash between publishing it and removing the regular files. */
function isAmong(held: readonly PackItem[], { manifest }: PackItem, filename: string): boolean {
  const other = held.find((item) => item.manifest.id === manifest.id);
  if (other && other.manifest.checksum !== manifest.checksum) {
    throw leftAlone(filename, `its snapshot "${manifest.id}" differs from the regular one.`);
  }
  return other !== undefined;
}

const leftAlone = (filename: string, problem: string): BackupError =>
  new BackupError('ARCHIVE_CORRUPT', `The archive ${filename} is damaged and was not changed: ${problem}`);

const vanished = (filename: string): BackupError =>
  new BackupError(
    'ARCHIVE_NOT_FOUND',
    `The archive ${filename} disappeared right after it was written. Check which other programs write to the backup folder.`,
  );
