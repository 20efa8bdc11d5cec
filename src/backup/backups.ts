import type { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { type Annotation, Catalog, type Page, type RestorePointQuery, type SnapshotQuery } from './catalog/catalog.js';
import type { Comparison } from './model/comparison.js';
import { asBackupError, BackupError } from './model/errors.js';
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
import { assertNotAborted, cancelledBy, checkedId, checkedOptions } from './method-options.js';

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

const EVENT_NAMES: readonly string[] = Object.values(SUBJECTS).flatMap((subject) => [
  `${subject}.completed`,
  `${subject}.failed`,
]);

/**
 * Backups from the code of an application. Each method returns when what it does is done, and throws a {@link BackupError} with a `code` when it could not be.
 * Options that a method does not know are refused (`VALIDATION_FAILED`): a misspelt `tables` would restore everything.
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
  async capture(options: CaptureOptions = {}): Promise<Snapshot> {
    const { signal, requestedBy = null, ...asked } = checkedOptions('capture', options);
    assertNotAborted(signal);
    const { id } = await this.captures.request({ ...asked, requestedBy, trigger: { type: 'manual' } });
    const job = await this.finished(id, signal);
    assertCompleted(job);
    return this.catalog.get(job.snapshot_id!);
  }

  /**
   * Snapshots by pages, newest first; while they are still being listed after a start (`indexing` in {@link health}), those that are.
   * @param query which ones. @default the first 50 of all
   */
  async list(query: Partial<SnapshotQuery> = {}): Promise<Page<Snapshot>> {
    return this.catalog.page({ page: 1, page_size: 50, ...checkedOptions('list', query) });
  }

  /** @throws BackupError `SNAPSHOT_NOT_FOUND` */
  async get(id: string): Promise<Snapshot> {
    return this.catalog.get(checkedId(id));
  }

  /** The newest snapshot that restores everything, once all are listed. @throws BackupError `SNAPSHOT_NOT_FOUND` */
  async newest(query: Pick<RestorePointQuery, 'plan' | 'to'> = {}): Promise<Snapshot> {
    const checked = checkedOptions('newest', query);
    await this.catalog.indexed();
    return this.catalog.newest(checked);
  }

  /** Describes or pins a snapshot. @throws BackupError `SNAPSHOT_NOT_FOUND` */
  async annotate(id: string, annotation: Annotation): Promise<Snapshot> {
    return this.catalog.annotate(checkedId(id), checkedOptions('annotate', annotation));
  }

  /** Reads the stored bytes again and compares them with the manifest; a damaged snapshot is an answer, not an error. @throws BackupError `SNAPSHOT_NOT_FOUND` */
  async verify(id: string, options: Pick<JobOptions, 'requestedBy'> = {}): Promise<Verification> {
    const { requestedBy = null } = checkedOptions('verify', options);
    return this.verifications.verify(checkedId(id), requestedBy);
  }

  /**
   * How many rows were added, removed and changed from one snapshot to another one, or to the live database.
   * @param after the id of a snapshot, or `'now'`. @default 'now'
   * @throws BackupError `SNAPSHOT_NOT_FOUND`, `NOT_COMPARABLE`, …
   */
  async diff(before: string, after: string = NOW, options: Pick<JobOptions, 'signal'> = {}): Promise<Comparison> {
    const { signal } = checkedOptions('diff', options);
    assertNotAborted(signal);
    try {
      return await this.comparisons.compare(checkedId(before), after === NOW ? after : checkedId(after), signal);
    } catch (error) {
      throw signal?.aborted ? cancelledBy(signal) : error;
    }
  }

  /**
   * Puts the database, some tables, or files back to a snapshot, after a safety snapshot of what is there. Requests to the application are answered with 503 meanwhile.
   * @throws BackupError `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_CORRUPT`, `SCHEMA_MISMATCH`, …; the data is then as it was
   */
  async restore(id: string, options: RestoreOptions = {}): Promise<RestoreResult> {
    const { signal, requestedBy = null, ...choices } = checkedOptions('restore', options);
    assertNotAborted(signal);
    const job = await this.restores.request(checkedId(id), { ...choices, confirm: id }, requestedBy);
    return resultOf('restore', await this.finished(job.id, signal));
  }

  /** The whole document of a snapshot as a stream, a differential put together with its base. @throws BackupError `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_CORRUPT` */
  async extract(id: string): Promise<ExtractedDocument> {
    return this.extracts.document(checkedId(id));
  }

  /** Rows of one table of a snapshot, as a stream of JSON. @throws BackupError `SNAPSHOT_NOT_FOUND`, `TABLE_NOT_FOUND`, `SNAPSHOT_CORRUPT` */
  async rows(id: string, table: string, options: RowsOptions = {}): Promise<Readable> {
    const { offset = 0, limit = 100 } = checkedOptions('rows', options);
    return this.extracts.table(checkedId(id), table, offset, limit);
  }

  /** Deletes a snapshot, once it is known what needs it. @throws BackupError `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_PINNED`, `SNAPSHOT_IN_USE` */
  async remove(id: string, options: Pick<JobOptions, 'requestedBy'> = {}): Promise<void> {
    const { requestedBy = null } = checkedOptions('remove', options);
    await this.catalog.indexed();
    return this.removals.remove(checkedId(id), requestedBy);
  }

  /** Archives and deletes what is due, as it happens by itself once an hour. @throws BackupError `CLOCK_DOUBTFUL`, `DISK_FULL`, … */
  async cleanup(options: CleanupOptions = {}): Promise<CleanupResult> {
    const { requestedBy = null, confirmClock = false } = checkedOptions('cleanup', options);
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
   * @throws BackupError `VALIDATION_FAILED` for a name that is none of these
   */
  on<Name extends keyof BackupEvents>(name: Name, listener: (event: BackupEvents[Name]) => unknown): () => void {
    if (!EVENT_NAMES.includes(name))
      throw new BackupError(
        'VALIDATION_FAILED',
        `Backups.on(): there is no event "${name}". Known events: ${EVENT_NAMES.join(', ')}.`,
      );
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
