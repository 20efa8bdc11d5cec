import type { SchemaInfo, TableSummary } from '../../model/manifest.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { DatabaseTarget } from '../database-target.js';
import type {
  CheckRestorableRequest,
  CapturedDocument,
  RestoreOutcome,
  RestoreRequest,
  SchemaDifference,
} from '../database.engine.js';

/** What a native document holds. */
export type NativeContent = Pick<
  CapturedDocument,
  'sizeBytes' | 'checksum' | 'encoding' | 'tables' | 'database' | 'schema' | 'warnings'
>;

/** What a stored native document holds, as a manifest describes it; the tables may be more than those. */
export interface ProvenContent {
  tables: Record<string, TableSummary>;
  /** Null where another version of a program may print the same schema in other words. */
  schema: SchemaInfo | null;
}

/** How one kind of database is written in its own form and put back. */
export interface NativeDatabase<Target extends DatabaseTarget = DatabaseTarget> {
  /** Absent where no program is needed. @throws BackupError `UNSUPPORTED` naming the program that is missing, and what to install */
  assertInstalled?(target: Target): Promise<void>;
  /**
   * Writes the state of one moment.
   * @param aside where to; fsynced and re-read when this is done, and for the caller to remove when it fails
   */
  capture(target: Target, aside: string, context: TaskContext, codec?: string): Promise<NativeContent>;
  /** What stands between the snapshot's schema and the live one. @throws BackupError `UNSUPPORTED` where the server cannot take it */
  compareSchema(
    target: Target,
    request: Omit<CheckRestorableRequest, 'database'>,
    context: TaskContext,
  ): Promise<SchemaDifference[]>;
  /** Puts it back and proves it; the database is as before unless this succeeds. */
  restore(target: Target, request: Omit<RestoreRequest, 'database'>, context: TaskContext): Promise<RestoreOutcome>;
}
