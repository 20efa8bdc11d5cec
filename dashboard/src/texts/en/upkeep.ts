import { plurals } from '../plural.js';

const many = plurals('en');
const snapshots = (count: number) => many(count, { one: 'snapshot', other: 'snapshots' });

/** Backing up now, and cleaning up. */
export const upkeep = {
  backUp: {
    title: 'Back up now',
    description: 'Description',
    descriptionHint: 'Helps you find the snapshot again, for example: Before the migration.',
    plan: 'Plan',
    planHint: 'What to capture.',
    all: 'All plans',
    full: 'A full snapshot',
    fullHint:
      'Stands alone. Otherwise the snapshot may hold only changes since the first one of the day; both restore the same way.',
    start: 'Back up',
    details: 'Show the job',
  },
  cleanUp: {
    open: 'Clean up …',
    title: 'Clean up',
    intro: 'A clean-up by the rules in the settings would do this. Nothing has been changed yet.',
    nothing: 'There is nothing to clean up.',
    archived: (count: number) => `${snapshots(count)} moved into archives`,
    deleted: (count: number) => `${snapshots(count)} deleted permanently`,
    freed: (size: string) => `about ${size} freed`,
    heldBack: (count: number) =>
      `${snapshots(count)} due for deletion are held back, because the clock jumped ahead and has not been confirmed. If it is wrong, set it.`,
    confirmClock: 'The clock is right: delete them too',
    stays: (count: number) => `${snapshots(count)} stay`,
    why: 'Why they stay',
    reasons: {
      within_retention: 'within the retention time',
      dated_ahead: 'dated in the future',
      pinned: 'pinned',
      newest: 'among the newest, which are always kept',
      base_of: 'needed by a differential snapshot',
      part_of: 'part of a snapshot that stays',
    } as Record<string, string>,
    several: 'A snapshot can have several reasons.',
    start: 'Clean up now',
    running: 'Cleaning up …',
    done: (archived: number, deleted: number, freed: string) =>
      `Cleaned up: ${archived} archived, ${deleted} deleted, ${freed} freed.`,
  },
};
