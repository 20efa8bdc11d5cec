import { plurals } from '../plural.js';

const many = plurals('en');

/** The page of settings: every field with its sentence. */
export const settings = {
  title: 'Settings',
  intro: 'Changes apply when you save them, without a restart.',
  range: (from: string, to: string) => `${from} to ${to}`,
  default: (value: string) => `default ${value}`,

  keeping: 'How long snapshots are kept',
  rhythm: 'How often',
  fields: {
    retention_days: {
      label: 'Delete after (days)',
      sentence: 'Snapshots of a day are deleted this many days after the day ended.',
    },
    auto_archive_after_days: {
      label: 'Archive after (days)',
      sentence:
        'Snapshots of a day are archived in one ZIP this many days after the day ended. At most the days until deletion.',
    },
    min_keep: {
      label: 'Always keep the newest',
      sentence:
        'This many of the newest snapshots of each plan are kept whatever their age, so that the last good backup survives an outage.',
    },
    backup_interval_minutes: {
      label: 'Back up every (minutes)',
      sentence:
        'Time between two scheduled snapshots, for plans without a schedule of their own. A run missed while the program was down is made up for immediately.',
    },
  },
  also: 'Pinned snapshots are kept, too. A day is a UTC day, and is kept or deleted as a whole.',

  plans: {
    title: 'Plans',
    intro: 'What is captured when.',
    builtIn: 'One plan, auto: the whole database, as often as set above.',
    setUp: 'Set up plans',
    add: 'Add a plan',
    reset: 'Reset to the default plan',
    edit: (name: string) => `Edit the plan ${name}`,
    remove: (name: string) => `Remove the plan ${name}`,
    removed: (name: string) =>
      `The plan ${name} is removed when you save. Its snapshots are kept as long as the rules say.`,
    enabled: (name: string) => `Plan ${name} is enabled`,
    off: 'Runs only on request',
    next: 'Next',
    nextRuns: 'Would run next',
    keepsLast: (count: number) => `at most ${many(count, { one: 'snapshot', other: 'snapshots' })}`,
    keepsDays: (count: number) => many(count, { one: 'day', other: 'days' }),
    tables: (count: number) => many(count, { one: 'table', other: 'tables' }),
    native: 'engine native',
    wrong: 'This plan has errors.',
    last: 'The last plan cannot be removed.',
  },

  plan: {
    new: 'A new plan',
    edit: 'Plan',
    apply: 'Apply',
    applyHint: 'It takes effect when you save the settings.',
    sections: { what: 'What', when: 'When', keep: 'How long' },
    name: {
      label: 'Name',
      sentence: 'The names of its snapshots start with it. At most 40 lower-case letters, digits, “_” and “-”.',
    },
    source: {
      label: 'What it captures',
      values: { database: 'The database', files: 'Files', full: 'The database, then files, as one snapshot' },
      sentence: 'Data that belongs together is best captured together.',
    },
    database: {
      label: 'Which database',
      sentence: 'For applications with several databases. Default: “default”.',
      gone: 'The application has no such database',
    },
    tables: {
      label: 'Only these tables',
      sentence: 'One per line; empty for all. A restore then changes only these.',
      choose: 'Empty for all. A restore then changes only these.',
      looking: 'Looking for tables …',
      none: 'No matching table',
      unlisted: 'The tables cannot be listed. Type their names.',
      gone: 'not in the database',
      missing: (count: number) =>
        `${many(count, { one: 'table is', other: 'tables are' })} not in the database. Remove them; until then the plan fails.`,
      more: (count: string) => `and ${count} more`,
    },
    engine: {
      label: 'Engine',
      values: {
        json: 'json: plain documents, with differentials',
        native: 'native: the database’s own format, always full, the whole database',
      },
      sentence: 'Plain documents can be inspected, compared, and restored table by table.',
    },
    paths: {
      label: 'Folders or files',
      sentence:
        'Choose from the list, or type a path and press Enter. All must be inside the folders that the application allows (BACKUP_FILE_ROOTS).',
    },
    include: {
      label: 'Include only',
      sentence: 'Patterns relative to each folder, one per line; empty for everything.',
    },
    exclude: { label: 'Exclude', sentence: 'Patterns such as cache/**, one per line.' },
    compression: {
      label: 'Compression',
      values: { none: 'None', gzip: 'gzip', bzip2: 'bzip2', xz: 'xz: smallest, slowest' },
      sentence: 'How files are compressed.',
    },
    rhythm: {
      general: 'As set for all plans',
      generalHint: (minutes: number) => `Every ${many(minutes, { one: 'minute', other: 'minutes' })}, as set above.`,
      interval: 'At a fixed interval',
      intervalHint: 'Counted from one start to the next.',
      schedule: 'At fixed times',
      scheduleHint: 'A cron expression in a time zone.',
    },
    interval_minutes: { label: 'Minutes', sentence: 'From one start to the next: 1 to 525,600 (a year).' },
    schedule: {
      label: 'Cron expression',
      sentence: 'Five fields: minute, hour, day of the month, month, day of the week.',
      examples: 'For example',
    },
    time_zone: {
      label: 'Time zone',
      sentence:
        'Such as Europe/Moscow; empty for UTC. When clocks change, a skipped time is made up for and a repeated time counts once.',
    },
    enabled: {
      label: 'Enabled',
      sentence: 'Otherwise it runs only on request. Snapshots after new accounts are still taken.',
    },
    keep_last: {
      label: 'Largest number of snapshots',
      sentence: '1 to 100,000; empty for no limit. If days are set as well, the stricter limit applies.',
    },
    retention_days: {
      label: 'Delete after (days)',
      sentence: '1 to 3,650; empty to use the setting for all plans.',
    },
  },

  words: {
    everyMinutes: (count: number) =>
      count === 1 ? 'every minute' : `every ${many(count, { one: 'minute', other: 'minutes' })}`,
    everyHours: (count: number) =>
      count === 1 ? 'every hour' : `every ${many(count, { one: 'hour', other: 'hours' })}`,
    hourlyAt: (minute: string) => `every hour, ${minute} minutes past`,
    daily: (time: string) => `every day at ${time}`,
    weekly: (days: string, time: string) => `on ${days} at ${time}`,
    monthly: (day: string, time: string) => `on day ${day} of every month at ${time}`,
    zone: (text: string, zone: string) => `${text} (${zone})`,
  },

  consequences: {
    title: 'Snapshots will be deleted',
    deletes: (count: number, oldest: string) =>
      `The next clean-up will delete ${many(count, { one: 'snapshot', other: 'snapshots' })}, the oldest of ${oldest}.`,
    archives: (count: number) => `It will archive ${many(count, { one: 'snapshot', other: 'snapshots' })}.`,
    hint: 'This is in addition to snapshots that are deleted anyway, and cannot be undone. To keep some of them, pin them first.',
    confirm: 'Save and delete',
  },

  unsaved: 'Unsaved changes',
  checking: 'Checking …',
  invalid: (count: number) => `${many(count, { one: 'field needs', other: 'fields need' })} another value.`,
  discard: 'Discard',
  saved: 'The settings are saved and in effect.',
  leaveTitle: 'Leave without saving?',
  leaveText: 'The changed settings have not been saved.',
  leave: 'Leave',
  stay: 'Stay',
};
