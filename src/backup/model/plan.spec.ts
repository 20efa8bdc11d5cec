import { describe, expect, it } from 'vitest';
import { BackupConfig, parseBackupConfig, plansOf, type PlanLimits } from './backup-config.js';
import { BackupError, type FieldError } from './errors.js';

const LIMITS: PlanLimits = {
  databases: ['default', 'reports'],
  faultOfPath: (path) => (path.startsWith('uploads') ? undefined : 'must lie inside uploads'),
};
const parse = (plans: unknown) => parseBackupConfig({ plans }, new BackupConfig(), LIMITS);

function faults(plans: unknown): FieldError[] {
  try {
    parse(plans);
  } catch (error) {
    expect((error as BackupError).code).toBe('CONFIG_INVALID');
    return (error as BackupError).details['errors'] as FieldError[];
  }
  throw new Error('was accepted');
}

describe('the plans in the settings', () => {
  it('are the one plan auto unless somebody says otherwise', () => {
    expect(plansOf(new BackupConfig())).toEqual([
      {
        name: 'auto',
        source: 'database',
        database: 'default',
        tables: null,
        paths: [],
        include: [],
        exclude: [],
        rhythm: { everyMinutes: 10 },
        enabled: true,
        keepLast: null,
        retentionDays: null,
        engine: 'json',
        compression: 'gzip',
        level: 0,
      },
    ]);
    expect(JSON.parse(JSON.stringify(new BackupConfig()))).not.toHaveProperty('plans');
  });

  it('compress documents as all do, unless they say otherwise, and files by their own setting', () => {
    const plans = [
      { name: 'a', interval_minutes: 1 },
      { name: 'b', interval_minutes: 1, compression: { level: 9 } },
      { name: 'c', interval_minutes: 1, source: 'files', paths: ['x'], compression: { files: 'xz' } },
      { name: 'd', interval_minutes: 1, source: 'full', paths: ['x'], compression: { level: 0, files: 'none' } },
    ];
    const parsed = parseBackupConfig({ compression: { level: 6 }, plans });
    expect(plansOf(parsed).map(({ level, compression }) => [level, compression])).toEqual([
      [6, 'gzip'],
      [9, 'gzip'],
      [6, 'xz'],
      [0, 'none'],
    ]);
    expect(plansOf(parseBackupConfig({ compression: null, plans: null }, parsed))[0]!.level).toBe(0);
  });

  it.each<[object, string]>([
    [{ compression: { level: 10 } }, 'compression'],
    [{ compression: { level: 1.5 } }, 'compression'],
    [{ compression: { levle: 6 } }, 'compression'],
    [{ compression: 6 }, 'compression'],
    [{ plans: [{ name: 'a', interval_minutes: 1, compression: 'xz' }] }, 'plans[0].compression'],
    [{ plans: [{ name: 'a', interval_minutes: 1, compression: { files: 'xz' } }] }, 'plans[0].compression'],
    [{ plans: [{ name: 'a', interval_minutes: 1, compression: { level: '6' } }] }, 'plans[0].compression'],
    [{ plans: [{ name: 'a', interval_minutes: 1, compression: null }] }, 'plans[0].compression'],
    [
      { plans: [{ name: 'a', interval_minutes: 1, engine: 'native', compression: { level: 1 } }] },
      'plans[0].compression',
    ],
    [
      { plans: [{ name: 'a', interval_minutes: 1, source: 'files', paths: ['x'], compression: { level: 1 } }] },
      'plans[0].compression',
    ],
  ])('refuse a compression that is none, or is for something else: %j', (settings, field) => {
    expect(() => parseBackupConfig(settings)).toThrow(
      expect.objectContaining({ details: { errors: [expect.objectContaining({ field })] } }),
    );
  });

  it('say all that they say', () => {
    const plans = [
      { name: 'main', tables: ['users'], interval_minutes: 60, keep_last: 5, retention_days: 30 },
      { name: 'nightly', database: 'reports', engine: 'native', schedule: '0 2 * * *', time_zone: 'Europe/Moscow' },
      {
        name: 'media',
        source: 'files',
        paths: ['uploads/images'],
        include: ['**/*.jpg'],
        exclude: ['cache/**'],
        schedule: '0 3 * * 0',
        enabled: false,
        compression: 'xz',
      },
    ];
    const [main, nightly, media] = plansOf(parse(plans));
    expect(main).toMatchObject({ tables: ['users'], rhythm: { everyMinutes: 60 }, keepLast: 5, retentionDays: 30 });
    expect(nightly).toMatchObject({ database: 'reports', engine: 'native', rhythm: { timeZone: 'Europe/Moscow' } });
    expect(media).toMatchObject({ source: 'files', paths: ['uploads/images'], enabled: false, compression: 'xz' });
    expect(media?.rhythm).toEqual({ cron: '0 3 * * 0', timeZone: 'UTC' });
  });

  it('may leave the rhythm of auto to backup_interval_minutes, which null asks for again', () => {
    const config = parseBackupConfig({ plans: [{ name: 'auto', keep_last: 3 }], backup_interval_minutes: 7 });
    expect(plansOf(config)).toMatchObject([{ name: 'auto', rhythm: { everyMinutes: 7 }, keepLast: 3 }]);
    expect(parseBackupConfig({ plans: null }, config)).not.toHaveProperty('plans');
  });

  it.each([
    [{}, 'plans', /list of 1 to 50/],
    [[], 'plans', /list of 1 to 50/],
    [['main'], 'plans[0]', /must be an object/],
    [[{ name: 'Main', interval_minutes: 1 }], 'plans[0].name', /lower-case letters/],
    [[{ name: '../x', interval_minutes: 1 }], 'plans[0].name', /lower-case letters/],
    [[{ interval_minutes: 1 }], 'plans[0].name', /lower-case letters/],
    [[{ name: 'a' }], 'plans[0].interval_minutes', /must be set, unless schedule is/],
    [
      [
        { name: 'a', interval_minutes: 1 },
        { name: 'a', interval_minutes: 2 },
      ],
      'plans[1].name',
      /earlier plan/,
    ],
    [[{ name: 'a', interval_minutes: 0 }], 'plans[0].interval_minutes', /from 1 to 525600/],
    [
      [{ name: 'a', interval_minutes: 5, schedule: '0 2 * * *' }],
      'plans[0].schedule',
      /combined with interval_minutes/,
    ],
    [[{ name: 'a', schedule: 'nightly' }], 'plans[0].schedule', /five fields/],
    [[{ name: 'a', schedule: '99 * * * *' }], 'plans[0].schedule', /not a cron expression/],
    [[{ name: 'a', schedule: '0 2 * * *', time_zone: 'Mars' }], 'plans[0].time_zone', /time zone known to the system/],
    [[{ name: 'a', interval_minutes: 5, time_zone: 'UTC' }], 'plans[0].time_zone', /only with a schedule/],
    [[{ name: 'a', interval_minutes: 5, database: 'other' }], 'plans[0].database', /one of default, reports/],
    [[{ name: 'a', interval_minutes: 5, source: 'mail' }], 'plans[0].source', /one of database, files, full/],
    [[{ name: 'a', interval_minutes: 5, engine: 'magic' }], 'plans[0].engine', /one of json, native/],
    [[{ name: 'a', interval_minutes: 5, engine: 'native', tables: ['t'] }], 'plans[0].tables', /engine "json"/],
    [[{ name: 'a', interval_minutes: 5, tables: [] }], 'plans[0].tables', /at least one/],
    [[{ name: 'a', interval_minutes: 5, paths: ['uploads'] }], 'plans[0].paths', /source "files" or "full"/],
    [[{ name: 'a', interval_minutes: 5, source: 'files' }], 'plans[0].paths', /must list the folders/],
    [[{ name: 'a', interval_minutes: 5, source: 'files', paths: ['/etc'] }], 'plans[0].paths', /inside uploads/],
    [[{ name: 'a', interval_minutes: 5, keep_last: 0 }], 'plans[0].keep_last', /from 1 to/],
    [[{ name: 'a', interval_minutes: 5, enabled: 'yes' }], 'plans[0].enabled', /true or false/],
    [[{ name: 'a', interval_minutes: 5, colour: 'red' }], 'plans[0].colour', /not a setting of a plan/],
    [[{ name: 'a', interval_minutes: 5, __proto__: null, constructor: 1 }], 'plans[0].constructor', /not a setting/],
  ])('refuse %j at %s', (plans, field, message) => {
    expect(faults(plans)).toContainEqual({ field, message: expect.stringMatching(message) as string });
  });

  it('name all mistakes at once, each once', () => {
    const fields = (plans: unknown) => faults(plans).map(({ field }) => field);
    expect(
      fields([
        { name: 'Bad Name', schedule: '99 * * * *', time_zone: 'Mars/Olympus', keep_last: 0, paths: ['uploads'] },
        { name: 'b', interval_minutes: 'often', database: 'nowhere', source: 'full', paths: ['/etc', 'uploads'] },
        { name: 'b', schedule: 5, colour: 'red' },
        'not a plan',
        { name: 'c', source: 'tape' },
      ]).sort(),
    ).toEqual(
      [
        ...['name', 'schedule', 'time_zone', 'keep_last', 'paths'].map((field) => `plans[0].${field}`),
        ...['interval_minutes', 'database', 'paths'].map((field) => `plans[1].${field}`),
        ...['name', 'schedule', 'colour'].map((field) => `plans[2].${field}`),
        'plans[3]',
        ...['source', 'interval_minutes'].map((field) => `plans[4].${field}`),
      ].sort(),
    );
  });

  it('name them beside those of other fields', () => {
    try {
      parseBackupConfig({ min_keep: 0, retention_days: 5, plans: [{ name: 'X' }] }, new BackupConfig(), LIMITS);
      throw new Error('was accepted');
    } catch (error) {
      const found = (error as BackupError).details['errors'] as FieldError[];
      expect(found.map(({ field }) => field)).toEqual([
        'min_keep',
        'plans[0].name',
        'plans[0].interval_minutes',
        'auto_archive_after_days',
      ]);
    }
  });
});
