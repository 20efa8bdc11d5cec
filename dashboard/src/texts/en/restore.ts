import { plurals } from '../plural.js';

const many = plurals('en');

export const restore = {
  title: 'Restore',
  open: 'Restore …',
  steps: {
    label: 'Steps of the restore',
    choose: 'Snapshot',
    explain: 'What happens',
    changes: 'Changes',
    confirm: 'Confirm',
  },
  back: 'Back',
  next: 'Next',
  another: 'Choose another snapshot',

  picker: {
    intro: 'Which state do you want to restore? The newest is at the top; choose one from before the problem began.',
    before: 'Taken at or before',
    search: 'Name or description',
    regular: (count: number) => `Regular: ${many(count, { one: 'snapshot', other: 'snapshots' })}`,
    archived: (count: number) => `Archived: ${many(count, { one: 'day', other: 'days' })}`,
    showArchived: 'Show archived days',
    files: (count: number) => many(count, { one: 'file', other: 'files' }),
    proposed: 'Suggested: the newest that restores everything',
    partial: 'Some tables only',
    safety: 'Before a restore',
    part: 'Part of another snapshot',
    damaged: 'Damaged',
    verified: 'Verified',
    moreOf: (shown: number, total: number) => `Show older ones (${shown} of ${total} shown)`,
    none: 'No snapshots match',
    noneHint: 'Choose a later time, or clear the search.',
    noneAtAll: 'There is no snapshot yet',
    noneAtAllHint: 'Take one with “Back up now”.',
    noneArchived: 'No day has been archived yet.',
  },

  summary: {
    of: { database: 'Database', files: 'Files', full: 'Database and files' },
  },

  explain: {
    lead: (time: string, relative: string) => `The data will be as it was on ${time}, ${relative}.`,
    loss: 'Everything written since then is replaced. It is kept in the safety snapshot.',
    verify: 'The snapshot is read back and compared with its checksum. If it is damaged, nothing is touched.',
    safety: 'A safety snapshot of the present state is taken, so that the restore can be undone.',
    wait: 'The application makes all other users wait until the restore is done.',
    replace: {
      json: 'All rows are replaced in one step. Tables that are not in the snapshot are not changed.',
      native: 'The whole database is restored from its document.',
      files: 'The folders are restored. Files that the snapshot excludes are not changed.',
      full: 'First the database is restored, then the files.',
    },
    check: {
      json: 'Every table is compared with the snapshot. If one differs, everything is rolled back.',
      native: 'If anything fails, the database is rolled back.',
      files: 'Every file is compared with the snapshot. If one differs, everything is rolled back.',
      full: 'Both are compared with the snapshot. A part that differs is rolled back.',
    },
    accounts:
      'Accounts, roles and passwords, including yours, will be those of that time: you may have to sign in again.',
    damaged: 'The last verification found this snapshot damaged, so it cannot be restored. Choose another one.',
  },

  changes: {
    all: 'Everything',
    allHint: (tables: number) => `${many(tables, { one: 'table', other: 'tables' })}, exactly as in the snapshot.`,
    some: 'Only chosen tables',
    someHint: 'The restore is refused if rows of other tables would then refer to missing rows.',
    chooseAll: 'Choose all that change',
    chooseNone: 'Choose none',
    chosen: (count: number, all: number) => `${count} of ${many(all, { one: 'table', other: 'tables' })} chosen`,
    comparing: 'Comparing with the current data. This takes a while for a large database; you do not have to wait.',
    failed: 'The preview is not available. You can still restore.',
    notNative: 'A snapshot in the database’s own format is restored as a whole. Its changes cannot be previewed.',
    notFull:
      'The database and the files are restored together. Their changes cannot be previewed; those of the database part alone can.',
    notFiles: 'Changes to files cannot be previewed.',
    nothing: 'Nothing would change: the data is the same as in the snapshot.',
    total: (text: string) => `In total, ${text}.`,
    inserted: (count: number) => many(count, { one: 'row comes back', other: 'rows come back' }),
    updated: (count: number) => many(count, { one: 'row changes', other: 'rows change' }),
    deleted: (count: number) => many(count, { one: 'row disappears', other: 'rows disappear' }),
    same: 'stays the same',
    notComparable: 'is replaced; its columns differ too much to compare',
    table: 'Table',
    change: 'What a restore changes',
    unchangedTables: (count: number) => many(count, { one: 'table stays the same', other: 'tables stay the same' }),
    showUnchanged: 'Show them',
    place: 'Where to',
    inPlace: 'To their original place',
    inPlaceHint: 'The folders are replaced by those in the snapshot.',
    elsewhere: 'To another folder',
    elsewhereHint:
      'It must be new or empty, and inside a folder that the application allows. Existing files are not changed.',
    to: 'Folder',
  },

  schema: {
    title: 'The schema has changed since then',
    explain: 'The safe way is to run the version of the application that matches the snapshot.',
    allow: 'Restore what fits',
    allowHint:
      'Columns that the snapshot lacks get their default; columns and tables that the database no longer has are left out.',
    needed: 'Without this the restore is refused.',
  },

  trust: {
    title: 'This snapshot may not come from this installation',
    explain:
      'A restore would run the statements below, which may do more than create tables. Anyone who can write to the backup folder could have added them. Read all of them. If you do not know what they do, ask somebody who does, or choose another snapshot.',
    statements: (count: number) => many(count, { one: 'statement', other: 'statements' }),
    copy: 'Copy them',
    allow: 'I have read the statements and allow them',
    allowHint: 'They run unchanged, with the rights of the application’s database account.',
    needed: 'Without this the restore is refused, and nothing is changed.',
  },

  confirm: {
    what: 'What',
    all: 'Everything in the snapshot',
    tables: (names: string) => `Only the tables ${names}`,
    to: (folder: string) => `The files, to ${folder}`,
    skipFits: 'Data that does not fit the current schema is left out',
    safety: 'Take a safety snapshot first',
    safetyHint: 'With it, the restore can be undone.',
    noSafety:
      'Without it, this restore cannot be undone: the current data is lost. Do this only if the current data is too damaged to be captured.',
    start: 'Restore now',
    starting: 'Reading the snapshot back …',
  },

  running: {
    another: 'A restore is running already.',
    follow: 'Show it',
    stay: 'You can close this window or reload the page: the restore continues.',
    cancel: 'Cancel the restore',
    cancelAsk: 'Cancel it? Everything stays as it was before.',
    waiting: 'Waiting for another job to finish',
    lost: 'The progress cannot be shown. The restore itself is not affected.',
    progress: 'Progress of the restore',
  },

  stages: {
    verify: 'Verify the snapshot',
    safety_snapshot: 'Take a safety snapshot',
    restore: 'Restore the data',
    check: 'Check the result',
  },
  states: {
    waiting: 'waiting',
    active: 'running',
    done: 'done',
    failed: 'failed',
    stopped: 'stopped',
    skipped: 'skipped',
  },

  result: {
    completed: 'Restored',
    completedText: (id: string) => `The data matches snapshot ${id}.`,
    rows: (rows: number, tables: number) =>
      `${many(rows, { one: 'row', other: 'rows' })} in ${many(tables, { one: 'table', other: 'tables' })}.`,
    compared: 'Every table was compared with the snapshot.',
    files: (count: number, size: string) => `${many(count, { one: 'file', other: 'files' })}, ${size}.`,
    took: (time: string) => `It took ${time}.`,
    perTable: 'Rows per table',
    undo: 'Undo',
    undoTitle: 'Not what you wanted?',
    undoText: 'The safety snapshot holds the previous state. Restore it to undo this restore.',
    undoButton: 'Undo: restore the safety snapshot',
    failed: 'Not restored',
    unchanged: 'Nothing was changed.',
    rolledBack: 'The data was rolled back to its previous state.',
    halfway: 'One part may have been restored; see the error.',
    cancelled: 'Stopped',
    cancelledText: 'The restore was cancelled. The data was not changed.',
    again: 'Try again',
    done: 'Done',
  },

  /** What to do next, by the code of the error. */
  hints: {
    SNAPSHOT_CORRUPT: 'The stored file is damaged. Choose another snapshot.',
    ARCHIVE_CORRUPT: 'The archive is damaged. Choose a snapshot of another day.',
    SNAPSHOT_NOT_FOUND: 'It may have been deleted or have expired. Choose another snapshot.',
    SCHEMA_MISMATCH: 'Run the version of the application that matches the snapshot, or restore what fits.',
    SCHEMA_NOT_TRUSTED: 'Try again: the restore then shows the statements, and you can confirm them.',
    CONSTRAINT_VIOLATION: 'Also choose the referenced tables, or restore everything.',
    RESTORE_MISMATCH:
      'The restored data did not match the snapshot and was rolled back. Verify the snapshot, then try again.',
    RESTORE_INCOMPLETE: 'The restored parts stay. The details of the job list the missing ones.',
    DATABASE_LOCKED: 'Another program is writing to the database. Stop it, then try again.',
    DATABASE_UNAVAILABLE: 'Check that the database server runs, then try again.',
    BUSY: 'Other comparisons are running. Try again shortly, or continue without the preview.',
    DISK_FULL: 'Free some space on the server, then try again.',
    INTERRUPTED: 'The program ended before the restore finished. Check the data, then try again.',
    TIMED_OUT: 'The restore exceeded its time limit, which is an option of the application.',
    CONFIG_INVALID: 'The application does not allow this folder.',
  } as Record<string, string>,
  safetyFailed: {
    title: 'The safety snapshot failed, so the restore was not started.',
    text: 'If the current data is too damaged to be captured, you can restore without a safety snapshot. The restore then cannot be undone.',
    button: 'Continue without a safety snapshot …',
  },

  signedOut:
    'A restore has replaced the accounts, so your session ended. Sign in with an account and password of that time to see the result. If there is no admin at all, the program creates one when it starts.',
  signedOutOfHost:
    'A restore has replaced the data of the application, which may include accounts and sessions. Sign in again, with an account and password of that time, to see the result.',
};
