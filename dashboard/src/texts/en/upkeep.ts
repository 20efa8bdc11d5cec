import { plurals } from '../plural.js';

const many = plurals('en');
const snapshots = (count: number) => many(count, { one: 'snapshot', other: 'snapshots' });

/** Backing up now, and cleaning up. */
export const upkeep = {
  backUp: {
    title: 'Back up now',
    description: 'Description',
    descriptionHint: 'What for? You find it again by this, for example: Before the migration.',
    plan: 'Plan',
    planHint: 'What is captured.',
    all: 'All plans',
    full: 'A full snapshot',
    fullHint: 'Stands alone. Otherwise it may hold only what changed since the day’s first one; both restore alike.',
    start: 'Back up',
    details: 'Progress in the jobs',
  },
  cleanUp: {
    open: 'Clean up …',
    title: 'Clean up',
    intro: 'This would happen now, by the rules in the settings. Nothing has been changed yet.',
    nothing: 'There is nothing to clean up.',
    archived: (count: number) => `${snapshots(count)} moved into the archive of its day`,
    deleted: (count: number) => `${snapshots(count)} deleted for good`,
    freed: (size: string) => `about ${size} freed`,
    heldBack: (count: number) =>
      `${snapshots(count)} due by the clock are held back: the clock jumped ahead, and nobody confirmed that it is right. If it is wrong, set it.`,
    confirmClock: 'The clock is right: delete them too',
    stays: (count: number) => `${snapshots(count)} stay`,
    why: 'Why they stay',
    reasons: {
      within_retention: 'young enough',
      dated_ahead: 'dated after now',
      pinned: 'pinned',
      newest: 'among the newest, which no rule deletes',
      base_of: 'others are built on them',
      part_of: 'part of a snapshot that stays',
    } as Record<string, string>,
    several: 'A snapshot can have several reasons.',
    start: 'Clean up now',
    running: 'Cleaning up …',
    done: (archived: number, deleted: number, freed: string) =>
      `Cleaned up: ${archived} archived, ${deleted} deleted, ${freed} freed.`,
  },
};
