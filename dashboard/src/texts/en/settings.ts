import { plurals } from '../plural.js';

const many = plurals('en');

/** The page of settings: every field with its sentence. */
export const settings = {
  title: 'Settings',
  intro: 'In effect as soon as they are saved; nothing has to be restarted.',
  range: (from: string, to: string) => `${from} to ${to}`,
  default: (value: string) => `by default ${value}`,

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
        'This many days after a day ended, its snapshots are archived, in one ZIP. Not more than the days until deletion.',
    },
    min_keep: {
      label: 'Always keep the newest',
      sentence:
        'This many newest snapshots of each plan stay whatever their age, so that an outage cannot age the last good backup away.',
    },
    backup_interval_minutes: {
      label: 'Back up every (minutes)',
      sentence:
        'Time between two scheduled snapshots, for plans that name none of their own. What was missed while the program was down is made up for at once.',
    },
  },
  also: 'What is pinned stays as well. A day is a UTC day, and is kept or let go as a whole.',

  plans: {
    title: 'Plans',
    intro: 'What is captured when.',
    builtIn: 'One plan, auto: the whole database, by the time between two snapshots above.',
    setUp: 'Set up plans',
    add: 'Add a plan',
    reset: 'Back to the one plan',
    edit: (name: string) => `Edit the plan ${name}`,
    remove: (name: string) => `Remove the plan ${name}`,
    removed: (name: string) => `The plan ${name} goes when you save. Its snapshots stay as long as the rules say.`,
    enabled: (name: string) => `Plan ${name} runs by itself`,
    off: 'Runs only when asked to',
    next: 'Next',
    nextRuns: 'Would run next',
    keepsLast: (count: number) => `at most ${many(count, { one: 'snapshot', other: 'snapshots' })}`,
    keepsDays: (count: number) => many(count, { one: 'day', other: 'days' }),
    tables: (count: number) => many(count, { one: 'table', other: 'tables' }),
    native: 'engine native',
    wrong: 'Something is wrong with this plan.',
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
      sentence: 'Begins the names of its snapshots. Small letters, digits, “_” and “-”, at most 40.',
    },
    source: {
      label: 'What it captures',
      values: { database: 'The database', files: 'Files', full: 'The database, then files, as one snapshot' },
      sentence: 'What belongs together is best captured together.',
    },
    database: {
      label: 'Which database',
      sentence: 'Where the application names several. By default “default”.',
      gone: 'The application has no such database',
    },
    tables: {
      label: 'Only these tables',
      sentence: 'One per line; empty for all. A restore then touches only these.',
      choose: 'Empty for all. A restore then touches only these.',
      looking: 'Looking for tables …',
      none: 'No such table',
      unlisted: 'The tables cannot be listed, so their names have to be typed.',
      gone: 'not in the database',
      missing: (count: number) =>
        `${many(count, { one: 'table is', other: 'tables are' })} not in the database. Remove what is gone: until then the plan fails.`,
      more: (count: string) => `and ${count} more`,
    },
    engine: {
      label: 'Engine',
      values: {
        json: 'json: plain documents, and differentials',
        native: 'native: the database’s own form, always full, the whole database',
      },
      sentence: 'Plain documents can be looked into, compared, and restored table by table.',
    },
    paths: {
      label: 'Folders or files',
      sentence:
        'Choose from the list, or type a path and press Enter. All have to lie inside the folders that the application allows (BACKUP_FILE_ROOTS).',
    },
    include: {
      label: 'Only what matches',
      sentence: 'Patterns relative to each folder, one per line; empty for everything.',
    },
    exclude: { label: 'Leave out what matches', sentence: 'Patterns such as cache/**, one per line.' },
    compression: {
      label: 'Compression',
      values: { none: 'None', gzip: 'gzip', bzip2: 'bzip2', xz: 'xz: smallest, slowest' },
      sentence: 'Of the files.',
    },
    rhythm: {
      general: 'By the time of all plans',
      generalHint: (minutes: number) => `Every ${many(minutes, { one: 'minute', other: 'minutes' })}, as set above.`,
      interval: 'Every so many minutes',
      intervalHint: 'Counted from one start to the next.',
      schedule: 'At fixed times',
      scheduleHint: 'By a cron expression, in a time zone.',
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
        'Such as Europe/Moscow; empty for UTC. A time that the clocks jump over is made up for; one they run twice counts once.',
    },
    enabled: {
      label: 'Runs by itself',
      sentence: 'Otherwise it runs only when asked to. New accounts are kept all the same.',
    },
    keep_last: {
      label: 'At most so many snapshots',
      sentence: '1 to 100,000; empty for no limit. Together with the days, whichever is stricter.',
    },
    retention_days: {
      label: 'Delete after (days)',
      sentence: '1 to 3,650; empty for what holds for all plans.',
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
    hint: 'This comes on top of what is deleted anyway, and cannot be undone. To keep single ones, pin them first.',
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
