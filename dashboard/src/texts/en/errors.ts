import type { Advice, ErrorCode } from '../../api/types.js';

/** What no operation of the backups throws: the page itself, the network, the accounts. */
type OtherCode =
  | 'UNREACHABLE'
  | 'PAGE_ERROR'
  | 'INTERNAL_ERROR'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'TOO_MANY_REQUESTS'
  | 'NOT_FOUND'
  | 'NO_TOKEN';

export const errors = {
  title: 'Something went wrong',
  code: 'Code',
  retry: 'Try again',
  copy: 'Copy the error',

  /** What is wrong. The server's message with the details is shown below it. */
  codes: {
    VALIDATION_FAILED: 'The request is invalid',
    CONFIG_INVALID: 'The settings are invalid',
    CONFIRMATION_REQUIRED: 'Confirmation required',
    DELETIONS_NOT_CONFIRMED: 'Snapshots would be deleted; confirm their number first',
    PLAN_NOT_FOUND: 'Plan not found',
    SNAPSHOT_NOT_FOUND: 'Snapshot not found',
    TABLE_NOT_FOUND: 'Table not found',
    FILE_NOT_FOUND: 'File not found in the snapshot',
    WRONG_FILE_TYPE: 'There is no content to show',
    ARCHIVE_NOT_FOUND: 'Archive not found',
    FILE_NOT_IN_ARCHIVE: 'The archive does not contain this snapshot',
    JOB_NOT_FOUND: 'Job not found',
    JOB_NOT_CANCELLABLE: 'The job can no longer be cancelled',
    SNAPSHOT_IN_USE: 'Other snapshots need this one',
    SNAPSHOT_PINNED: 'The snapshot is pinned',
    SNAPSHOT_CORRUPT: 'The snapshot is damaged',
    ARCHIVE_CORRUPT: 'The archive is damaged',
    NOT_COMPARABLE: 'These snapshots cannot be compared',
    SCHEMA_MISMATCH: 'The schema has changed since the snapshot',
    SCHEMA_NOT_TRUSTED: 'The snapshot contains statements that must be confirmed first',
    CONSTRAINT_VIOLATION: 'The database does not accept the rows of the snapshot',
    RESTORE_MISMATCH: 'The result did not match the snapshot, so it was rolled back',
    RESTORE_INCOMPLETE: 'Not everything was restored',
    MAINTENANCE: 'A restore is running',
    BUSY: 'Too many requests of this kind are waiting',
    INDEXING: 'Not all snapshots are indexed yet',
    TOO_MANY_JOBS: 'Too many backups of this plan are waiting',
    LEASE_LOST: 'Another process took over the backup folder',
    CLOCK_DOUBTFUL: 'The clock jumped ahead and has not been confirmed',
    DISK_FULL: 'The disk is full',
    SETTINGS_NOT_WRITABLE: 'The settings cannot be stored',
    FOLDER_NOT_WRITABLE: 'The folder cannot be written',
    DATABASE_LOCKED: 'The database is locked by another program',
    DATABASE_UNAVAILABLE: 'The database cannot be reached or read',
    DRIVER_UNAVAILABLE: 'Backups are off: a part of the program cannot be loaded',
    UNSUPPORTED: 'This is not possible here',
    CANCELLED: 'Cancelled',
    TIMED_OUT: 'Timed out',
    INTERRUPTED: 'The program ended before the job finished',
    ENGINE_FAILED: 'The backup engine failed',
    UNREACHABLE: 'The server does not respond',
    PAGE_ERROR: 'Error in this page',
    INTERNAL_ERROR: 'Internal server error',
    UNAUTHORIZED: 'You are not signed in',
    FORBIDDEN: 'This account is not allowed to do this',
    TOO_MANY_REQUESTS: 'Too many attempts',
    NO_TOKEN: 'The application did not give a token to sign in with',
    NOT_FOUND: 'Not found',
  } satisfies Record<ErrorCode | OtherCode, string>,

  /** What can be done about an error, by what the server advises. */
  advice: {
    allow_schema_changes: 'Change the schema back to that state, or choose “Restore what fits”.',
    replace_schema:
      'Change the schema to that state first, or choose “Restore what fits” to replace it with that of the snapshot.',
    trust_schema: 'Start the restore again: it then shows the statements, and you can confirm them.',
    skip_safety_snapshot: 'A restore without a safety snapshot is possible. It cannot be undone.',
    confirm_restore: 'Type the id of the snapshot to confirm it.',
    confirm_deletions: 'Save again: it then shows how many snapshots would be deleted, and you can confirm that.',
    confirm_clock: 'If the clock is right, choose “The clock is right” in “Clean up”. If it is wrong, set it.',
    list_snapshots: 'The page Snapshots lists all snapshots.',
    list_archives: 'The page Snapshots lists archived snapshots; use the filter “Where”.',
    list_jobs: 'The page Jobs lists all jobs.',
    set_backup_dir: 'To use another folder, set BACKUP_DIR, or the option that the application uses instead.',
  } satisfies Record<Advice, string>,

  /** What to do, by the code of the error, where the server advises nothing. */
  hints: {
    UNREACHABLE: 'Check that the server runs and that you are connected; then try again.',
    PAGE_ERROR: 'Reload the page. If the error returns, report this text.',
    INTERNAL_ERROR: 'See the server log.',
    SNAPSHOT_CORRUPT: 'Choose another snapshot to restore; the stored data of this one has changed since it was taken.',
    INDEXING: 'The bar at the top shows the progress. Try again when it is done.',
    DISK_FULL: 'Free some space, or clean up old snapshots, then try again.',
    DATABASE_UNAVAILABLE: 'Check that the database server runs and that the address is right.',
  } as Record<string, string>,
};
