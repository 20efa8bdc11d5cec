import { describe, expect, it } from 'vitest';
import type { Plan, Sources } from '../api/types.js';
import { en } from '../texts/en.js';
import { ru } from '../texts/ru.js';
import { changesOf, draftOf, faultsOf, faultsOfPlan } from './config-changes.js';
import { formOfPlan, namesIn, planOfForm } from './plan-form.js';
import { cronInWords, rhythmInWords } from './rhythm-words.js';
import {
  databaseChoices,
  databaseOf,
  folderChoices,
  missingOf,
  problemOfEngine,
  tableChoices,
} from './source-choices.js';

const CONFIG = { retention_days: 30, auto_archive_after_days: 14, backup_interval_minutes: 10, min_keep: 5 };

describe('what is sent', () => {
  it('is only what differs', () => {
    const saved = draftOf(CONFIG);
    expect(changesOf(saved, draftOf(CONFIG))).toEqual({});
    expect(changesOf(saved, { ...saved, min_keep: 7 })).toEqual({ min_keep: 7 });
    const planned = draftOf({ ...CONFIG, plans: [{ name: 'auto' }] });
    expect(changesOf(planned, { ...planned, plans: null })).toEqual({ plans: null });
  });

  it('does not change what was loaded while it is edited', () => {
    const config = { ...CONFIG, plans: [{ name: 'auto' }] };
    draftOf(config).plans![0]!.name = 'other';
    expect(config.plans[0]!.name).toBe('auto');
  });
});

it('what is wrong is found at the field of its plan', () => {
  const faults = faultsOf([
    { field: 'retention_days', message: 'a' },
    { field: 'plans[1].schedule', message: 'b' },
    { field: 'plans[11].schedule', message: 'c' },
  ]);
  expect(faultsOfPlan(faults, 1)).toEqual({ schedule: 'b' });
});

describe('the form of a plan', () => {
  const plans: Plan[] = [
    { name: 'auto', keep_last: 500 },
    { name: 'attendance', tables: ['attendance', 'events'], interval_minutes: 30, keep_last: 5, retention_days: 30 },
    { name: 'nightly', engine: 'native', schedule: '0 2 * * *', time_zone: 'Europe/Moscow', enabled: false },
    {
      name: 'media',
      source: 'files',
      paths: ['./uploads'],
      exclude: ['cache/**'],
      schedule: '0 3 * * 0',
      compression: 'xz',
    },
    { name: 'all', source: 'full', database: 'shop', paths: ['a', 'b'], include: ['**/*.png'], interval_minutes: 60 },
    { name: 'small', compression: { level: 9 }, interval_minutes: 60 },
    { name: 'both', source: 'full', paths: ['a'], compression: { files: 'xz', level: 0 }, interval_minutes: 60 },
  ];

  it.each(plans)('gives back $name as it was', (plan) => expect(planOfForm(formOfPlan(plan))).toEqual(plan));

  it('leaves out what does not belong to what is captured', () => {
    const files = { ...formOfPlan(plans[1]!), source: 'files' as const, paths: ['uploads'] };
    expect(planOfForm(files)).toMatchObject({ source: 'files', paths: ['uploads'] });
    expect(planOfForm(files)).not.toHaveProperty('tables');
    const native = { ...formOfPlan(plans[1]!), engine: 'native' as const };
    expect(planOfForm(native)).not.toHaveProperty('tables');
  });

  it('sends an empty cron expression, so that it is refused at its field', () => {
    expect(planOfForm({ ...formOfPlan(plans[0]!), rhythm: 'schedule' })).toHaveProperty('schedule', '');
  });
});

describe('what a plan can name', () => {
  const engines: Sources['databases'][number]['engines'] = [
    { name: 'json', problem: null },
    { name: 'native', problem: 'The program "pg_dump" cannot be run.' },
  ];
  const sources: Sources = {
    databases: [
      { name: 'default', type: 'sqlite', database_name: 'a.sqlite', tables: ['users'], error: null, engines: [] },
      { name: 'shop', type: 'postgres', database_name: 'shop', tables: null, error: null, engines },
    ],
    file_roots: [
      { path: '/srv', problem: 'contains a live database', folders: ['/srv/a', '/srv/b', '/srv/media'] },
      { path: '/srv/media', problem: null, folders: [] },
    ],
  };

  it('is every database, also one that is gone and still named', () => {
    const values = (chosen: string) => databaseChoices(sources, chosen, 'gone').map(({ value }) => value);
    expect(values('')).toEqual(['', 'shop']);
    expect(values('shop')).toEqual(['', 'shop']);
    expect(databaseChoices(sources, 'old', 'gone')[0]).toEqual({
      value: 'old',
      title: 'old',
      props: { subtitle: 'gone' },
    });
    expect(databaseOf(sources, '')!.name).toBe('default');
    expect(databaseOf(null, '')).toBeUndefined();
  });

  it('is every table, and before them those that are gone', () => {
    const choices = tableChoices(['orders', 'users'], ['users', 'old'], 'gone');
    expect(choices.map(({ value, props }) => [value, props.subtitle])).toEqual([
      ['old', 'gone'],
      ['orders', undefined],
      ['users', undefined],
    ]);
    expect(missingOf(['users'], ['users'])).toEqual([]);
  });

  it('is every folder that is allowed, but none that cannot be captured', () => {
    expect(folderChoices(sources).map(({ value, props }) => [value, props.disabled ?? false])).toEqual([
      ['/srv', true],
      ['/srv/a', false],
      ['/srv/b', false],
      ['/srv/media', false],
    ]);
    expect(folderChoices(null)).toEqual([]);
  });

  it('says of an engine what it lacks', () => {
    expect(problemOfEngine(databaseOf(sources, 'shop'), 'native')).toContain('pg_dump');
    expect(problemOfEngine(databaseOf(sources, 'shop'), 'json')).toBeUndefined();
    expect(problemOfEngine(undefined, 'native')).toBeUndefined();
  });

  it('is typed one on a line, each once', () => {
    expect(namesIn(' users \n\norders\nusers')).toEqual(['users', 'orders']);
  });
});

describe('when a plan runs, in words', () => {
  const words = (cron: string) => cronInWords(cron, en.settings.words, 'en-GB');

  it.each([
    ['0 2 * * *', 'every day at 02:00'],
    ['30 14 * * 0', 'on Sunday at 14:30'],
    ['0 3 * * 1,5', 'on Monday and Friday at 03:00'],
    ['0 3 * * 7', 'on Sunday at 03:00'],
    ['0 4 1 * *', 'on day 1 of every month at 04:00'],
    ['0 * * * *', 'every hour'],
    ['5 * * * *', 'every hour, 5 minutes past'],
    ['*/15 * * * *', 'every 15 minutes'],
    ['* * * * *', 'every minute'],
  ])('%s', (cron, text) => expect(words(cron)).toBe(text));

  it.each(['*/25 * * * *', '0 2 * 1 *', '0 2 1 * 1', '61 2 * * *', '0 2', '0 9-17 * * *', '0 2 32 * *', '0 2 * * MON'])(
    '%s has none',
    (cron) => expect(words(cron)).toBeUndefined(),
  );

  it('says the time zone, and the rhythm of all plans where there is no other', () => {
    const say = (plan: Omit<Plan, 'name'>) => rhythmInWords(plan, 10, ru.settings.words, 'ru');
    expect(say({})).toBe('каждые 10 минут');
    expect(say({ interval_minutes: 120 })).toBe('каждые 2 часа');
    expect(say({ schedule: '0 2 * * *', time_zone: 'Europe/Moscow' })).toBe('каждый день в 02:00 (Europe/Moscow)');
    expect(say({ schedule: '0 9-17 * * *' })).toBe('0 9-17 * * * (UTC)');
  });
});
