import type { DatabaseInfo, DatabaseManifest, SchemaInfo } from '../../model/manifest.js';
import type { SnapshotWarning } from '../../model/snapshot-warning.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { DatabaseTarget } from '../database-target.js';
import type { RestoreOutcome, SchemaDifference } from '../database.engine.js';
import type { DocumentPart, TableHeader } from './document.parts.js';

/** A table as it is captured. */
export interface CapturedTable extends TableHeader {
  /** Whole row lines, each row's JSON followed by one LF, in the table's stable order. Every call reads the table anew. */
  lines(): Iterable<Buffer> | AsyncIterable<Buffer>;
}

/** One read transaction: everything in it is the state of one moment. */
export interface CaptureSession {
  database: DatabaseInfo;
  schema: SchemaInfo;
  /** In byte order of their names. */
  tables: CapturedTable[];
  /** Equal to that of an earlier session only if nothing was written in between; null where the database cannot tell. */
  state: string | null;
  /** What a person should know of a snapshot of it. @default none */
  warnings?: SnapshotWarning[];
  /** Roughly the size of the document, for the progress. */
  estimatedBytes: number;
  /**
   * Refuses tables that can be read and could not be restored; absent where there are none.
   * @throws BackupError `UNSUPPORTED`
   */
  assertRestorable?: (isMeant: (table: string) => boolean) => void;
  /** What the database's own check for damage finds, in its words; absent where there is none that is cheap. */
  findDamage?: () => string[];
  close(): void | Promise<void>;
}

/** Whether a snapshot holds what a capture is about to: the tables of a plan may have been chosen anew since. */
export function holdsSameTables({ tables }: DatabaseManifest, session: CaptureSession): boolean {
  return (
    session.tables.length === Object.keys(tables).length &&
    session.tables.every(({ name }) => Object.hasOwn(tables, name))
  );
}

export interface RestorePlan {
  manifest: DatabaseManifest;
  /** The materialised document. */
  parts: AsyncIterable<DocumentPart>;
  tables: string[] | null;
  allowSchemaChanges: boolean;
}

/** How one kind of database writes its own JSON and reads it back. */
export interface Dialect<Target extends DatabaseTarget = DatabaseTarget> {
  /** Names of the tables that a capture would hold, in byte order, without counters; locks nothing and reads no row. */
  listTables(target: Target): string[] | Promise<string[]>;
  /** @param chosen the only tables that are wanted; others may be in it all the same */
  beginCapture(target: Target, chosen?: readonly string[]): CaptureSession | Promise<CaptureSession>;
  compareSchema(
    target: Target,
    manifest: DatabaseManifest,
    tables: string[] | null,
  ): SchemaDifference[] | Promise<SchemaDifference[]>;
  /**
   * Refuses what a restore of these tables could not do though the schemas agree, before anything is done.
   * @throws BackupError what stands in the way, such as a server that takes no writes, and what to do
   */
  assertReady?(target: Target, manifest: DatabaseManifest, tables: string[] | null): Promise<void>;
  /** In one transaction that commits only when every restored table has the digest its manifest promises. */
  restore(target: Target, plan: RestorePlan, context: TaskContext): Promise<RestoreOutcome>;
}
