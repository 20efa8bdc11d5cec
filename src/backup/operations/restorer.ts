import type { DatabaseTarget } from '../engines/database-target.js';
import type { RestoreOutcome } from '../engines/database.engine.js';
import type { StoredSnapshot } from '../engines/snapshot.engine.js';
import type { Manifest } from '../model/manifest.js';
import type { TaskRun } from '../system/child-task.js';

export interface RestoreChoices {
  /** The id once more, typed by a person. */
  confirm: string;
  /** Restore although the present state cannot be, or need not be, kept. */
  skipSafetySnapshot?: boolean;
  /** Only these tables. @default all */
  tables?: string[];
  /** Let columns that the snapshot lacks take their default, and leave out what the live schema no longer has. */
  allowSchemaChanges?: boolean;
  /** Run what the snapshot's schema holds although this installation did not take it: somebody has read it. */
  trustSchema?: boolean;
  /** Put files here instead of where they were; the original stays as it is. @default in place */
  to?: string;
  /** Do not read the snapshot beforehand: what is wrong with it, or with the schema, is found by the restore itself. */
  skipVerification?: boolean;
  /** Put the rows into this database instead of the one they were captured from. Needs {@link intoEmpty} or {@link skipSafetySnapshot}. */
  database?: DatabaseTarget;
  /**
   * Only if the database holds no row: then there is nothing to lose, and no safety snapshot is taken. Where it has no tables either, they are built; a
   * SQLite file that is missing is made.
   */
  intoEmpty?: boolean;
  /** Do nothing unless the database still holds no row when it is the restore's turn: another process may have filled it. */
  onlyIfEmpty?: boolean;
}

/** What a restore of one snapshot did. */
export type Restored = Pick<RestoreOutcome, 'warnings' | 'missing'> &
  Partial<Pick<RestoreOutcome, 'tables'>> & { files?: { files: number; bytes: number } };

/** Puts back the snapshots of one source. */
export interface Restorer {
  /** Refuses what was asked for in a way that cannot work; reads the manifest alone. */
  assertAskable(stored: StoredSnapshot<Manifest>, choices: RestoreChoices): void | Promise<void>;
  /** Refuses whatever can be refused before anything is touched. */
  assertRestorable(stored: StoredSnapshot<Manifest>, choices: RestoreChoices, run?: TaskRun): Promise<void>;
  /** Whether there is anything that a safety snapshot could keep. */
  replaces(stored: StoredSnapshot<Manifest>, choices: RestoreChoices): Promise<boolean>;
  restore(stored: StoredSnapshot<Manifest>, choices: RestoreChoices, run: TaskRun): Promise<Restored>;
}
