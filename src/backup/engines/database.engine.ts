import type { Readable } from 'node:stream';
import type { Advice } from '../model/advice.js';
import type { Comparison } from '../model/comparison.js';
import { BackupError } from '../model/errors.js';
import type { DatabaseInfo, DatabaseManifest, FullReason, SchemaInfo, TableSummary } from '../model/manifest.js';
import type { TaskRun } from '../system/child-task.js';
import type { DatabaseTarget } from './database-target.js';
import { SnapshotEngine, type CapturedFile, type StoredSnapshot } from './snapshot.engine.js';

export interface CaptureRequest {
  database: DatabaseTarget;
  /** Only these tables; all when absent. */
  tables?: string[];
  id: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Final path of the document; the engine writes it aside under a temporary name. */
  documentPath: string;
  /** Final path of the chunk index that a full one leaves; written aside too. */
  indexPath: string;
  /** The codec of the document. @default the content is stored as it is */
  codec?: string;
  /** The full snapshot to compare with, or why a full one is wanted. */
  base: CaptureBase | FullReason;
  /** The newest snapshot, and the state of the database when it was taken: while that lasts, nothing has to be read. */
  previous: { snapshot: StoredSnapshot; state: string } | null;
}

export interface CaptureBase {
  snapshot: StoredSnapshot;
  indexPath: string;
}

/** A captured database. */
export interface CapturedDocument extends CapturedFile {
  tables: Record<string, TableSummary>;
  database: DatabaseInfo;
  schema: SchemaInfo;
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
  /**
   * The snapshot is not known to be one of this installation's own, and nobody has confirmed what it would run: then only statements run of the kinds that this
   * program writes itself, and none that would lend the rights of an administrator to it.
   * @default false
   */
  foreign?: boolean;
}

export type CheckRestorableRequest = Omit<RestoreRequest, 'allowSchemaChanges' | 'foreign'>;

export type ConfirmRequest = Pick<RestoreRequest, 'database' | 'snapshot' | 'allowSchemaChanges'>;

export interface RestoreOutcome {
  tables: Record<string, { rows: number }>;
  /** What the caller should know though the restore succeeded. */
  warnings: string[];
  /**
   * A sentence for each thing of the snapshot that the database does not have now: a table with its rows, a view, a trigger. Into an empty database that ends
   * the job as `failed`; where the caller chose to restore what fits, it is a warning. Absent where the engine leaves nothing out.
   */
  missing?: string[];
}

/** Rows out of a snapshot of a database, as materialised. */
export type RowsRequest = { snapshot: StoredSnapshot } &
  /** `{"filename":…,"archive":…,"data":{table:[row…]…}}` as `GET …/extract` answers. */
  (
    | { view: 'extract'; archive: string }
    /** `{"table":…,"offset":…,"limit":…,"total":…,"rows":[row…]}`. */
    | { view: 'table'; table: string; offset: number; limit: number }
  );

/** One side of a comparison: a snapshot, or the live database as it is when the comparison begins. */
export type ComparedState =
  | { snapshot: StoredSnapshot }
  /** `at`: ISO 8601, UTC. */
  | { database: DatabaseTarget; at: string };

export interface CompareRequest {
  before: ComparedState;
  after: ComparedState;
}

export interface CompareRowsRequest extends CompareRequest {
  table: string;
  offset: number;
  limit: number;
}

export interface PreviewRestoreRequest {
  database: DatabaseTarget;
  /** When it is asked; ISO 8601, UTC. */
  at: string;
  snapshot: StoredSnapshot;
  /** Only these tables; null for all. */
  tables: string[] | null;
}

/** What a restore would do to the live database, which is `before`. Wire shape. */
export interface RestorePreview extends Comparison {
  /** What a restore would refuse with `SCHEMA_MISMATCH`, unless it is allowed to restore what fits. */
  schema_differences: SchemaDifference[];
}

/** The port of the engines of databases, `json` and `native`: reads a database into a snapshot document, and writes one back. */
export abstract class DatabaseEngine extends SnapshotEngine<DatabaseManifest, DatabaseTarget> {
  /** Whether a capture can build on an earlier snapshot. */
  abstract readonly takesDifferentials: boolean;
  /** Whether its documents are plain text, which is worth a codec; others are compressed by the programs that write them. */
  abstract readonly takesCodec: boolean;

  /** What a person can ask for where a snapshot's schema differs from the live one. */
  abstract readonly adviceOnSchema: Advice;

  /**
   * Captures the whole source inside one read transaction.
   * @throws BackupError `DATABASE_LOCKED`, `DATABASE_UNAVAILABLE`, `DISK_FULL`, `FOLDER_NOT_WRITABLE`, `UNSUPPORTED`, `ENGINE_FAILED`
   */
  abstract capture(request: CaptureRequest, run?: TaskRun): Promise<CapturedDocument>;

  /**
   * Replaces the rows in one transaction and proves the result before it commits; reports the stages `restore` and `check`.
   * @throws BackupError `SCHEMA_MISMATCH`, `SCHEMA_NOT_TRUSTED`, `SNAPSHOT_CORRUPT`, `RESTORE_MISMATCH`, `CONSTRAINT_VIOLATION`, `DATABASE_LOCKED`, `TABLE_NOT_FOUND`; the database is as before
   */
  abstract restore(request: RestoreRequest, run?: TaskRun): Promise<RestoreOutcome>;

  /**
   * Verifies a snapshot and compares its schema with the live one; an empty list when it can be restored as it is.
   * @throws BackupError `SNAPSHOT_CORRUPT` or `ARCHIVE_CORRUPT`
   */
  abstract checkRestorable(request: CheckRestorableRequest, run?: TaskRun): Promise<SchemaDifference[]>;

  /** Refuses chosen tables where a snapshot can only be restored as a whole. @throws BackupError `UNSUPPORTED` */
  assertSeparable(_request: Pick<RestoreRequest, 'database' | 'snapshot' | 'tables'>): void {
    // most keep their tables apart
  }

  /** The statements that a restore which may build tables runs only after a person has confirmed them, where the snapshot is foreign. */
  statementsToConfirm(_request: ConfirmRequest, _run?: TaskRun): Promise<string[]> {
    return Promise.resolve([]);
  }

  /**
   * Streams rows as JSON; refusals come before the first byte, a fault found later destroys the stream.
   * @throws BackupError `TABLE_NOT_FOUND`, `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`; `UNSUPPORTED` where rows cannot be looked up
   */
  abstract readRows(request: RowsRequest, run?: TaskRun): Promise<Readable>;

  /**
   * Counts what changed between two states, table by table. An engine that does not keep rows one by one refuses this and the next two.
   * @throws BackupError `NOT_COMPARABLE`, `SNAPSHOT_CORRUPT` or `ARCHIVE_CORRUPT`, `DATABASE_UNAVAILABLE`, `DISK_FULL`
   */
  compare(_request: CompareRequest, _run?: TaskRun): Promise<Comparison> {
    return Promise.reject(keepsNoRows());
  }

  /**
   * Streams one page of a table's changes as JSON: the two states, what {@link compare} says of the table, and
   * `"offset":…,"limit":…,"total":…,"rows":[{"kind":"updated","before":row,"after":row}…]`.
   * @throws BackupError as {@link compare} does, and `TABLE_NOT_FOUND`; all of them before the first byte
   */
  compareRows(_request: CompareRowsRequest, _run?: TaskRun): Promise<Readable> {
    return Promise.reject(keepsNoRows());
  }

  /**
   * Verifies a snapshot and says what its restore would change in the live database; tables that the snapshot does not have stay as they are, and are not listed.
   * @throws BackupError as {@link compare} does
   */
  previewRestore(_request: PreviewRestoreRequest, _run?: TaskRun): Promise<RestorePreview> {
    return Promise.reject(keepsNoRows());
  }
}

const keepsNoRows = (): BackupError =>
  new BackupError(
    'NOT_COMPARABLE',
    'This snapshot does not store single rows, so they cannot be compared. Choose a snapshot of the engine "json".',
  );
