import { join } from 'node:path';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  BackupScheduler,
  CaptureOperation,
  Catalog,
  ConfigStore,
  HealthQuery,
  JobQueue,
  RestoreOperation,
} from '../../src/backup/internals.js';
import { ROLE_CREATED } from '../../src/backup/index.js';
import { SnapshotCapturer } from '../../src/backup/operations/snapshot-capturer.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import type { TaskRun } from '../../src/backup/system/child-task.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { temporaryPath } from '../../src/backup/system/temporary-file.js';
import { type BackupApp, type BackupAppSetup, startBackupApp } from '../support/backup-app.js';
import { eventually } from '../support/eventually.js';
import { SnapshotSeed } from '../support/planted-snapshots.js';

const MINUTE = 60_000;
let folder: string;
let clock: ManualClock;
let app: BackupApp | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scheduler-'));
  clock = new ManualClock('2026-01-30T12:00:00.000Z');
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function start(setup: BackupAppSetup = {}): Promise<BackupApp> {
  app = await startBackupApp({ clock, folder, ...setup, options: { triggers: true, ...setup.options } });
  await app.get(BackupScheduler).settled();
  return app;
}

async function stop(): Promise<void> {
  await app!.close();
  app = undefined;
}

async function advance(minutes: number): Promise<void> {
  clock.advance(minutes * MINUTE);
  await app!.get(BackupScheduler).settled();
}

/** Oldest first: trigger and time. */
const taken = async (): Promise<[string, string][]> =>
  (await app!.get(Catalog).all())
    .map(({ trigger, created_at }): [string, string] => [trigger.type, created_at.slice(11, 16)])
    .reverse();

describe('BackupScheduler', () => {
  it('takes the first snapshot at once and one every ten minutes from then on', async () => {
    await start();
    expect(await taken()).toEqual([['startup', '12:00']]);
    await advance(9);
    expect(await taken()).toHaveLength(1);
    await advance(1);
    await advance(10);
    expect(await taken()).toEqual([
      ['startup', '12:00'],
      ['scheduled', '12:10'],
      ['scheduled', '12:20'],
    ]);
  });

  it('after a short restart waits for the moment that was due anyway', async () => {
    await start();
    await stop();
    clock.advance(4 * MINUTE);
    await start();
    expect(await taken()).toHaveLength(1);
    await advance(6);
    expect(await taken()).toEqual([
      ['startup', '12:00'],
      ['scheduled', '12:10'],
    ]);
  });

  it('leaves a snapshot to another process that has just taken it, and takes over when that one does not', async () => {
    await start();
    await advance(10);
    const [latest] = await app!.get(Catalog).all();
    const seed = await SnapshotSeed.read(join(folder, 'backups'), latest!.id);
    await seed.plant(join(folder, 'backups'), new Date('2026-01-30T12:17:00.000Z'));
    await app!.get(Catalog).reconcile();
    await advance(10);
    await advance(10);
    expect(await taken()).toEqual([
      ['startup', '12:00'],
      ['scheduled', '12:10'],
      ['scheduled', '12:17'],
      ['scheduled', '12:30'],
    ]);
  });

  it('makes up at the next start for what a downtime missed', async () => {
    await start();
    await stop();
    clock.advance(3 * 60 * MINUTE);
    await start();
    expect(await taken()).toEqual([
      ['startup', '12:00'],
      ['startup', '15:00'],
    ]);
    await advance(10);
    expect((await taken()).at(-1)).toEqual(['scheduled', '15:10']);
  });

  it('makes up at once for what was running or waiting when the application ended', async () => {
    await start();
    await stop();
    clock.advance(MINUTE);
    const hanging = {
      documentEnding: () => '.json',
      capture: (_: unknown, { signal }: TaskRun) =>
        new Promise((_resolve, reject) => {
          if (signal!.aborted) reject(new Error('killed'));
          signal!.addEventListener('abort', () => reject(new Error('killed')));
        }),
    };
    const { get, events } = await start({
      adjust: (builder) => builder.overrideProvider(JsonEngine).useValue(hanging),
    });
    for (const user_id of [1, 2]) {
      events.emit(ROLE_CREATED, { role: 'student', user_id });
      await eventually(
        () => get(JobQueue).unfinished('capture').length === user_id && get(JobQueue).runningJobs().length > 0,
      );
    }
    let hasEnded = false;
    const ended = stop().then(() => (hasEnded = true));
    await eventually(() => {
      clock.advance(1000);
      return hasEnded;
    });
    await ended;
    await start();
    expect((await taken()).map(([trigger]) => trigger)).toEqual(['startup', 'startup']);
    await stop();
    await start();
    expect(await taken()).toHaveLength(2); // made up for, once
  });

  it('makes up for an account that was created while the application ended', async () => {
    const { get, events } = await start();
    clock.advance(MINUTE);
    await get(JobQueue).close();
    events.emit(ROLE_CREATED, { role: 'student', user_id: 1 });
    await eventually(async () => (await get(Catalog).jobs({ page: 1, page_size: 9, status: 'failed' })).total === 1);
    await stop();
    await start();
    expect((await taken()).map(([trigger]) => trigger)).toEqual(['startup', 'startup']);
  });

  it('is not put off by manual snapshots', async () => {
    const { get } = await start();
    await advance(9);
    const { id } = await get(CaptureOperation).request({ trigger: { type: 'manual' } });
    await get(JobQueue).whenFinished(id);
    await advance(1);
    expect((await taken()).map(([trigger]) => trigger)).toEqual(['startup', 'manual', 'scheduled']);
  });

  it('is not silenced by a snapshot from the future', async () => {
    clock.advance(600 * MINUTE);
    await start();
    await stop();
    clock = new ManualClock('2026-01-30T12:00:00.000Z');
    await start();
    expect(await taken()).toHaveLength(1);
    await advance(10);
    expect(await taken()).toContainEqual(['scheduled', '12:10']);
  });

  it('plans anew as soon as the interval changes', async () => {
    const { get } = await start();
    await get(ConfigStore).update({ backup_interval_minutes: 60 });
    await get(BackupScheduler).settled();
    expect(clock.nextAlarmAt?.toISOString()).toBe('2026-01-30T13:00:00.000Z');
    await advance(30);
    expect(await taken()).toHaveLength(1);
    await get(ConfigStore).update({ backup_interval_minutes: 20 });
    await get(BackupScheduler).settled();
    expect((await taken()).at(-1)).toEqual(['scheduled', '12:30']);
    await advance(20);
    expect((await taken()).at(-1)).toEqual(['scheduled', '12:50']);
  });

  it('is not moved by changes of other settings', async () => {
    const { get } = await start();
    await advance(5);
    await get(ConfigStore).update({ retention_days: 60 });
    await get(BackupScheduler).settled();
    expect(clock.nextAlarmAt?.toISOString()).toBe('2026-01-30T12:10:00.000Z');
  });

  it('tries again soon after a snapshot that failed, and never later than at the next regular time', async () => {
    const attempts: string[] = [];
    const { get } = await start({ adjust: failing(attempts) });
    for (let minute = 0; minute < 40; minute++) await advance(1);
    expect(attempts).toEqual(['12:00', '12:01', '12:03', '12:07', '12:10', '12:20', '12:30', '12:40']);
    expect(await get(BackupScheduler).schedule()).toMatchObject([
      { last_status: 'failed', next_run: '2026-01-30T12:50:00.000Z' },
    ]);
  });

  it('says in words and times when it runs', async () => {
    const { get } = await start();
    await advance(3);
    expect(await get(BackupScheduler).schedule()).toEqual([
      {
        plan: 'auto',
        source: 'database',
        every: '10 minutes',
        enabled: true,
        next_run: '2026-01-30T12:10:00.000Z',
        last_run: '2026-01-30T12:00:00.000Z',
        last_status: 'completed',
      },
    ]);
  });

  it('does nothing when triggers are off', async () => {
    const { get } = await start({ options: { triggers: false } });
    await advance(1000);
    expect(await taken()).toEqual([]);
    expect(await get(BackupScheduler).schedule()).toMatchObject([
      { enabled: false, next_run: null, last_run: null, last_status: null },
    ]);
  });

  it('stops with the application', async () => {
    await start();
    await stop();
    expect(clock.nextAlarmAt).toBeUndefined();
  });

  it('counts from the last snapshot though the catalog was lost', async () => {
    await start();
    await stop();
    await rm(join(folder, 'backups', 'catalog.sqlite'));
    clock.advance(4 * MINUTE);
    const { get } = await start();
    expect(await get(BackupScheduler).schedule()).toMatchObject([
      { next_run: '2026-01-30T12:10:00.000Z', last_run: '2026-01-30T12:00:00.000Z', last_status: 'completed' },
    ]);
  });
});

/** No capture succeeds; each notes its time. */
const failing = (attempts: string[]) => (builder: TestingModuleBuilder) =>
  builder.overrideProvider(JsonEngine).useValue({
    documentEnding: () => '.json',
    capture: () => {
      attempts.push(clock.now().toISOString().slice(11, 16));
      return Promise.reject(new Error('The database is away.'));
    },
  });

describe('a nightly plan', () => {
  const configure = (plan: object = { schedule: '0 2 * * *' }) =>
    writeFile(join(folder, 'backup_config.json'), JSON.stringify({ plans: [{ name: 'nightly', ...plan }] }));
  const health = async () => {
    const { plans } = await app!.get(HealthQuery).health();
    return [plans[0]!.status, ...plans[0]!.reasons];
  };
  /** By every way in which it is told. */
  const nextRuns = async (): Promise<(string | null | undefined)[]> => {
    const { get } = app!;
    const [entry] = await get(BackupScheduler).schedule();
    const [fromOutside] = await get(BackupScheduler).schedule('outside');
    const [previewed] = await get(BackupScheduler).preview(get(ConfigStore).get());
    await get(BackupScheduler).settled();
    return [entry!.next_run, fromOutside!.next_run, previewed!.next_runs[0], clock.nextAlarmAt?.toISOString()];
  };
  const everywhere = (at: string) => Array<string>(4).fill(at);
  const at = (time: string) => (clock = new ManualClock(time));

  it('is made up for on a machine that is switched off every night, also the first time', async () => {
    await configure();
    at('2026-01-30T09:00:00.000Z');
    await start();
    expect(await health()).toEqual([
      'caution',
      'There is no backup yet; the first one is due at 2026-01-31T02:00:00.000Z.',
    ]);
    expect(await nextRuns()).toEqual(everywhere('2026-01-31T02:00:00.000Z'));
    await advance(9 * 60);
    await stop();
    await rm(join(folder, 'backups', 'catalog.sqlite'));
    at('2026-01-31T09:00:00.000Z');
    await start();
    expect(await taken()).toEqual([['startup', '09:00']]);
    expect(await health()).toEqual(['healthy']);
    expect(await nextRuns()).toEqual(everywhere('2026-02-01T02:00:00.000Z'));
  });

  it('is not put off by a clock that was ahead when it was first seen', async () => {
    await configure();
    at('2027-01-30T09:00:00.000Z');
    await start();
    await stop();
    at('2026-01-30T09:00:00.000Z');
    await start();
    expect(await nextRuns()).toEqual(everywhere('2026-01-31T02:00:00.000Z'));
    await stop();
    at('2026-01-31T09:00:00.000Z');
    await start();
    expect(await taken()).toEqual([['startup', '09:00']]);
  });

  it('that never ran is missed across restarts', async () => {
    await configure();
    await start({ adjust: failing([]) });
    await stop();
    at('2026-01-31T09:00:00.000Z');
    await start({ adjust: failing([]) });
    expect(await health()).toEqual([
      'critical',
      'There is no backup.',
      expect.stringMatching(/^The last run failed: .*The database is away/),
    ]);
  });

  it.each(['not JSON', '{"format":"nestjs-backup/schedule","version":1,"plans":{"nightly":null}}', null])(
    'starts where what is known of it cannot be used: %j',
    async (content) => {
      await configure();
      await start();
      await stop();
      const path = join(folder, 'backups', '.schedule.json');
      await rm(path);
      if (content === null) await mkdir(path);
      else await writeFile(path, content);
      await start();
      expect(await nextRuns()).toMatchObject([
        '2026-01-31T02:00:00.000Z',
        expect.any(String),
        '2026-01-31T02:00:00.000Z',
        '2026-01-31T02:00:00.000Z',
      ]);
      await advance(14 * 60);
      expect(await taken()).toEqual([['scheduled', '02:00']]);
    },
  );

  it('that failed is tried again soon, also after a restart, and everybody is told the same', async () => {
    await configure();
    const attempts: string[] = [];
    await start({ adjust: failing(attempts) });
    await advance(14 * 60);
    expect(await nextRuns()).toEqual(everywhere('2026-01-31T02:01:00.000Z'));
    await advance(1);
    expect(await nextRuns()).toEqual(everywhere('2026-01-31T02:03:00.000Z'));
    await stop();
    await start({ adjust: failing(attempts) }); // a program that ends and starts again does not try at each start
    expect(attempts).toEqual(['02:00', '02:01']);
    expect(await nextRuns()).toEqual(everywhere('2026-01-31T02:03:00.000Z'));
    await stop();
    await start();
    await advance(2);
    expect(await taken()).toEqual([['scheduled', '02:03']]);
    expect(await nextRuns()).toEqual(everywhere('2026-02-01T02:00:00.000Z'));
  });

  it('whose failed run was made up for by hand is not tried again', async () => {
    await configure();
    const { get } = await start();
    vi.spyOn(get(SnapshotCapturer), 'capture').mockRejectedValueOnce(new Error('The database is away.'));
    await advance(14 * 60);
    expect(await nextRuns()).toEqual(everywhere('2026-01-31T02:01:00.000Z'));
    clock.advance(MINUTE / 2);
    const { id } = await get(CaptureOperation).request({ trigger: { type: 'manual' } });
    await get(JobQueue).whenFinished(id);
    await get(BackupScheduler).settled();
    expect(await nextRuns()).toEqual(everywhere('2026-02-01T02:00:00.000Z'));
  });

  it('that was changed, switched off or renamed counts anew, but what is due stays due', async () => {
    await configure();
    const { get } = await start();
    const change = async (plan: object) => {
      await get(ConfigStore).update({ plans: [{ name: 'nightly', ...plan }] });
      await get(BackupScheduler).settled();
    };
    await advance(60);
    await change({ schedule: '0 3 * * *' });
    expect(await nextRuns()).toEqual(everywhere('2026-01-31T03:00:00.000Z'));
    await change({ schedule: '0 3 * * *', enabled: false });
    expect((await get(BackupScheduler).schedule())[0]!.next_run).toBeNull();
    await advance(24 * 60);
    await change({ schedule: '0 3 * * *' });
    expect(await nextRuns()).toEqual(everywhere('2026-02-01T03:00:00.000Z'));
    await change({ name: 'daily', schedule: '0 4 * * *' });
    expect(await nextRuns()).toEqual(everywhere('2026-02-01T04:00:00.000Z'));
    await stop();
    at('2026-02-01T09:00:00.000Z');
    await configure({ name: 'daily', schedule: '0 5 * * 0' }); // while it was missed
    await start();
    expect(await taken()).toEqual([['startup', '09:00']]);
  });
});

describe('settings', () => {
  const start = () => startBackupApp({ clock, folder });

  it('leave nothing behind of a change that a kill cut short', async () => {
    const leftover = temporaryPath(join(folder, 'backup_config.json'), 4_194_305);
    await writeFile(leftover, '{');
    app = await start();
    await expect(access(leftover)).rejects.toThrow('ENOENT');
  });

  it.each([
    ['{ "retention_days": 0 }', /backup_config\.json.*"retention_days" must be a whole number from 1 to 3650/],
    ['{ "retention": 5 }', /backup_config\.json.*"retention" is not a setting; known settings: retention_days/],
    ['{ "retention_days": 5, ', /backup_config\.json.*not JSON/],
    ['[]', /backup_config\.json.*JSON object/],
  ])('are the defaults, and health says why, when the file says %s', async (content, message) => {
    await writeFile(join(folder, 'backup_config.json'), content);
    app = await start();
    expect(app.get(ConfigStore).get()).toMatchObject({ retention_days: 30 });
    expect(await app.get(HealthQuery).health()).toMatchObject({
      status: 'critical',
      reasons: expect.arrayContaining([expect.stringMatching(message)]),
    });
  });

  it('take effect when they are on disk, all at once or not at all, and survive a restart', async () => {
    app = await start();
    const store = app.get(ConfigStore);
    const outcomes = await Promise.allSettled([
      store.update({ retention_days: 40 }),
      store.update({ retention_days: 50, min_keep: 0 }),
      store.update({ min_keep: 9 }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(store.get()).toMatchObject({ retention_days: 40, min_keep: 9, auto_archive_after_days: 14 });
    await stop();
    app = await start();
    expect(app.get(ConfigStore).get()).toMatchObject({ retention_days: 40, min_keep: 9 });
  });

  it('stay as they were when they cannot be written', async () => {
    app = await start();
    await mkdir(join(folder, 'backup_config.json'));
    const store = app.get(ConfigStore);
    await expect(store.update({ retention_days: 40 })).rejects.toThrow();
    expect(store.get().retention_days).toBe(30);
  });
});

describe('several plans', () => {
  const PLANS = [
    { name: 'main', tables: ['users'], interval_minutes: 60 },
    { name: 'nightly', schedule: '0 2 * * *', time_zone: 'Europe/Moscow' },
    { name: 'off', interval_minutes: 5, enabled: false },
  ];
  const configure = (plans: unknown) => writeFile(join(folder, 'backup_config.json'), JSON.stringify({ plans }));
  const takenBy = async (): Promise<[string, string][]> =>
    (await app!.get(Catalog).all())
      .map(({ plan, created_at }): [string, string] => [plan, created_at.slice(5, 16)])
      .reverse();

  it('run each in its own rhythm', async () => {
    await configure(PLANS);
    await start();
    expect(await takenBy()).toEqual([['main', '01-30T12:00']]);
    for (let hour = 0; hour < 12; hour++) await advance(60);
    const taken = await takenBy();
    expect(taken.filter(([plan]) => plan === 'main')).toHaveLength(13);
    expect(taken.filter(([plan]) => plan !== 'main')).toEqual([['nightly', '01-30T23:00']]);
    expect(await app!.get(BackupScheduler).schedule()).toMatchObject([
      {
        plan: 'main',
        every: '60 minutes',
        enabled: true,
        next_run: '2026-01-31T01:00:00.000Z',
        last_status: 'completed',
      },
      { plan: 'nightly', every: '0 2 * * * (Europe/Moscow)', next_run: '2026-01-31T23:00:00.000Z' },
      { plan: 'off', enabled: false, next_run: null, last_run: null },
    ]);
  });

  it('make up for a start that a downtime missed, once', async () => {
    await configure([PLANS[1]]);
    await start();
    expect(await takenBy()).toEqual([]); // never ran, and is not due
    for (let hour = 0; hour < 11; hour++) await advance(60);
    await stop();
    clock.advance(3 * 24 * 60 * MINUTE);
    await start();
    expect(await takenBy()).toEqual([
      ['nightly', '01-30T23:00'],
      ['nightly', '02-02T23:00'],
    ]);
    expect(clock.nextAlarmAt?.toISOString()).toBe('2026-02-03T23:00:00.000Z');
  });

  it('waits for months where the schedule says so', async () => {
    await configure([{ name: 'yearly', schedule: '0 0 1 7 *' }]);
    await start();
    await advance(12 * 60);
    for (let day = 0; day < 152; day++) await advance(24 * 60);
    expect(await takenBy()).toEqual([['yearly', '07-01T00:00']]);
  });

  it('are in effect as soon as the settings change, and leave the others alone', async () => {
    await configure([PLANS[0]]);
    const { get } = await start();
    await advance(30);
    await get(ConfigStore).update({ plans: [PLANS[0], { name: 'more', interval_minutes: 10 }] });
    await app!.get(BackupScheduler).settled();
    await advance(10);
    await advance(10);
    await advance(10);
    expect(await takenBy()).toEqual([
      ['main', '01-30T12:00'],
      ['more', '01-30T12:30'],
      ['more', '01-30T12:40'],
      ['more', '01-30T12:50'],
      ['main', '01-30T13:00'],
      ['more', '01-30T13:00'],
    ]);
    await get(ConfigStore).update({ plans: [{ ...PLANS[0], enabled: false }] });
    await app!.get(BackupScheduler).settled();
    expect(clock.nextAlarmAt).toBeUndefined();
  });

  it('begin nothing that the settings ask for while the application ends', async () => {
    await configure([PLANS[0]]);
    const { get } = await start();
    await get(ConfigStore).update({ plans: [PLANS[0], { name: 'more', interval_minutes: 10 }] });
    get(BackupScheduler).stop();
    await get(BackupScheduler).settled();
    expect(clock.nextAlarmAt).toBeUndefined();
    expect(await takenBy()).toEqual([['main', '01-30T12:00']]);
  });

  it('capture their own tables, exactly and only those, and put back only those', async () => {
    await configure([PLANS[0]]);
    const running = await start();
    running.sql('CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT)');
    running.sql("INSERT INTO users VALUES (1, 'a@example.com')");
    running.sql("INSERT INTO notes (text) VALUES ('kept as it is')");
    await advance(60);
    const [snapshot] = await running.get(Catalog).all();
    expect(Object.keys(snapshot!.tables)).toEqual(['users']);
    running.sql("UPDATE users SET email = 'changed'");
    running.sql("UPDATE notes SET text = 'newer'");
    const job = await running.get(RestoreOperation).request(snapshot!.id, { confirm: snapshot!.id }, null);
    expect(await running.get(JobQueue).whenFinished(job.id)).toMatchObject({ status: 'completed' });
    expect(running.sql('SELECT * FROM users')).toEqual([{ id: 1, email: 'a@example.com' }]);
    expect(running.sql('SELECT text FROM notes')).toEqual([{ text: 'newer' }]);
    const [safety] = await running.get(Catalog).all();
    expect(Object.keys(safety!.tables)).toEqual(['notes', 'users']);
  });

  it('say which table they miss', async () => {
    await configure([{ name: 'main', tables: ['users', 'gone'], interval_minutes: 60 }]);
    const { get } = await start();
    const { items } = await get(Catalog).jobs({ page: 1, page_size: 1 });
    expect(items).toMatchObject([
      {
        status: 'failed',
        error: { error_code: 'TABLE_NOT_FOUND', message: expect.stringContaining('"gone"') as string },
      },
    ]);
  });

  it('keep new accounts by the plan that captures the database', async () => {
    await configure([PLANS[1], PLANS[0]]);
    const { events, get } = await start();
    events.emit(ROLE_CREATED, { role: 'student', user_id: 5 });
    const [taken] = await eventually(async () => {
      const snapshots = await get(Catalog).all();
      return snapshots.length === 2 && snapshots.filter(({ trigger }) => trigger.type === 'event');
    });
    expect(taken).toMatchObject({ plan: 'nightly', trigger: { subjects: [{ role: 'student', user_id: 5 }] } });
  });
});
