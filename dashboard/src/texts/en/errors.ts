import type { Advice, ErrorCode } from '../../api/types.js';

/** What no operation of the backups throws: the page itself, the network, the accounts. */
type OtherCode =
  'UNREACHABLE' | 'PAGE_ERROR' | 'INTERNAL_ERROR' | 'UNAUTHORIZED' | 'FORBIDDEN' | 'TOO_MANY_REQUESTS' | 'NOT_FOUND';

export const errors = {
  title: 'That did not work',
  code: 'Code',
  retry: 'Try again',
  copy: 'Copy the error',

  /** What is wrong. The server's own words, which say of what, stand below. */
  codes: {
    VALIDATION_FAILED: 'The server cannot use what was sent',
    CONFIG_INVALID: 'These settings cannot be used',
    CONFIRMATION_REQUIRED: 'This has to be confirmed first',
    DELETIONS_NOT_CONFIRMED: 'Snapshots would be deleted, and their number was not confirmed',
    PLAN_NOT_FOUND: 'There is no such plan',
    SNAPSHOT_NOT_FOUND: 'There is no such snapshot',
    TABLE_NOT_FOUND: 'There is no such table',
    FILE_NOT_FOUND: 'There is no such file in the snapshot',
    WRONG_FILE_TYPE: 'This has no content to show',
    ARCHIVE_NOT_FOUND: 'There is no such archive',
    FILE_NOT_IN_ARCHIVE: 'The archive does not hold this snapshot',
    JOB_NOT_FOUND: 'There is no such job',
    JOB_NOT_CANCELLABLE: 'The job cannot be stopped any more',
    SNAPSHOT_IN_USE: 'Other snapshots need this one',
    SNAPSHOT_PINNED: 'The snapshot is pinned',
    SNAPSHOT_CORRUPT: 'The snapshot is damaged',
    ARCHIVE_CORRUPT: 'The archive is damaged',
    NOT_COMPARABLE: 'These two cannot be compared',
    SCHEMA_MISMATCH: 'The tables have changed their shape since the snapshot',
    SCHEMA_NOT_TRUSTED: 'The snapshot would run what nobody has confirmed',
    CONSTRAINT_VIOLATION: 'The database does not accept the rows of the snapshot',
    RESTORE_MISMATCH: 'The result was not what the snapshot says, so it was undone',
    RESTORE_INCOMPLETE: 'Not everything came back',
    MAINTENANCE: 'A restore is running',
    BUSY: 'Others are doing the same, and enough wait already',
    INDEXING: 'Not all snapshots are listed yet',
    TOO_MANY_JOBS: 'Enough backups of this plan are waiting already',
    LEASE_LOST: 'Another process has taken over',
    CLOCK_DOUBTFUL: 'The clock jumped ahead, and nobody confirmed that it is right',
    DISK_FULL: 'The disk is full',
    SETTINGS_NOT_WRITABLE: 'The settings cannot be stored',
    FOLDER_NOT_WRITABLE: 'The folder cannot be written',
    DATABASE_LOCKED: 'The database is locked by others',
    DATABASE_UNAVAILABLE: 'The database cannot be reached or read',
    DRIVER_UNAVAILABLE: 'Backups are off: a part of the program cannot be loaded',
    UNSUPPORTED: 'This is not possible here',
    CANCELLED: 'It was stopped',
    TIMED_OUT: 'It took longer than is allowed',
    INTERRUPTED: 'The program ended meanwhile',
    ENGINE_FAILED: 'The work failed',
    UNREACHABLE: 'The server does not answer',
    PAGE_ERROR: 'The page made a mistake',
    INTERNAL_ERROR: 'The server made a mistake',
    UNAUTHORIZED: 'Nobody is signed in',
    FORBIDDEN: 'This account may not do that',
    TOO_MANY_REQUESTS: 'Too many attempts',
    NOT_FOUND: 'There is no such thing',
  } satisfies Record<ErrorCode | OtherCode, string>,

  /** What can be done about an error, by what the server advises. */
  advice: {
    allow_schema_changes: 'Bring the tables back to that shape, or choose “Restore what fits”.',
    replace_schema:
      'Bring the tables to that shape first, or choose “Restore what fits” to put the snapshot’s in their place.',
    trust_schema: 'Start the restore again: what the snapshot would run is shown then, and can be confirmed.',
    skip_safety_snapshot: 'A restore without a safety snapshot is possible. It cannot be undone.',
    confirm_restore: 'Type the id of the snapshot to confirm it.',
    confirm_deletions: 'Save again: how many snapshots would go is shown then, and can be confirmed.',
    confirm_clock: 'If the clock is right, choose “The clock is right” in “Clean up”. If it is wrong, set it.',
    list_snapshots: 'The page Snapshots shows all that there are.',
    list_archives: 'The page Snapshots shows what lies in archives, with the filter “Where”.',
    list_jobs: 'The page Jobs shows all that ran.',
    set_backup_dir: 'To use another folder, set BACKUP_DIR, or the option that the application uses instead.',
  } satisfies Record<Advice, string>,

  /** What to do, by the code of the error, where the server advises nothing. */
  hints: {
    UNREACHABLE: 'Check that the server runs and that you are connected; then try again.',
    PAGE_ERROR: 'Reload the page; if it happens again, report this text.',
    INTERNAL_ERROR: 'The log of the server says more.',
    SNAPSHOT_CORRUPT: 'Choose another snapshot for a restore; this one is not what it was when it was taken.',
    INDEXING: 'The bar at the top says how far the list is. Try again when it is done.',
    DISK_FULL: 'Free some space, or clean up old snapshots, then try again.',
    DATABASE_UNAVAILABLE: 'Check that the database server runs and that the address is right.',
  } as Record<string, string>,
};
