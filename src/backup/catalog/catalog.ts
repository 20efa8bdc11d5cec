import type { ArchiveFile } from '../stores/found-snapshot.js';
import type { BackupError } from '../model/errors.js';
import type { Job, JobStatus, JobType } from '../model/job.js';
import type { SnapshotKind, SourceKind } from '../model/manifest.js';
import type { Snapshot, SnapshotLocation, SnapshotOutline } from '../model/snapshot.js';
import type { TriggerType } from '../model/trigger.js';

export interface Page<T> {
  items: T[];
  total: number;
  page: number;
  page_size: number;
}

export interface SnapshotQuery {
  /** From 1. */
  page: number;
  page_size: number;
  trigger?: TriggerType | undefined;
  kind?: SnapshotKind | undefined;
  plan?: string | undefined;
  source?: SourceKind | undefined;
  location?: SnapshotLocation | undefined;
  archive?: string | undefined;
  /** How its last verification went. */
  valid?: boolean | undefined;
  /** ISO 8601; `from` inclusive, `to` exclusive. */
  from?: string | undefined;
  to?: string | undefined;
  /** Part of the id, the description, or a subject (`student 5`), whatever the case. */
  q?: string | undefined;
}

/** Those that lie there; all of them by default. */
export interface SnapshotFilter {
  location?: SnapshotLocation;
  archive?: string;
}

/** The newest of a plan that fits. */
export interface LatestQuery {
  plan: string;
  source?: SourceKind | undefined;
  triggers?: readonly TriggerType[] | undefined;
  /** Made before this time, ISO 8601. */
  to?: string | undefined;
}

export interface RestorePointQuery {
  /** Only of this plan: then all that the plan captures is everything. */
  plan?: string | undefined;
  /** Made before this time, ISO 8601. */
  to?: string | undefined;
  /** Those that were found damaged too: for whoever wants to verify them again. */
  evenDamaged?: boolean | undefined;
}

export interface JobQuery {
  page: number;
  page_size: number;
  type?: JobType | undefined;
  status?: JobStatus | undefined;
}

export interface SnapshotTotals {
  count: number;
  size_bytes: number;
}

/** What is stored of one day (UTC) of creation, by the size of the documents. */
export interface DayTotals extends SnapshotTotals {
  /** `2026-01-30` */
  date: string;
}

/** How captures went. Cancelled ones are neither. */
export interface CaptureOutcomes {
  completed: number;
  failed: number;
  /** 0…1; null where none ended. */
  success_rate: number | null;
}

export interface CatalogStats {
  regular: SnapshotTotals;
  /** Archived snapshots counted one by one; their size is that of the archive files. */
  archived: SnapshotTotals;
  latest_backup: string | null;
  oldest_backup: string | null;
  by_trigger: Partial<Record<TriggerType, number>>;
  /** Capture jobs by how they ended. */
  by_status: Partial<Record<JobStatus, number>>;
  /** The last {@link RECENT_DAYS} days, oldest first; those with nothing stored are left out. */
  by_day: DayTotals[];
  /** Of the last {@link RECENT_DAYS} days. */
  captures: CaptureOutcomes;
}

/** How far back trends look. */
export const RECENT_DAYS = 30;

/** What people said about a snapshot after it was made. Undefined leaves a field as it is. */
export interface Annotation {
  description?: string | null | undefined;
  pinned?: boolean | undefined;
}

/** What the catalog cannot be relied on for. */
export interface CatalogCondition {
  /** Why it is kept in memory rather than in its file; null where it is in its file, or never has one. */
  inMemory: string | null;
  /** Why it is not known what is pinned, so that nothing may be deleted; null where it is known. */
  pinsUnknown: string | null;
  /** Whether snapshots still say that they are pinned, from a time when that was known. */
  pinsRemembered: boolean;
  /** Whether snapshots that were found damaged may count as sound. */
  verificationsLost: boolean;
}

/** How many snapshots are listed of all that there seem to be; of 0 where they are not counted yet. */
export interface IndexingProgress {
  indexed: number;
  total: number;
}

/**
 * The searchable list of snapshots and jobs. Everything about snapshots can be rebuilt from the store; only the job history, and when a
 * snapshot was last verified, live here alone.
 */
export abstract class Catalog {
  /** Why there can be none, so that backups are off: then everything else but {@link indexing} and {@link close} throws it. Null where there can. */
  abstract readonly unavailable: BackupError | null;
  /**
   * Opens the catalog (a broken one is set aside and made anew; where its file cannot be used it is kept in memory) and reconciles it with the store, as far as
   * that can be read. Of many snapshots that are not listed yet it lists the newest, and the rest in the background: see {@link indexing}. Marks jobs that earlier
   * runs left unfinished as failed: `INTERRUPTED`.
   * @throws BackupError `CONFIG_INVALID` for a wrong URL
   */
  abstract open(): Promise<void>;
  /**
   * How far the list is, while a part of it is missing; else null. Until then {@link page}, {@link pieces}, {@link latest}, {@link partsOf} and all figures go by what is
   * listed, what is asked for by its id is found all the same, and whatever needs all of them is refused: `INDEXING`.
   */
  abstract indexing(): IndexingProgress | null;
  /** Resolves when {@link indexing} is null, or when the signal says that nobody waits any more. */
  abstract indexed(signal?: AbortSignal): Promise<void>;
  /** What of it cannot be relied on now. */
  abstract condition(): Promise<CatalogCondition>;
  /** To be called every now and then: goes back to its file once that works again. */
  abstract tryAgain(): Promise<void>;
  /** Says that the newest snapshots have been verified again, so that the results that were lost no longer matter. */
  abstract verificationsRenewed(): void;
  abstract close(): Promise<void>;
  /** Reads the store again: adds what is missing here, drops what is gone there. Cheap when nothing changed. */
  abstract reconcile(): Promise<void>;
  /** Reads every manifest again, also of what is listed already. What verifications found, and the job history, stay. */
  abstract rebuild(): Promise<void>;

  abstract find(id: string): Promise<Snapshot | null>;
  /** @throws BackupError `SNAPSHOT_NOT_FOUND`, also for an id off the pattern; `INDEXING` where it may be among those that are not listed yet */
  abstract get(id: string): Promise<Snapshot>;
  abstract page(query: SnapshotQuery): Promise<Page<Snapshot>>;
  /** The one taken last first. @throws BackupError `INDEXING` */
  abstract all(filter?: SnapshotFilter): Promise<Snapshot[]>;
  /** What rules go by of all of them, the one taken last first; much quicker than {@link all}. @throws BackupError `INDEXING` */
  abstract outlines(): Promise<SnapshotOutline[]>;
  /** As {@link all}, piece by piece, for what goes out as it is read: what is deleted meanwhile, or no longer fits the filter, is left out. */
  abstract pieces(filter?: SnapshotFilter): AsyncIterable<Snapshot[]>;
  /**
   * What somebody would go back to, the one taken last first: not what a restore put aside, not a part of another snapshot, and nothing that was found
   * damaged or builds on what was. Without a plan only what restores all of the application's default database; where no snapshot is of it, all
   * of another source.
   * @throws BackupError `INDEXING`
   */
  abstract restorePoints(query?: RestorePointQuery, limit?: number): Promise<Snapshot[]>;
  /** The first of {@link restorePoints}: the one meaning of "newest". @throws BackupError `SNAPSHOT_NOT_FOUND`, `INDEXING` */
  abstract newest(query?: RestorePointQuery): Promise<Snapshot>;
  /** The snapshot of a plan that was taken last, of those that fit, or null. */
  abstract latest(query: LatestQuery): Promise<Snapshot | null>;
  /** The same of those by a timer (`scheduled` or `startup`). */
  abstract latestTimed(plan: string): Promise<Snapshot | null>;
  /** Ids of what needs this snapshot: the one it is a part of, the differentials that build on it. @throws BackupError `INDEXING` */
  abstract dependents(id: string): Promise<string[]>;
  /** Ids of the parts of a snapshot of a database and files. */
  abstract partsOf(id: string): Promise<string[]>;
  abstract archives(): Promise<(ArchiveFile & { date: string })[]>;
  abstract stats(): Promise<CatalogStats>;
  /** Snapshots of a plan, wherever they lie, by the size of their documents. */
  abstract totalsOf(plan: string): Promise<SnapshotTotals>;

  /** The sequence number that the next snapshot gets; null while not all are known: that one takes its place by its time. */
  abstract nextSequence(): Promise<number | null>;

  abstract addSnapshot(snapshot: Snapshot): Promise<void>;
  abstract removeSnapshots(ids: readonly string[]): Promise<void>;
  /** Records that these snapshots now lie in this archive (and nothing else does); an empty list forgets the archive. */
  abstract setArchive(archive: ArchiveFile, ids: readonly string[]): Promise<void>;
  /** Kept in `annotations.json` in the backup folder, so that it survives the loss of the catalog. */
  abstract annotate(id: string, annotation: Annotation): Promise<Snapshot>;
  abstract recordVerification(id: string, isValid: boolean, at: Date): Promise<void>;

  abstract saveJob(job: Job): Promise<void>;
  /** @throws BackupError `JOB_NOT_FOUND` */
  abstract getJob(id: string): Promise<Job>;
  abstract jobs(query: JobQuery): Promise<Page<Job>>;
  /** Marks unfinished jobs of other processes that have ended as failed: `INTERRUPTED`. */
  abstract endInterruptedJobs(): Promise<void>;
  /** The newest `limit` captures of a plan, newest first, of those that were requested by this time. */
  abstract captureJobs(plan: string, until: Date, limit: number): Promise<Job[]>;
  /** Newest finished capture job of a plan, or null. */
  abstract latestCaptureJob(plan: string): Promise<Job | null>;
}
