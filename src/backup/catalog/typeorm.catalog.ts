import { setImmediate } from 'node:timers/promises';
import { Logger, type LoggerService } from '@nestjs/common';
import type { ArchiveFile, Destination } from '../destinations/destination.js';
import { asBackupError, BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import { assertSnapshotId, isSnapshotId } from '../model/snapshot-id.js';
import type { Snapshot, SnapshotOutline } from '../model/snapshot.js';
import type { Clock } from '../system/clock.js';
import { Serial } from '../system/serial.js';
import { AnnotationStore } from './annotation.store.js';
import { CatalogStore, type CatalogTables } from './catalog.store.js';
import { statisticsOf } from './catalog.statistics.js';
import {
  Catalog,
  type Annotation,
  type CatalogCondition,
  type CatalogStats,
  type JobQuery,
  type LatestQuery,
  type Page,
  type RestorePointQuery,
  type SnapshotFilter,
  type SnapshotQuery,
  type SnapshotTotals,
} from './catalog.js';
import { piecesOf } from './chunks.js';
import type { SnapshotTable } from './snapshot.table.js';

export interface TypeOrmCatalogOptions {
  /** `sqlite:<path>` */
  url: string;
  destination: Destination;
  clock: Clock;
  logger?: Pick<LoggerService, 'log' | 'warn' | 'error'>;
}

/**
 * The catalog in a small database of its own, which several processes may use. Reading goes straight there; whatever changes snapshots goes one after the
 * other, so that a reconciliation never brings back what is being removed beside it.
 */
export class TypeOrmCatalog extends Catalog {
  private readonly changes = new Serial();
  /** Beside the other: the progress of a job does not wait for a reconciliation. */
  private readonly jobChanges = new Serial();
  private readonly annotations: AnnotationStore;
  private readonly store: CatalogStore;
  private readonly logger: Pick<LoggerService, 'log' | 'warn' | 'error'>;

  constructor(private readonly options: TypeOrmCatalogOptions) {
    super();
    const { url, destination, clock } = options;
    this.logger = options.logger ?? new Logger('BackupCatalog');
    this.annotations = new AnnotationStore(destination);
    this.store = new CatalogStore({ url, destination, clock, annotations: this.annotations, logger: this.logger });
  }

  override async open(): Promise<void> {
    const now = this.options.clock.now();
    await this.store.open();
    await this.store.use(async ({ jobs }) => {
      await jobs.failInterrupted(now, { own: 'ended' });
      await jobs.prune();
    });
    await this.index();
  }

  override async close(): Promise<void> {
    await this.changes.run(() => this.jobChanges.run(() => this.store.close()));
  }

  override async condition(): Promise<CatalogCondition> {
    return {
      inMemory: this.store.trouble,
      pinsUnknown: (await this.annotations.read()).problem,
      pinsRemembered: !this.store.pinsUnread,
      verificationsLost: this.store.verificationsLost,
    };
  }

  override async tryAgain(): Promise<void> {
    if (this.store.mayReturn) await this.alone(() => this.jobChanges.run(() => this.store.returnToFile()));
  }

  override verificationsRenewed(): void {
    this.store.verificationsLost = false;
  }

  override reconcile(): Promise<void> {
    return this.alone(() => this.reconcileNow());
  }

  override rebuild(): Promise<void> {
    return this.alone(() => this.reconcileNow({ anew: true }));
  }

  override async find(id: string): Promise<Snapshot | null> {
    return isSnapshotId(id) ? this.store.use(({ snapshots }) => snapshots.find(id)) : null;
  }

  override async get(id: string): Promise<Snapshot> {
    assertSnapshotId(id);
    const snapshot = await this.find(id);
    if (snapshot) return snapshot;
    throw new BackupError('SNAPSHOT_NOT_FOUND', `There is no snapshot "${id}".`, { advice: ['list_snapshots'] });
  }

  override async page(query: SnapshotQuery): Promise<Page<Snapshot>> {
    return this.store.use(({ snapshots }) => snapshots.page(query));
  }

  override async all(filter: SnapshotFilter = {}): Promise<Snapshot[]> {
    return this.store.use(({ snapshots }) => snapshots.all(filter));
  }

  override async outlines(): Promise<SnapshotOutline[]> {
    return this.store.use(({ snapshots }) => snapshots.outlines());
  }

  override async *pieces(filter: SnapshotFilter = {}): AsyncGenerator<Snapshot[]> {
    const ids = await this.store.use(({ snapshots }) => snapshots.ids(filter));
    for (const piece of piecesOf(ids)) {
      yield await this.store.use(({ snapshots }) => snapshots.among(piece, filter));
      await setImmediate();
    }
  }

  override async restorePoints(query: RestorePointQuery = {}, limit?: number): Promise<Snapshot[]> {
    return this.store.use(({ snapshots }) => snapshots.restorePoints(query, limit));
  }

  override async newest(query: RestorePointQuery = {}): Promise<Snapshot> {
    const [newest] = await this.restorePoints(query, 1);
    if (newest) return newest;
    const of = query.plan === undefined ? '' : ` of a plan "${query.plan}"`;
    const before = query.to === undefined ? '' : ` from before ${query.to}`;
    throw new BackupError(
      'SNAPSHOT_NOT_FOUND',
      `There is no snapshot${of}${before} that restores everything and is not known to be damaged.`,
    );
  }

  override async latest(query: LatestQuery): Promise<Snapshot | null> {
    return this.store.use(({ snapshots }) => snapshots.latest(query));
  }

  override latestTimed(plan: string): Promise<Snapshot | null> {
    return this.latest({ plan, triggers: ['scheduled', 'startup'] });
  }

  override async dependents(id: string): Promise<string[]> {
    return this.store.use(({ snapshots }) => snapshots.dependents(id));
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

  override async highestSequence(): Promise<number> {
    return this.store.use(({ snapshots }) => snapshots.highestSequence());
  }

  override addSnapshot(snapshot: Snapshot): Promise<void> {
    return this.changes.run(() => this.store.use(({ snapshots }) => snapshots.add(snapshot)));
  }

  override removeSnapshots(ids: readonly string[]): Promise<void> {
    return this.changes.run(() => this.store.use(({ snapshots }) => this.forget(ids, snapshots)));
  }

  override setArchive(archive: ArchiveFile, ids: readonly string[]): Promise<void> {
    const step = async ({ snapshots, archives }: CatalogTables) => {
      await archives.saveUnread(archive);
      const staying = new Set(ids);
      const moved = await snapshots.moveTo(archive.filename, [...staying]);
      const gone = (await snapshots.idsIn(archive.filename)).filter((id) => !staying.has(id));
      await this.forget(gone, snapshots);
      if (ids.length === 0) await archives.remove(archive.filename);
      else if (moved === staying.size) await archives.save(archive); // else one is not known here yet: the archive is to be read
    };
    return this.changes.run(() => this.store.use(step));
  }

  override annotate(id: string, annotation: Annotation): Promise<Snapshot> {
    return this.alone(async () => {
      await this.get(id);
      const said = await this.annotations.change(id, annotation);
      await this.store.use(({ snapshots }) => snapshots.annotate(new Map([[id, said]]), [id]));
      return this.get(id);
    });
  }

  override recordVerification(id: string, isValid: boolean, at: Date): Promise<void> {
    return this.changes.run(() => this.store.saveVerification(id, isValid, at));
  }

  override saveJob(job: Job): Promise<void> {
    return this.jobChanges.run(() => this.store.saveJob(job));
  }

  override endInterruptedJobs(): Promise<void> {
    const step = async ({ jobs }: CatalogTables) => {
      await jobs.failInterrupted(this.options.clock.now(), { own: 'alive' });
    };
    return this.jobChanges.run(() => this.store.use(step));
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

  /** What the folder holds; where it cannot be read, what is listed already stays listed. */
  private async index(): Promise<void> {
    try {
      await (this.store.isOutdated ? this.rebuild() : this.reconcile());
      await this.store.use(({ reconciliation }) => reconciliation.reportBroken());
    } catch (error) {
      this.logger.error(`The list of snapshots may not be up to date: ${asBackupError(error).message}`);
    }
  }

  private async reconcileNow(how?: { anew: boolean }): Promise<void> {
    const { pinsRead, lostAll } = await this.store.use(({ reconciliation }) => reconciliation.run(how));
    const { regular, archived } = await this.stats();
    const isEmpty = regular.count + archived.count === 0;
    if (pinsRead) this.store.pinsUnread = false;
    if (lostAll) this.store.verificationsLost = true;
    else if (isEmpty) this.store.verificationsLost = false; // of none there is nothing to know
  }

  /** Neither beside other changes of this process nor beside those of another one; in this order, which is that of whoever publishes or removes. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    return this.options.destination.exclusively(() => this.changes.run(work));
  }

  /** The one place where annotations go: a snapshot that merely cannot be found for now keeps its pin. */
  private async forget(ids: readonly string[], snapshots: SnapshotTable): Promise<void> {
    if (ids.length === 0) return;
    await snapshots.remove(ids);
    await this.annotations.drop(ids).catch((error: unknown) => {
      this.logger.warn(`What was said of removed snapshots stays in annotations.json: ${asBackupError(error).message}`);
    });
  }
}
