import { Injectable, Logger } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { SnapshotRepository } from '../stores/snapshot.repository.js';
import { BackupError } from '../model/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import { DayArchives } from './day-archives.js';
import { assertCompleted } from './job-outcome.js';
import type { JobContext } from './job-run.js';
import { JobQueue } from './job.queue.js';

/** Deletes one snapshot, wherever it lies, with its parts if it has any. Recorded as a clean-up of that snapshot, and like every clean-up never beside a capture or restore. */
@Injectable()
export class RemoveOperation {
  private readonly logger = new Logger('Backup');

  constructor(
    private readonly queue: JobQueue,
    private readonly catalog: Catalog,
    private readonly repository: SnapshotRepository,
    private readonly archives: DayArchives,
  ) {}

  /** @throws BackupError `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_PINNED`, `SNAPSHOT_IN_USE` naming what needs it, or `INDEXING` while that is not known */
  async remove(id: string, requestedBy: string | null): Promise<void> {
    await this.removable(id);
    const job = await this.queue.run({
      type: 'cleanup',
      lane: 'source',
      snapshotId: id,
      requestedBy,
      run: async (context) => {
        const snapshots = await this.removable(id);
        let freed = 0;
        for (const snapshot of snapshots) freed += await this.delete(snapshot, context);
        this.logger.log(`Deleted ${id} (requested by: ${requestedBy ?? 'unknown'})`);
        return { archived: 0, deleted: snapshots.length, freed_bytes: freed };
      },
    });
    assertCompleted(job);
  }

  /** What goes: the snapshot, and then its parts. */
  private async removable(id: string): Promise<Snapshot[]> {
    const parts = await this.catalog.partsOf(id);
    const snapshots = [await this.assertRemovable(id)];
    for (const part of parts) snapshots.push(await this.assertRemovable(part, id));
    return snapshots;
  }

  /** @param whole what it goes with */
  private async assertRemovable(id: string, whole?: string): Promise<Snapshot> {
    const snapshot = await this.catalog.get(id);
    if (snapshot.pinned)
      throw new BackupError('SNAPSHOT_PINNED', `Snapshot "${id}" is pinned. Unpin it before you delete it.`);
    await this.assertPinKnown(id);
    const dependents = (await this.catalog.dependents(id)).filter((dependent) => dependent !== whole);
    if (dependents.length > 0) {
      const named =
        dependents.slice(0, 5).join(', ') + (dependents.length > 5 ? ` and ${dependents.length - 5} more` : '');
      throw new BackupError('SNAPSHOT_IN_USE', `Snapshot "${id}" is needed by ${named}. Delete those first.`, {
        dependents,
      });
    }
    const restore = this.queue.unfinished('restore').find((job) => job.snapshot_id === id);
    if (restore) {
      throw new BackupError(
        'SNAPSHOT_IN_USE',
        `Snapshot "${id}" is about to be restored. Cancel that job or wait until it ends.`,
        { job_id: restore.id },
      );
    }
    return snapshot;
  }

  /** Where pins cannot be read now, the catalog may still know them from before. */
  private async assertPinKnown(id: string): Promise<void> {
    const { pinsUnknown, pinsRemembered } = await this.catalog.condition();
    if (pinsUnknown === null || pinsRemembered) return;
    throw new BackupError('SNAPSHOT_PINNED', `Cannot tell whether snapshot "${id}" is pinned: ${pinsUnknown}`);
  }

  private async delete(snapshot: Snapshot, context: JobContext): Promise<number> {
    if (snapshot.archive !== null)
      return this.archives.remove(snapshot.archive, new Set([snapshot.id]), context.task(0, 1));
    await context.fence.whileHeld(async () => {
      await this.repository.removeSnapshot(snapshot.id);
      await this.catalog.removeSnapshots([snapshot.id]);
    });
    return snapshot.size_bytes;
  }
}
