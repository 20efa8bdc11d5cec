import { errors } from './en/errors.js';
import { history } from './en/history.js';
import { overview } from './en/overview.js';
import { restore } from './en/restore.js';
import { settings } from './en/settings.js';
import { compare, snapshot, snapshots } from './en/snapshots.js';
import { upkeep } from './en/upkeep.js';
import { plurals } from './plural.js';

const many = plurals('en');

/** Every text of the dashboard in English: the one that says which texts there are. */
export const en = {
  product: 'Backups',
  skipToContent: 'Skip to content',
  pageTitle: (page: string) => `${page} · Backups`,

  nav: {
    label: 'Main navigation',
    overview: 'Overview',
    snapshots: 'Snapshots',
    jobs: 'Jobs',
    settings: 'Settings',
  },

  shell: {
    language: 'Language',
    theme: 'Appearance',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    account: 'Account',
    signOut: 'Sign out',
    more: 'More',
    maintenance: 'A restore is running. This page continues when it is finished.',
    indexing: 'The snapshots are being indexed, the newest first. Backups and clean-ups wait until all are indexed.',
    indexed: (indexed: string, total: string) => `${indexed} of ${total}`,
    backUpNow: 'Back up now',
    backingUp: 'The backup has started.',
    health: (word: string) => `Health of the backups: ${word}`,
    dismiss: 'Dismiss',
    notFound: 'Page not found',
    away: 'This page cannot be shown now',
    notFoundHint: 'The address may be mistyped, or belong to an older version.',
    toOverview: 'Go to the overview',
  },

  signIn: {
    title: 'Sign in',
    intro: 'Backups contain everybody’s data, so you need an account with the role admin.',
    email: 'E-mail address',
    password: 'Password',
    submit: 'Sign in',
    showPassword: 'Show the password',
    hidePassword: 'Hide the password',
    expired: 'Your session has ended. Sign in again to continue where you were.',
    forbidden: 'This account is no longer an admin. Sign in with an admin account.',
    wrong: 'E-mail address or password is wrong. Check both and try again.',
    notAdmin: 'This account does not have the role admin. Sign in with an admin account.',
    tooMany: 'Too many attempts. Wait a minute, then try again.',
    waiting: 'A restore is running. You will be signed in when it is finished.',
  },

  hostSignIn: {
    intro: 'Sign in to the application with an account that is allowed to see its backups. You will be sent back here.',
    elsewhere: 'Sign in to the application with an account that is allowed to see its backups, then try again.',
    forbiddenTitle: 'Access denied',
    forbidden: 'This account is not allowed to see the backups of the application.',
    otherAccount: 'Sign in with another account',
  },

  errors,

  common: {
    cancel: 'Cancel',
    close: 'Close',
    save: 'Save',
    loading: 'Loading …',
    never: 'never',
    copy: 'Copy',
    copied: 'Copied',
    rows: (count: number) => many(count, { one: 'row', other: 'rows' }),
    tables: (count: number) => many(count, { one: 'table', other: 'tables' }),
    snapshots: (count: number) => many(count, { one: 'snapshot', other: 'snapshots' }),
    typeToConfirm: 'To confirm, type or paste:',
    typedMismatch: 'The texts do not match yet.',
  },

  health: {
    healthy: 'Healthy',
    caution: 'Caution',
    warning: 'Warning',
    critical: 'Critical',
  },

  pages: {
    label: 'Pages',
    shown: (first: string, last: string, all: string) => `${first}–${last} of ${all}`,
    current: (page: string, pages: string) => `${page} of ${pages}`,
    first: 'First page',
    previous: 'Previous page',
    next: 'Next page',
    last: 'Last page',
  },

  jobs: {
    type: { capture: 'Backup', restore: 'Restore', verify: 'Verification', cleanup: 'Clean-up' },
    status: {
      pending: 'Waiting',
      running: 'Running',
      completed: 'Completed',
      failed: 'Failed',
      cancelled: 'Cancelled',
    },
    running: (type: string) => `${type} running`,
    waiting: (type: string) => `${type} waiting`,
    finished: {
      completed: (type: string) => `${type} completed`,
      failed: (type: string, reason: string) => `${type} failed. ${reason}`,
      cancelled: (type: string) => `${type} cancelled`,
    },
    /** Steps of a job that say more than that it runs. */
    stages: {
      verify: 'Verifying the snapshot',
      safety_snapshot: 'Taking a safety snapshot',
      restore: 'Restoring',
      check: 'Checking the result',
      done: 'Done',
      rolled_back: 'Rolled back',
      'waiting for the index': 'Waiting until all snapshots are indexed',
    } as Record<string, string>,
  },

  overview,
  snapshots,
  snapshot,
  compare,
  restore,
  history,
  upkeep,
  settings,
};
