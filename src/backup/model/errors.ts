import { types } from 'node:util';
import type { ErrorDetails } from './advice.js';

/**
 * Everything that can go wrong with a backup, by name. The HTTP layer maps each code to a status in an exhaustive table,
 * so that a new code does not compile until somebody has decided how a client sees it.
 */
export type BackupErrorCode =
  | 'VALIDATION_FAILED'
  | 'CONFIG_INVALID'
  | 'CONFIRMATION_REQUIRED'
  | 'DELETIONS_NOT_CONFIRMED'
  | 'PLAN_NOT_FOUND'
  | 'SNAPSHOT_NOT_FOUND'
  | 'TABLE_NOT_FOUND'
  | 'FILE_NOT_FOUND'
  | 'WRONG_FILE_TYPE'
  | 'ARCHIVE_NOT_FOUND'
  | 'FILE_NOT_IN_ARCHIVE'
  | 'JOB_NOT_FOUND'
  | 'JOB_NOT_CANCELLABLE'
  | 'SNAPSHOT_IN_USE'
  | 'SNAPSHOT_PINNED'
  | 'SNAPSHOT_CORRUPT'
  | 'ARCHIVE_CORRUPT'
  | 'NOT_COMPARABLE'
  | 'SCHEMA_MISMATCH'
  | 'SCHEMA_NOT_TRUSTED'
  | 'CONSTRAINT_VIOLATION'
  | 'RESTORE_MISMATCH'
  | 'RESTORE_INCOMPLETE'
  | 'MAINTENANCE'
  | 'BUSY'
  | 'INDEXING'
  | 'TOO_MANY_JOBS'
  | 'LEASE_LOST'
  | 'CLOCK_DOUBTFUL'
  | 'DISK_FULL'
  | 'SETTINGS_NOT_WRITABLE'
  | 'FOLDER_NOT_WRITABLE'
  | 'DATABASE_LOCKED'
  | 'DATABASE_UNAVAILABLE'
  | 'DRIVER_UNAVAILABLE'
  | 'UNSUPPORTED'
  | 'CANCELLED'
  | 'TIMED_OUT'
  | 'INTERRUPTED'
  | 'ENGINE_FAILED';

/** What is wrong with one field of a body, a query or a configuration file. */
export interface FieldError {
  field: string;
  message: string;
}

/**
 * An error a person can act on: `message` says what happened to what, and what to do as far as that is the same everywhere; `details.advice` names what
 * each face (HTTP, command line) words by itself. `details` is merged into the HTTP body (for example `{ differences: [...] }` or `{ errors: FieldError[] }`)
 * and must be plain JSON without secrets.
 */
export class BackupError extends Error {
  constructor(
    readonly code: BackupErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'BackupError';
  }
}

/** Turns anything thrown into a BackupError, keeping one that already is. */
export function asBackupError(thrown: unknown, fallback: BackupErrorCode = 'ENGINE_FAILED'): BackupError {
  if (thrown instanceof BackupError) return thrown;
  const code = codeOfSystemError(thrown) ?? fallback;
  const reason = types.isNativeError(thrown) ? withoutFolders(thrown) : String(thrown);
  const message =
    code === 'DISK_FULL'
      ? `The disk is full (${reason}). Free some space and try again. Data stored earlier is not affected.`
      : reason;
  return new BackupError(code, message, {}, { cause: thrown });
}

/** Where on the server a file lies is nobody's business who reads the message of a job. */
function withoutFolders(error: Error): string {
  const { path, dest } = error as NodeJS.ErrnoException & { dest?: unknown };
  return [path, dest]
    .filter((known): known is string => typeof known === 'string')
    .reduce((message, known) => message.replaceAll(known, known.slice(known.lastIndexOf('/') + 1)), error.message);
}

function codeOfSystemError(thrown: unknown): BackupErrorCode | undefined {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return undefined;
  // SQLite refines its codes: SQLITE_IOERR_WRITE, SQLITE_BUSY_SNAPSHOT
  switch (code.replace(/^(SQLITE_[A-Z]+)_.*$/, '$1')) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'SQLITE_FULL':
      return 'DISK_FULL';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'FOLDER_NOT_WRITABLE';
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return 'DATABASE_LOCKED';
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
    case 'SQLITE_IOERR':
      return 'DATABASE_UNAVAILABLE';
    default:
      return undefined;
  }
}
