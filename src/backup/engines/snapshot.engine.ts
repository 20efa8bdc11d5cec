import type { Readable } from 'node:stream';
import type { DatabaseInfo, FullReason, Manifest, SchemaInfo, SnapshotKind, TableSummary } from '../model/manifest.js';
import type { StoredFile } from '../archive/stored-file.js';
import type { TaskRun } from '../system/child-task.js';

/** The database a source names, as the engine host opens it. */
export interface DatabaseTarget {
  type: 'sqlite';
  /** Absolute path of the database file. */
  path: string;
  /** How long to wait for a lock before the job fails, in milliseconds. */
  busyTimeoutMs: number;
  /** The host's migrations table: recorded in the manifest, not captured. */
  migrationsTable: string;
}

export interface CaptureRequest {
  database: DatabaseTarget;
  id: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Final path of the document; the engine writes it aside under a temporary name. */
  documentPath: string;
  /** Final path of the chunk index that a full one leaves; written aside too. */
  indexPath: string;
  /** The full snapshot to compare with, or why a full one is wanted. */
  base: CaptureBase | FullReason;
  /** The newest snapshot, and the state of the database when it was taken: while that lasts, nothing has to be read. */
  previous: { snapshot: StoredSnapshot; state: string } | null;
}

export interface CaptureBase {
  snapshot: StoredSnapshot;
  indexPath: string;
}

/** A document that stands complete, fsynced and re-read under a temporary name, waiting to be published. */
export interface CapturedDocument {
  temporaryPath: string;
  /** The chunk index, under a temporary name as well; null where there is none. */
  temporaryIndexPath: string | null;
  kind: SnapshotKind;
  base: string | null;
  fullReason: FullReason | null;
  /** Tells the state of the database that was captured from any other; null where it cannot be told surely. */
  state: string | null;
  sizeBytes: number;
  checksum: string;
  durationMs: number;
  tables: Record<string, TableSummary>;
  database: DatabaseInfo;
  schema: SchemaInfo;
}

/** A snapshot as it lies on disk, wherever that is, with what its manifest promises. */
export interface StoredSnapshot {
  manifest: Manifest;
  document: StoredFile;
  /** The full one that a differential builds on. */
  base: StoredSnapshot | null;
}

/** One difference between a snapshot's schema and the live one, in words for people. */
export interface SchemaDifference {
  table: string;
  column: string | null;
  difference: string;
}

export interface RestoreRequest {
  database: DatabaseTarget;
  snapshot: StoredSnapshot;
  /** Only these tables; null for all. */
  tables: string[] | null;
  /** Let columns that the snapshot lacks take their default, and leave out what the live schema no longer has. */
  allowSchemaChanges: boolean;
}

export interface RestoreOutcome {
  tables: Record<string, { rows: number }>;
  /** What the caller should know though the restore succeeded. */
  warnings: string[];
}

/** What to read out of a snapshot, as materialised unless said otherwise. */
export type ReadRequest = { snapshot: StoredSnapshot } & (
  | { view: 'document' }
  /** The stored bytes, a differential's too. */
  | { view: 'stored' }
  /** `{"filename":…,"archive":…,"data":{table:[row…]…}}` as `GET …/extract` answers. */
  | { view: 'extract'; archive: string }
  /** `{"table":…,"offset":…,"limit":…,"total":…,"rows":[row…]}`. */
  | { view: 'table'; table: string; offset: number; limit: number }
);

/**
 * Reads a source into a snapshot document and writes one back; both directions of one kind of source live in one place.
 * Every call runs in a child process of its own: aborting `run.signal` kills it at once.
 */
export abstract class SnapshotEngine {
  /**
   * Captures the whole source inside one read transaction.
   * @throws BackupError `DATABASE_LOCKED`, `DATABASE_UNAVAILABLE`, `DISK_FULL`, `FOLDER_NOT_WRITABLE`, `UNSUPPORTED`, `ENGINE_FAILED`
   */
  abstract capture(request: CaptureRequest, run?: TaskRun): Promise<CapturedDocument>;

  /**
   * Replaces the rows in one transaction and proves the result before it commits; reports the stages `restore` and `check`.
   * @throws BackupError `SCHEMA_MISMATCH`, `SNAPSHOT_CORRUPT`, `RESTORE_MISMATCH`, `CONSTRAINT_VIOLATION`, `DATABASE_LOCKED`, `TABLE_NOT_FOUND`; the database is as before
   */
  abstract restore(request: RestoreRequest, run?: TaskRun): Promise<RestoreOutcome>;

  /**
   * Verifies a snapshot and compares its schema with the live one; an empty list when it can be restored as it is.
   * @throws BackupError `SNAPSHOT_CORRUPT` or `ARCHIVE_CORRUPT`
   */
  abstract checkRestorable(
    request: Omit<RestoreRequest, 'allowSchemaChanges'>,
    run?: TaskRun,
  ): Promise<SchemaDifference[]>;

  /** Streams JSON out of a snapshot; refusals come before the first byte, a fault found later destroys the stream. */
  abstract read(request: ReadRequest, run?: TaskRun): Promise<Readable>;
}
