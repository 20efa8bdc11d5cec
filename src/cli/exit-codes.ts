import type { BackupErrorCode } from '../backup/internals.js';

/** What the command line ends with; scripts rely on it. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unsound: 4,
  refused: 5,
  busy: 6,
} as const;

/** For `--help`. */
export const EXIT_CODES_IN_WORDS = `Exit codes:
  0    done
  1    failed; standard error says why
  2    the command, an option or a setting is invalid
  3    there is no such snapshot, plan, table, archive, file or folder
  4    a snapshot is damaged, or backups are not healthy
  5    refused: not confirmed, in use, pinned, or the schema differs
  6    busy: another process is working on the backups, or locks the database
  130  cancelled with Ctrl-C (143: by SIGTERM)`;

/** Exhaustive: a new code does not compile until somebody has decided. */
export const EXIT_OF: Readonly<Record<BackupErrorCode, number>> = {
  VALIDATION_FAILED: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  UNSUPPORTED: EXIT.failed,
  CONFIRMATION_REQUIRED: EXIT.refused,
  DELETIONS_NOT_CONFIRMED: EXIT.refused,
  PLAN_NOT_FOUND: EXIT.notFound,
  SNAPSHOT_NOT_FOUND: EXIT.notFound,
  TABLE_NOT_FOUND: EXIT.notFound,
  FILE_NOT_FOUND: EXIT.notFound,
  WRONG_FILE_TYPE: EXIT.refused,
  ARCHIVE_NOT_FOUND: EXIT.notFound,
  FILE_NOT_IN_ARCHIVE: EXIT.notFound,
  JOB_NOT_FOUND: EXIT.notFound,
  JOB_NOT_CANCELLABLE: EXIT.refused,
  SNAPSHOT_IN_USE: EXIT.refused,
  SNAPSHOT_PINNED: EXIT.refused,
  SNAPSHOT_CORRUPT: EXIT.unsound,
  ARCHIVE_CORRUPT: EXIT.unsound,
  RESTORE_MISMATCH: EXIT.unsound,
  RESTORE_INCOMPLETE: EXIT.failed,
  NOT_COMPARABLE: EXIT.refused,
  SCHEMA_MISMATCH: EXIT.refused,
  SCHEMA_NOT_TRUSTED: EXIT.refused,
  CONSTRAINT_VIOLATION: EXIT.refused,
  MAINTENANCE: EXIT.busy,
  BUSY: EXIT.busy,
  INDEXING: EXIT.busy,
  TOO_MANY_JOBS: EXIT.busy,
  LEASE_LOST: EXIT.busy,
  DATABASE_LOCKED: EXIT.busy,
  CLOCK_DOUBTFUL: EXIT.refused,
  CANCELLED: 130,
  INTERRUPTED: EXIT.failed,
  TIMED_OUT: EXIT.failed,
  DISK_FULL: EXIT.failed,
  SETTINGS_NOT_WRITABLE: EXIT.failed,
  FOLDER_NOT_WRITABLE: EXIT.failed,
  DATABASE_UNAVAILABLE: EXIT.failed,
  DRIVER_UNAVAILABLE: EXIT.failed,
  ENGINE_FAILED: EXIT.failed,
};
