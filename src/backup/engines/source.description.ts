import type { BackupErrorCode } from '../model/errors.js';
import type { DatabaseEngine } from '../model/plan.js';
import type { DatabaseTarget } from './database-target.js';
import type { NativeOptions } from './native/native.options.js';

export interface DescribeSourceRequest {
  database: DatabaseTarget;
  /** How to call the databases' own programs. */
  native: NativeOptions;
}

/** What a plan can choose of one database. Wire shape. */
export interface SourceDescription {
  /** What the setting `tables` of a plan may name, in byte order; null where they could not be listed. */
  tables: string[] | null;
  /** Why not. */
  error: SourceError | null;
  engines: EngineChoice[];
}

export interface SourceError {
  error_code: BackupErrorCode;
  message: string;
}

export interface EngineChoice {
  name: DatabaseEngine;
  /** What keeps it from capturing this database here, such as a program that is not installed; null where nothing is known of. */
  problem: string | null;
}
