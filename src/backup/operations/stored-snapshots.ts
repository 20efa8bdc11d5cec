import { Injectable } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { SnapshotRepository } from '../stores/snapshot.repository.js';
import type { StoredSnapshot } from '../engines/snapshot.engine.js';
import { BackupError } from '../model/errors.js';
import type { FilesManifest, Manifest } from '../model/manifest.js';
import type { Snapshot } from '../model/snapshot.js';
import { isBundle, partIds } from '../model/sources.js';

/** Finds the files of a snapshot, and of the one it builds on, wherever they lie. */
@Injectable()
export class StoredSnapshots {
  constructor(
    private readonly catalog: Catalog,
    private readonly repository: SnapshotRepository,
  ) {}

  /** @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT` when the manifest cannot be read or trusted, or the base is gone */
  async locate(snapshot: Pick<Snapshot, 'id' | 'filename' | 'archive'>): Promise<StoredSnapshot<Manifest>> {
    const manifest = await this.repository.readManifest(snapshot);
    const base = manifest.base === null ? null : await this.locate(await this.baseOf(snapshot.id, manifest.base));
    return { manifest, document: await this.repository.documentOf(snapshot), base };
  }

  /**
   * Reads a snapshot outside the queue, while a clean-up may be moving it into an archive: where that happened, reading fails once and is repeated
   * at the new place.
   * @throws BackupError `SNAPSHOT_NOT_FOUND`
   */
  async read<T>(id: string, read: (stored: StoredSnapshot<Manifest>, snapshot: Snapshot) => Promise<T>): Promise<T> {
    const snapshot = await this.catalog.get(id);
    try {
      return await read(await this.locate(snapshot), snapshot);
    } catch (error) {
      const now = await this.catalog.get(id);
      if (now.archive === snapshot.archive) throw error;
      return read(await this.locate(now), now);
    }
  }

  private async baseOf(id: string, base: string): Promise<Snapshot> {
    const found = await this.catalog.find(base);
    if (!found)
      throw new BackupError(
        'SNAPSHOT_CORRUPT',
        `Snapshot "${id}" is based on "${base}", which is missing. Use another snapshot.`,
      );
    return found;
  }
}

/** Where snapshots are looked for: the application's own folder, or another. */
export interface SnapshotSource {
  catalog: Catalog;
  snapshots: StoredSnapshots;
}

/** What a restore of a snapshot restores: itself, or its parts in their order. */
export async function partsOf({ catalog, snapshots }: SnapshotSource, id: string): Promise<Snapshot[]> {
  const snapshot = await catalog.get(id);
  if (!isBundle(snapshot.source)) return [snapshot];
  const { manifest } = await snapshots.locate(snapshot);
  return Promise.all(partIds(manifest).map((part) => catalog.get(part)));
}

/** The same snapshot, known to be one of a database. @throws BackupError `UNSUPPORTED` for any other */
export function ofDatabase({ manifest, document, base }: StoredSnapshot<Manifest>): StoredSnapshot {
  if (manifest.source !== 'database')
    throw new BackupError(
      'UNSUPPORTED',
      `Snapshot "${manifest.id}" is a snapshot of ${manifest.source}, not of a database, and has no tables.`,
    );
  return { manifest, document, base: base && ofDatabase(base) };
}

/** The same snapshot, known to be one of files. @throws BackupError `UNSUPPORTED` for any other */
export function ofFiles({ manifest, document, base }: StoredSnapshot<Manifest>): StoredSnapshot<FilesManifest> {
  if (manifest.source !== 'files')
    throw new BackupError(
      'UNSUPPORTED',
      `Snapshot "${manifest.id}" is a snapshot of ${manifest.source}, not of files.`,
    );
  return { manifest, document, base: base && ofFiles(base) };
}
