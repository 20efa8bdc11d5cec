import { Logger, type LoggerService } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { ArchiveFile, Destination } from '../destinations/destination.js';
import { BackupError } from '../model/errors.js';
import type { Job, JobStatus } from '../model/job.js';
import { assertSnapshotId, isSnapshotId } from '../model/snapshot-id.js';
import type { Snapshot, SnapshotLocation } from '../model/snapshot.js';
import type { Clock } from '../system/clock.js';
import { AnnotationStore } from './annotation.store.js';
import { ArchiveTable } from './archive.table.js';
import { openCatalogDatabase } from './catalog.connection.js';
import {
  Catalog,
  RECENT_DAYS,
  type Annotation,
  type CaptureOutcomes,
  type CatalogStats,
  type JobQuery,
  type Page,
  type RestorePointQuery,
  type SnapshotQuery,
  type SnapshotTotals,
} from './catalog.js';
import { JobHistory } from './job.history.js';
import { Reconciliation } from './reconciliation.js';
import { Serial } from './serial.js';
import { SnapshotTable } from './snapshot.table.js';

const DAY_MS = 86_400_000;

export interface TypeOrmCatalogOptions {
  /** `sqlite:<path>` */
  url: string;
  destination: Destination;
  clock: Clock;
  logger?: Pick<LoggerService, 'warn' | 'error'>;
}

interface OpenCatalog {
  database: DataSource;
  snapshots: SnapshotTable;
  archives: ArchiveTable;
  jobs: JobHistory;
  reconciliation: Reconciliation;
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
  private readonly logger: Pick<LoggerService, 'warn' | 'error'>;
  private opened: OpenCatalog | undefined;

  constructor(private readonly options: TypeOrmCatalogOptions) {
    super();
    this.annotations = new AnnotationStore(options.destination);
    this.logger = options.logger ?? new Logger('BackupCatalog');
  }

  override async open(): Promise<void> {
    const { url, destination, clock } = this.options;
    // Two processes that make it at the same moment would each find the other's broken.
    const { database, setAside, isOutdated } = await destination.exclusively(() =>
      openCatalogDatabase(url, clock.now()),
    );
    if (setAside !== null) {
      this.logger.warn(
        `The catalog was broken and is rebuilt from the manifests; the job history starts anew. The old file: ${setAside}`,
      );
    }
    const snapshots = new SnapshotTable(database.manager);
    const archives = new ArchiveTable(database.manager);
    const jobs = new JobHistory(database.manager);
    const reconciliation = new Reconciliation(destination, snapshots, archives, this.annotations, this.logger);
    this.opened = { database, snapshots, archives, jobs, reconciliation };
    try {
      await jobs.failInterrupted(clock.now(), { own: 'ended' });
      await jobs.prune();
      await (isOutdated ? this.rebuild() : this.reconcile());
      await reconciliation.reportBroken();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  override async close(): Promise<void> {
    const close = async () => {
      const { opened } = this;
      this.opened = undefined;
      await opened?.database.destroy();
    };
    await this.changes.run(() => this.jobChanges.run(close));
  }

  override reconcile(): Promise<void> {
    return this.alone(() => this.tables.reconciliation.run());
  }

  override rebuild(): Promise<void> {
    return this.alone(() => this.tables.reconciliation.run({ anew: true }));
  }

  override async find(id: string): Promise<Snapshot | null> {
    return isSnapshotId(id) ? this.tables.snapshots.find(id) : null;
  }

  override async get(id: string): Promise<Snapshot> {
    assertSnapshotId(id);
    const snapshot = await this.find(id);
    if (snapshot) return snapshot;
    throw new BackupError(
      'SNAPSHOT_NOT_FOUND',
      `There is no snapshot "${id}". GET /admin/database/backups lists the ids.`,
    );
  }

  override async page(query: SnapshotQuery): Promise<Page<Snapshot>> {
    return this.tables.snapshots.page(query);
  }

  override async all(filter: { location?: SnapshotLocation; archive?: string } = {}): Promise<Snapshot[]> {
    return this.tables.snapshots.all(filter);
  }

  override async restorePoints(query: RestorePointQuery = {}, limit?: number): Promise<Snapshot[]> {
    return this.tables.snapshots.restorePoints(query, limit);
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

  override async latestTimed(plan: string): Promise<Snapshot | null> {
    return this.tables.snapshots.newestOf(plan, ['scheduled', 'startup']);
  }

  override async dependents(id: string): Promise<string[]> {
    return this.tables.snapshots.dependents(id);
  }

  override async partsOf(id: string): Promise<string[]> {
    return this.tables.snapshots.partsOf(id);
  }

  override async archives(): Promise<(ArchiveFile & { date: string })[]> {
    return this.tables.archives.all();
  }

  override async totalsOf(plan: string): Promise<SnapshotTotals> {
    return this.tables.snapshots.totals({ plan });
  }

  override async stats(): Promise<CatalogStats> {
    const { snapshots, archives, jobs } = this.tables;
    const sizes = (await archives.all()).map(({ size_bytes }) => size_bytes);
    const { latest, oldest } = await snapshots.span();
    const since = new Date(this.options.clock.now().getTime() - (RECENT_DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
    return {
      regular: await snapshots.totals({ location: 'regular' }),
      archived: {
        ...(await snapshots.totals({ location: 'archived' })),
        size_bytes: sizes.reduce((sum, size) => sum + size, 0),
      },
      latest_backup: latest,
      oldest_backup: oldest,
      by_trigger: await snapshots.byTrigger(),
      by_status: await jobs.capturesByStatus(),
      by_day: await snapshots.byDay(since),
      captures: outcomes(await jobs.capturesByStatus(since)),
    };
  }

  override async highestSequence(): Promise<number> {
    return this.tables.snapshots.highestSequence();
  }

  override addSnapshot(snapshot: Snapshot): Promise<void> {
    return this.changes.run(() => this.tables.snapshots.add(snapshot));
  }

  override removeSnapshots(ids: readonly string[]): Promise<void> {
    return this.changes.run(() => this.forget(ids));
  }

  override setArchive(archive: ArchiveFile, ids: readonly string[]): Promise<void> {
    return this.changes.run(async () => {
      const { snapshots, archives } = this.tables;
      await archives.saveUnread(archive);
      const staying = new Set(ids);
      const moved = await snapshots.moveTo(archive.filename, [...staying]);
      await this.forget((await snapshots.idsIn(archive.filename)).filter((id) => !staying.has(id)));
      if (ids.length === 0) await archives.remove(archive.filename);
      else if (moved === staying.size) await archives.save(archive); // else one is not known here yet: the archive is to be read
    });
  }

  override annotate(id: string, annotation: Annotation): Promise<Snapshot> {
    return this.alone(async () => {
      await this.get(id);
      const said = await this.annotations.change(id, annotation);
      await this.tables.snapshots.annotate(new Map([[id, said]]), [id]);
      return this.get(id);
    });
  }

  override recordVerification(id: string, isValid: boolean, at: Date): Promise<void> {
    return this.changes.run(() => this.tables.snapshots.verified(id, isValid, at));
  }

  override saveJob(job: Job): Promise<void> {
    return this.jobChanges.run(() => this.tables.jobs.save(job));
  }

  override endInterruptedJobs(): Promise<void> {
    return this.jobChanges.run(async () => {
      await this.tables.jobs.failInterrupted(this.options.clock.now(), { own: 'alive' });
    });
  }

  override async getJob(id: string): Promise<Job> {
    return this.tables.jobs.get(id);
  }

  override async jobs(query: JobQuery): Promise<Page<Job>> {
    return this.tables.jobs.page(query);
  }

  override async latestCaptureJob(plan: string): Promise<Job | null> {
    return this.tables.jobs.latestCapture(plan);
  }

  private get tables(): OpenCatalog {
    if (this.opened) return this.opened;
    throw new Error('The catalog is not open.');
  }

  /** Neither beside other changes of this process nor beside those of another one; in this order, which is that of whoever publishes or removes. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    return this.options.destination.exclusively(() => this.changes.run(work));
  }

  /** The one place where annotations go: a snapshot that merely cannot be found for now keeps its pin. */
  private async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.tables.snapshots.remove(ids);
    await this.annotations.drop(ids);
  }
}

function outcomes({ completed = 0, failed = 0 }: Partial<Record<JobStatus, number>>): CaptureOutcomes {
  const ended = completed + failed;
  return { completed, failed, success_rate: ended === 0 ? null : completed / ended };
}
