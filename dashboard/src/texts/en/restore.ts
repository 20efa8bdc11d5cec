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
    intro: 'Which state do you want back? The newest is on top; choose one from before the trouble began.',
    before: 'Taken at or before',
    search: 'Name or description',
    regular: (count: number) => `Regular: ${many(count, { one: 'snapshot', other: 'snapshots' })}`,
    archived: (count: number) => `Archived: ${many(count, { one: 'day', other: 'days' })}`,
    showArchived: 'Show archived days',
    files: (count: number) => many(count, { one: 'file', other: 'files' }),
    proposed: 'Proposed: the newest that restores everything',
    partial: 'Some tables only',
    safety: 'Before a restore',
    part: 'Part of another one',
    damaged: 'Damaged',
    verified: 'Verified',
    moreOf: (shown: number, total: number) => `Show older ones (${shown} of ${total} shown)`,
    none: 'No snapshot matches',
    noneHint: 'Choose a later time, or clear the search.',
    noneAtAll: 'There is no snapshot yet',
    noneAtAllHint: 'Take one with “Back up now”.',
    noneArchived: 'No day has been archived yet.',
  },

  summary: {
    of: { database: 'Database', files: 'Files', full: 'Database and files' },
  },

  explain: {
    lead: (time: string, relative: string) => `The data becomes what it was on ${time}, ${relative}.`,
    loss: 'Whatever was written since then is replaced. It is kept in the safety snapshot.',
    verify: 'The snapshot is read back and compared with its checksum. If it is damaged, nothing is touched.',
    safety: 'A safety snapshot of the present state is taken, so that the restore can be undone.',
    wait: 'The application asks everybody else to wait until it is done.',
    replace: {
      json: 'The rows are replaced, all in one step. Tables that the snapshot does not hold stay as they are.',
      native: 'The whole database is put back from its document.',
      files: 'The folders are put back. What the snapshot left out stays as it is.',
      full: 'First the database is put back, then the files.',
    },
    check: {
      json: 'Every table is compared with the snapshot. Only if all are equal does the restore count; otherwise everything stays as it was.',
      native: 'If anything fails, the database stays as it was.',
      files: 'Every file is compared with the snapshot. If one differs, everything stays as it was.',
      full: 'Both are compared with the snapshot. What differs stays as it was.',
    },
    accounts:
      'Accounts, roles and passwords are then those of that time, your own as well: you may have to sign in again.',
    damaged:
      'This snapshot was found to be damaged when it was last verified. A restore would refuse it. Choose another one.',
  },

  changes: {
    all: 'Everything',
    allHint: (tables: number) => `${many(tables, { one: 'table', other: 'tables' })}, exactly as in the snapshot.`,
    some: 'Only chosen tables',
    someHint: 'Rows of other tables must not refer to rows that would then be missing; that is refused.',
    chooseAll: 'Choose all that change',
    chooseNone: 'Choose none',
    chosen: (count: number, of: number) => `${count} of ${many(of, { one: 'table', other: 'tables' })} chosen`,
    comparing: 'Comparing with the present data. On a large database this takes a while; you need not wait for it.',
    failed: 'The preview is not available. The restore itself is possible all the same.',
    notNative:
      'A snapshot in the database’s own form is restored as a whole, and what it would change cannot be shown beforehand.',
    notFull:
      'The database and the files are restored together, as a whole. What that would change cannot be shown beforehand; of the database part alone it can.',
    notFiles: 'What a restore of files would change cannot be shown beforehand.',
    nothing: 'Nothing would change: the data is what it was then.',
    total: (text: string) => `Altogether ${text}.`,
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
    inPlace: 'Back to where they were',
    inPlaceHint: 'The folders are replaced by what the snapshot holds.',
    elsewhere: 'To another folder',
    elsewhereHint: 'New or empty, and inside the folders that the application allows. Nothing that exists is touched.',
    to: 'Folder',
  },

  schema: {
    title: 'The tables have changed their shape since then',
    explain: 'The safe way is to run the version of the application that fits the snapshot.',
    allow: 'Restore what fits',
    allowHint: 'Columns that the snapshot lacks take their default; what the database no longer has is left out.',
    needed: 'Without this the restore is refused.',
  },

  trust: {
    title: 'This snapshot is not known to be taken by this installation',
    explain:
      'A restore would run what is written here, and it may do more than build tables. Whoever can write to the backup folder could have put it there. Read all of it. If you do not know what it does, ask somebody who does, or choose another snapshot.',
    statements: (count: number) => many(count, { one: 'statement', other: 'statements' }),
    copy: 'Copy them',
    allow: 'I have read this, and it may run',
    allowHint: 'It will run as it is, with the rights of the application’s database account.',
    needed: 'Without this the restore is refused, and nothing is changed.',
  },

  confirm: {
    what: 'What',
    all: 'Everything in the snapshot',
    tables: (names: string) => `Only the tables ${names}`,
    to: (folder: string) => `The files, to ${folder}`,
    skipFits: 'What does not fit today’s tables is left out',
    safety: 'Take a safety snapshot first',
    safetyHint: 'With it the restore can be undone.',
    noSafety:
      'Without it this restore cannot be undone: what is in the database now is lost. Do this only when the present data is too broken to be captured.',
    start: 'Restore now',
    starting: 'Reading the snapshot back …',
  },

  running: {
    another: 'A restore is running already.',
    follow: 'Show it',
    stay: 'You can close this window or reload the page: the restore goes on.',
    cancel: 'Cancel the restore',
    cancelAsk: 'Stop it? Everything then stays as it was before.',
    waiting: 'Waiting for another job to finish',
    lost: 'The progress cannot be shown. The restore itself is not affected.',
    progress: 'Progress of the restore',
  },

  stages: {
    verify: 'Verify the snapshot',
    safety_snapshot: 'Take a safety snapshot',
    restore: 'Put the data back',
    check: 'Check the result',
  },
  states: {
    waiting: 'to come',
    active: 'running',
    done: 'done',
    failed: 'failed',
    stopped: 'stopped',
    skipped: 'left out',
  },

  result: {
    completed: 'Restored',
    completedText: (id: string) => `The data is what snapshot ${id} says.`,
    rows: (rows: number, tables: number) =>
      `${many(rows, { one: 'row', other: 'rows' })} in ${many(tables, { one: 'table', other: 'tables' })}.`,
    compared: 'Every table was compared with the snapshot.',
    files: (count: number, size: string) => `${many(count, { one: 'file', other: 'files' })}, ${size}.`,
    took: (time: string) => `It took ${time}.`,
    perTable: 'Rows per table',
    undo: 'Undo',
    undoTitle: 'Not what you wanted?',
    undoText: 'The state from just before is in the safety snapshot. Restoring that undoes this restore.',
    undoButton: 'Undo: restore the safety snapshot',
    failed: 'Not restored',
    unchanged: 'Nothing was changed.',
    rolledBack: 'The data was rolled back to what it was before.',
    halfway: 'One part may have been restored; the error says which.',
    cancelled: 'Stopped',
    cancelledText: 'The restore was stopped. The data is what it was before.',
    again: 'Try again',
    done: 'Done',
  },

  /** What to do next, by the code of the error. */
  hints: {
    SNAPSHOT_CORRUPT: 'The stored file is not what was written. Choose another snapshot.',
    ARCHIVE_CORRUPT: 'The archive is damaged. Choose a snapshot of another day.',
    SNAPSHOT_NOT_FOUND: 'It may have been deleted, or have reached its age. Choose another snapshot.',
    SCHEMA_MISMATCH: 'Run the version of the application that fits the snapshot, or restore what fits.',
    SCHEMA_NOT_TRUSTED: 'Try again: what the snapshot would run is shown then, and can be confirmed.',
    CONSTRAINT_VIOLATION: 'Choose the tables that are referred to as well, or restore everything.',
    RESTORE_MISMATCH:
      'What was written was not what the snapshot says, so it was undone. Verify the snapshot, then try again.',
    RESTORE_INCOMPLETE: 'What came back stays. The details of the job list what is missing.',
    DATABASE_LOCKED: 'Another program is writing to the database. Stop it, then try again.',
    DATABASE_UNAVAILABLE: 'Check that the database server runs, then try again.',
    BUSY: 'Others are comparing at the moment. Try again shortly, or go on without the preview.',
    DISK_FULL: 'Free some space on the server, then try again.',
    INTERRUPTED: 'The program ended meanwhile. Look at the data, then try again.',
    TIMED_OUT: 'It took longer than is allowed. The limit is an option of the application.',
    CONFIG_INVALID: 'The folder is not one of those that the application allows.',
  } as Record<string, string>,
  safetyFailed: {
    title: 'The safety snapshot failed, so the restore was not begun.',
    text: 'If the present data is too broken to be captured, the restore is possible without a safety snapshot. It then cannot be undone.',
    button: 'Go on without a safety snapshot …',
  },

  signedOut:
    'A restore has put the accounts back to what they were, so your session ended. Sign in with an account and password of that time, and you see how the restore went. If none works: a start of the program without any admin makes a new one.',
};
