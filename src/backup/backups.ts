import type { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { type Annotation, Catalog, type Page, type RestorePointQuery, type SnapshotQuery } from './catalog/catalog.js';
import type { Comparison } from './model/comparison.js';
import { asBackupError, type BackupError } from './model/errors.js';
import type { Job } from './model/job.js';
import type { CleanupResult, RestoreResult, Verification } from './model/job-results.js';
import type { Snapshot } from './model/snapshot.js';
import { CaptureOperation } from './operations/capture.operation.js';
import { CleanupOperation, type CleanupPreview } from './operations/cleanup.operation.js';
import { CompareOperation, NOW } from './operations/compare.operation.js';
import { type ExtractedDocument, ExtractOperation } from './operations/extract.operation.js';
import { type BackupHealth, HealthQuery } from './operations/health.query.js';
import { assertCompleted, errorOf, resultOf } from './operations/job-outcome.js';
import { JobQueue } from './operations/job.queue.js';
import { RemoveOperation } from './operations/remove.operation.js';
import { RestoreOperation } from './operations/restore.operation.js';
import { type BackupStats, StatsQuery } from './operations/stats.query.js';
import { VerifyOperation } from './operations/verify.operation.js';

/** What every method that runs a job takes. */
export interface JobOptions {
  /** Ends the job: one that waits never runs, a running one is ended and leaves nothing behind. The method then throws `CANCELLED`. */
  signal?: AbortSignal;
  /** Stands in the history as who asked for it. @default null */
  requestedBy?: string | null;
}

export interface CaptureOptions extends JobOptions {
  /** The plan to run. @default `auto`, or the first one */
  plan?: string;
  /** Asks for one that stands alone. @default as the day needs it */
  kind?: 'full';
  /** @default null */
  description?: string | null;
}

export interface RestoreOptions extends JobOptions {
  /** Only these tables. @default all */
  tables?: string[];
  /** Put files here instead of where they were: a place that is new, or an empty folder. @default in place */
  to?: string;
  /** Let columns that the snapshot lacks take their default, and leave out what the live schema no longer has. @default false: `SCHEMA_MISMATCH` */
  allowSchemaChanges?: boolean;
  /** Run what the snapshot's schema holds although this installation did not take it: somebody has read it. @default false: `SCHEMA_NOT_TRUSTED` */
  trustSchema?: boolean;
  /** Restore although the present state cannot be, or need not be, kept. @default false */
  skipSafetySnapshot?: boolean;
}

export interface RowsOptions {
  /** How many rows to leave out. @default 0 */
  offset?: number;
  /** How many rows to read. @default 100 */
  limit?: number;
}

export interface CleanupOptions extends Pick<JobOptions, 'requestedBy'> {
  /** Says that the clock is right though it jumped ahead. @default false */
  confirmClock?: boolean;
}

/** What {@link Backups.on} tells, by its name. */
export interface BackupEvents {
  'backup.completed': { job: Job };
  'backup.failed': { job: Job; error: BackupError };
  'restore.completed': { job: Job };
  'restore.failed': { job: Job; error: BackupError };
  'verification.completed': { job: Job };
  'verification.failed': { job: Job; error: BackupError };
  'cleanup.completed': { job: Job };
  'cleanup.failed': { job: Job; error: BackupError };
}

const SUBJECTS = { capture: 'backup', restore: 'restore', verify: 'verification', cleanup: 'cleanup' } as const;

/**
 * Backups from the code of an application. Each method returns when what it does is done, and throws a {@link BackupError} with a `code` when it could not be.
 *
 * ```ts
 * constructor(private readonly backups: Backups) {}
 *
 * async migrate(): Promise<void> {
 *   const { id } = await this.backups.capture({ description: 'Before the migration' });
 *   …
 *   await this.backups.restore(id);
 * }
 * ```
 */
@Injectable()
export class Backups {
  private readonly logger = new Logger('Backup');

  constructor(
    private readonly catalog: Catalog,
    private readonly queue: JobQueue,
    private readonly captures: CaptureOperation,
    private readonly restores: RestoreOperation,
    private readonly verifications: VerifyOperation,
    private readonly comparisons: CompareOperation,
    private readonly extracts: ExtractOperation,
    private readonly removals: RemoveOperation,
    private readonly cleanups: CleanupOperation,
    private readonly healthQuery: HealthQuery,
    private readonly statsQuery: StatsQuery,
  ) {}

  /**
   * Takes a snapshot now.
   * @throws BackupError `PLAN_NOT_FOUND`, `TOO_MANY_JOBS`, `DISK_FULL`, `DATABASE_UNAVAILABLE`, …
   */
  async capture({ signal, requestedBy = null, ...asked }: CaptureOptions = {}): Promise<Snapshot> {
    signal?.throwIfAborted();
    const { id } = await this.captures.request({ ...asked, requestedBy, trigger: { type: 'manual' } });
    const job = await this.finished(id, signal);
    assertCompleted(job);
    return this.catalog.get(job.snapshot_id!);
  }

  /**
   * Snapshots by pages, newest first; while they are still being listed after a start (`indexing` in {@link health}), those that are.
   * @param query which ones. @default the first 50 of all
   */
  list(query: Partial<SnapshotQuery> = {}): Promise<Page<Snapshot>> {
    return this.catalog.page({ page: 1, page_size: 50, ...query });
  }

  /** @throws BackupError `SNAPSHOT_NOT_FOUND` */
  get(id: string): Promise<Snapshot> {
    return this.catalog.get(id);
  }

  /** The newest snapshot that restores everything, once all are listed. @throws BackupError `SNAPSHOT_NOT_FOUND` */
  async newest(query: Pick<RestorePointQuery, 'plan' | 'to'> = {}): Promise<Snapshot> {
    await this.catalog.indexed();
    return this.catalog.newest(query);
  }

  /** Describes or pins a snapshot. @throws BackupError `SNAPSHOT_NOT_FOUND` */
  annotate(id: string, annotation: Annotation): Promise<Snapshot> {
    return this.catalog.annotate(id, annotation);
  }

  /** Reads the stored bytes again and compares them with the manifest; a damaged snapshot is an answer, not an error. @throws BackupError `SNAPSHOT_NOT_FOUND` */
  verify(id: string, { requestedBy = null }: Pick<JobOptions, 'requestedBy'> = {}): Promise<Verification> {
    return this.verifications.verify(id, requestedBy);
  }

  /**
   * How many rows were added, removed and changed from one snapshot to another one, or to the live database.
   * @param after the id of a snapshot, or `'now'`. @default 'now'
   * @throws BackupError `SNAPSHOT_NOT_FOUND`, `NOT_COMPARABLE`, …
   */
  diff(before: string, after: string = NOW, { signal }: Pick<JobOptions, 'signal'> = {}): Promise<Comparison> {
    return this.comparisons.compare(before, after, signal);
  }

  /**
   * Puts the database, some tables, or files back to a snapshot, after a safety snapshot of what is there. Requests to the application are answered with 503 meanwhile.
   * @throws BackupError `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_CORRUPT`, `SCHEMA_MISMATCH`, …; the data is then as it was
   */
  async restore(id: string, { signal, requestedBy = null, ...choices }: RestoreOptions = {}): Promise<RestoreResult> {
    signal?.throwIfAborted();
    const job = await this.restores.request(id, { ...choices, confirm: id }, requestedBy);
    return resultOf('restore', await this.finished(job.id, signal));
  }

  /** The whole document of a snapshot as a stream, a differential put together with its base. @throws BackupError `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_CORRUPT` */
  extract(id: string): Promise<ExtractedDocument> {
    return this.extracts.document(id);
  }

  /** Rows of one table of a snapshot, as a stream of JSON. @throws BackupError `SNAPSHOT_NOT_FOUND`, `TABLE_NOT_FOUND`, `SNAPSHOT_CORRUPT` */
  rows(id: string, table: string, { offset = 0, limit = 100 }: RowsOptions = {}): Promise<Readable> {
    return this.extracts.table(id, table, offset, limit);
  }

  /** Deletes a snapshot, once it is known what needs it. @throws BackupError `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_PINNED`, `SNAPSHOT_IN_USE` */
  async remove(id: string, { requestedBy = null }: Pick<JobOptions, 'requestedBy'> = {}): Promise<void> {
    await this.catalog.indexed();
    return this.removals.remove(id, requestedBy);
  }

  /** Archives and deletes what is due, as it happens by itself once an hour. @throws BackupError `CLOCK_DOUBTFUL`, `DISK_FULL`, … */
  cleanup({ requestedBy = null, confirmClock = false }: CleanupOptions = {}): Promise<CleanupResult> {
    return this.cleanups.run(requestedBy, 'all', { confirmClock });
  }

  /** What {@link cleanup} would do now, and why the others stay, once all are listed. */
  async cleanupPreview(): Promise<CleanupPreview> {
    await this.catalog.indexed();
    return this.cleanups.preview();
  }

  /** Whether backups are fine, and if not, why. */
  health(): Promise<BackupHealth> {
    return this.healthQuery.health();
  }

  /** Counts, sizes and free space. */
  stats(): Promise<BackupStats> {
    return this.statsQuery.stats();
  }

  /**
   * Calls a listener with what this process finishes, whoever asked for it; what was cancelled is neither completed nor failed.
   *
   * ```ts
   * backups.on('backup.failed', ({ error }) => pager.alert(error.message));
   * ```
   * @returns how to stop that
   */
  on<Name extends keyof BackupEvents>(name: Name, listener: (event: BackupEvents[Name]) => unknown): () => void {
    return this.queue.onFinished((job) => {
      if (job.status === 'cancelled' || name !== `${SUBJECTS[job.type]}.${job.status}`) return;
      const error = errorOf(job);
      // Neither a listener that throws nor one whose promise rejects may trouble the queue, or the process.
      Promise.resolve({ job, ...(error && { error }) } as BackupEvents[Name])
        .then(listener)
        .catch((thrown: unknown) =>
          this.logger.error(`A listener of ${name} failed: ${asBackupError(thrown).message}`),
        );
    });
  }

  private async finished(id: string, signal: AbortSignal | undefined): Promise<Job> {
    // One that has just ended cannot be cancelled any more; how it ended is told below.
    const cancel = () => void this.queue.cancel(id).catch(() => undefined);
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) cancel();
    try {
      return await this.queue.whenFinished(id);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }
}
