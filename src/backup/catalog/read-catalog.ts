import { setImmediate } from 'node:timers/promises';
import type { ArchiveFile } from '../stores/found-snapshot.js';
import type { SnapshotRepository } from '../stores/snapshot.repository.js';
import { BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import { assertSnapshotId, isSnapshotId } from '../model/snapshot-id.js';
import type { Snapshot, SnapshotOutline } from '../model/snapshot.js';
import type { Clock } from '../system/clock.js';
import type { AnnotationStore } from './annotation.store.js';
import type { CatalogStore, CatalogTables } from './catalog.store.js';
import { statisticsOf } from './catalog.statistics.js';
import {
  Catalog,
  type CatalogStats,
  type IndexingProgress,
  type JobQuery,
  type LatestQuery,
  type Page,
  type RestorePointQuery,
  type SnapshotFilter,
  type SnapshotQuery,
  type SnapshotTotals,
} from './catalog.js';
import { piecesOf } from './chunks.js';
import type { Indexer } from './indexer.js';
import { stillIndexing } from './still-indexing.js';

/** What is asked of a catalog, with what can be said while a part of it is missing. */
export abstract class ReadCatalog extends Catalog {
  protected abstract readonly store: CatalogStore;
  protected abstract readonly indexer: Indexer;
  protected abstract readonly annotations: AnnotationStore;
  protected abstract readonly options: { repository: SnapshotRepository; clock: Clock };

  override indexing(): IndexingProgress | null {
    return this.indexer.progress;
  }

  override indexed(signal?: AbortSignal): Promise<void> {
    return this.indexer.ended(signal);
  }

  override async find(id: string): Promise<Snapshot | null> {
    if (!isSnapshotId(id)) return null;
    const { progress } = this.indexer;
    const found = await this.store.use(({ snapshots }) => snapshots.find(id));
    return found ?? (progress && this.listNow(id));
  }

  override async get(id: string): Promise<Snapshot> {
    assertSnapshotId(id);
    const snapshot = await this.find(id);
    if (snapshot) return snapshot;
    this.assertWhole();
    throw new BackupError('SNAPSHOT_NOT_FOUND', `There is no snapshot "${id}".`, { advice: ['list_snapshots'] });
  }

  override async page(query: SnapshotQuery): Promise<Page<Snapshot>> {
    return this.store.use(({ snapshots }) => snapshots.page(query));
  }

  override async all(filter: SnapshotFilter = {}): Promise<Snapshot[]> {
    return this.ofWhole(({ snapshots }) => snapshots.all(filter));
  }

  override async outlines(): Promise<SnapshotOutline[]> {
    return this.ofWhole(({ snapshots }) => snapshots.outlines());
  }

  override async *pieces(filter: SnapshotFilter = {}): AsyncGenerator<Snapshot[]> {
    const ids = await this.store.use(({ snapshots }) => snapshots.ids(filter));
    for (const piece of piecesOf(ids)) {
      yield await this.store.use(({ snapshots }) => snapshots.among(piece, filter));
      await setImmediate();
    }
  }

  override async restorePoints(query: RestorePointQuery = {}, limit?: number): Promise<Snapshot[]> {
    return this.ofWhole(({ snapshots }) => snapshots.restorePoints(query, limit));
  }

  override async newest(query: RestorePointQuery = {}): Promise<Snapshot> {
    const [newest] = await this.restorePoints(query, 1);
    if (newest) return newest;
    const ofPlan = query.plan === undefined ? '' : ` of plan "${query.plan}"`;
    const before = query.to === undefined ? '' : ` from before ${query.to}`;
    throw new BackupError(
      'SNAPSHOT_NOT_FOUND',
      `There is no snapshot${ofPlan}${before} that restores everything and is not known to be damaged.`,
    );
  }

  override async latest(query: LatestQuery): Promise<Snapshot | null> {
    return this.store.use(({ snapshots }) => snapshots.latest(query));
  }

  override latestTimed(plan: string): Promise<Snapshot | null> {
    return this.latest({ plan, triggers: ['scheduled', 'startup'] });
  }

  override async dependents(id: string): Promise<string[]> {
    return this.ofWhole(({ snapshots }) => snapshots.dependents(id));
  }

  override async partsOf(id: string): Promise<string[]> {
    return this.store.use(({ snapshots }) => snapshots.partsOf(id));
  }

  override async archives(): Promise<(ArchiveFile & { date: string })[]> {
    return this.store.use(({ archives }) => archives.all());
  }

  override async totalsOf(plan: string): Promise<SnapshotTotals> {
    return this.store.use(({ figures }) => figures.totals({ plan }));
  }

  override stats(): Promise<CatalogStats> {
    return this.store.use((tables) => statisticsOf(tables, this.options.clock.now()));
  }

  override async nextSequence(): Promise<number | null> {
    const highest = await this.store.use(({ snapshots }) => snapshots.highestSequence());
    return this.indexer.progress ? null : highest + 1;
  }

  override async getJob(id: string): Promise<Job> {
    return this.store.use(({ jobs }) => jobs.get(id));
  }

  override async jobs(query: JobQuery): Promise<Page<Job>> {
    return this.store.use(({ jobs }) => jobs.page(query));
  }

  override async captureJobs(plan: string, until: Date, limit: number): Promise<Job[]> {
    return this.store.use(({ jobs }) => jobs.captures(plan, until, limit));
  }

  override async latestCaptureJob(plan: string): Promise<Job | null> {
    return this.store.use(({ jobs }) => jobs.latestCapture(plan));
  }

  /** What is only right where nothing is missing, before or after it was read. @throws BackupError `INDEXING` */
  private async ofWhole<T>(read: (tables: CatalogTables) => Promise<T>): Promise<T> {
    this.assertWhole();
    const found = await this.store.use(read);
    this.assertWhole();
    return found;
  }

  private assertWhole(): void {
    if (this.indexer.progress) throw stillIndexing(this.indexer.progress);
  }

  /** Whoever names one that is not listed yet need not wait until its turn comes. */
  private async listNow(id: string): Promise<Snapshot | null> {
    const found = await this.options.repository.look(id);
    if (!found) return null;
    const { annotations } = await this.annotations.read();
    return this.store.use(async ({ snapshots, reconciliation }) => {
      await reconciliation.intake.add([found], annotations);
      return snapshots.find(id);
    });
  }
}
