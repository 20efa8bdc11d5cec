import { plurals } from '../plural.js';

const many = plurals('en');

/** The page of jobs. */
export const history = {
  title: 'Jobs',
  intro: 'All jobs, who requested them, and their results.',
  count: (count: number) => many(count, { one: 'job', other: 'jobs' }),
  type: 'Type',
  status: 'Status',
  clear: 'Clear the filters',
  none: 'No jobs match these filters',
  noneAtAll: 'Nothing has run yet',
  noneAtAllHint: 'Backups, restores, verifications and clean-ups appear here.',
  beyond: 'There is no page with this number',
  askedBy: (who: string) => `requested by ${who}`,
  after: (event: string) => `after ${event}`,
  by: {
    scheduled: 'by the schedule',
    manual: 'on request',
    event: 'for a new account or role',
    safety: 'before a restore',
    startup: 'when the program started',
    cli: 'from the command line',
    nobody: 'automatically',
  },
  took: (time: string) => `took ${time}`,
  waited: (time: string) => `waited ${time}`,
  snapshot: 'Snapshot',
  safetySnapshot: 'Safety snapshot',
  details: 'Details',
  showRestore: 'Show the restore',
  result: {
    stored: (size: string) => `${size} stored`,
    sound: 'The snapshot is sound.',
    damaged: 'The snapshot is damaged.',
    cleaned: (archived: number, deleted: number, freed: string) =>
      `${archived} archived, ${deleted} deleted, ${freed} freed`,
    restored: (rows: number, tables: number) =>
      `${many(rows, { one: 'row', other: 'rows' })} in ${many(tables, { one: 'table', other: 'tables' })} restored`,
    noSafety: 'Without a safety snapshot',
  },
  id: 'Id of the job',
  created: 'Requested',
  started: 'Started',
  finished: 'Ended',
  cancel: 'Cancel …',
  cancelAsk: 'Cancel this job? Its work so far is undone.',
  cancelYes: 'Cancel the job',
  cancelNo: 'Keep it running',
};
