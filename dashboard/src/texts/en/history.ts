import { plurals } from '../plural.js';

const many = plurals('en');

/** The page of jobs. */
export const history = {
  title: 'Jobs',
  intro: 'Everything that ran, who asked for it, and how it went.',
  count: (count: number) => many(count, { one: 'job', other: 'jobs' }),
  type: 'Type',
  status: 'Status',
  clear: 'Clear the filters',
  none: 'No job fits these filters',
  noneAtAll: 'Nothing has run yet',
  noneAtAllHint: 'Backups, restores, verifications and clean-ups appear here.',
  beyond: 'This page lies beyond the last one',
  askedBy: (who: string) => `asked for by ${who}`,
  after: (event: string) => `after ${event}`,
  by: {
    scheduled: 'by the schedule',
    manual: 'on request',
    event: 'for a new account or role',
    safety: 'before a restore',
    startup: 'at the start of the program',
    cli: 'from the command line',
    nobody: 'by itself',
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
  created: 'Asked for',
  started: 'Started',
  finished: 'Ended',
  cancel: 'Cancel …',
  cancelAsk: 'Stop this job? What it has done so far is undone.',
  cancelYes: 'Stop it',
  cancelNo: 'Let it run',
};
