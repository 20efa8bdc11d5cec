import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CaptureOperation, Catalog, type CaptureAsked, JobQueue } from '../../src/backup/internals.js';
import { type Job, ROLE_CREATED, type Trigger } from '../../src/backup/index.js';
import { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, type BackupAppSetup, startBackupApp } from '../support/backup-app.js';
import { eventually } from '../support/eventually.js';

let running: BackupApp | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(setup: BackupAppSetup = {}): Promise<BackupApp> {
  running = await startBackupApp(setup);
  return running;
}

const capture = async (app: BackupApp, asked: CaptureAsked): Promise<Job> => {
  const { id } = await app.get(CaptureOperation).request(asked);
  return app.get(JobQueue).whenFinished(id);
};

const manual: CaptureAsked = { trigger: { type: 'manual' } };
const fileOf = (app: BackupApp, name: string) => join(app.folder, 'backups', name);
const created = (user_id: number | string, role = 'student'): Trigger => ({
  type: 'event',
  event: ROLE_CREATED,
  subjects: [{ role, user_id }],
});

describe('capture', () => {
  it('leaves a document, its manifest, a listed snapshot and a completed job', async () => {
    const app = await start({ clock: new ManualClock('2026-01-30T12:00:00.123Z'), options: { appVersion: '9.8.7' } });
    app.sql("INSERT INTO users (email) VALUES ('a@example.com')");
    const job = await capture(app, { ...manual, description: 'Before migration', requestedBy: 'admin@example.com' });
    expect(job).toMatchObject({
      status: 'completed',
      progress: 1,
      plan: 'auto',
      requested_by: 'admin@example.com',
      error: null,
      snapshot_id: 'manual_backup_20260130_120000',
    });
    const snapshot = await app.get(Catalog).get(job.snapshot_id!);
    expect(snapshot).toMatchObject({
      location: 'regular',
      kind: 'full',
      base: null,
      description: 'Before migration',
      created_at: '2026-01-30T12:00:00.123Z',
    });
    const manifest = JSON.parse(await readFile(fileOf(app, 'manual_backup_20260130_120000.meta.json'), 'utf8'));
    expect(manifest).toMatchObject({
      id: job.snapshot_id,
      app_version: '9.8.7',
      trigger: { type: 'manual' },
      tables: { users: { rows: 1 } },
    });
    const document = JSON.parse(await readFile(fileOf(app, snapshot.filename), 'utf8'));
    expect(document.tables.users.rows).toEqual([{ id: 1, email: 'a@example.com' }]);
    expect((await stat(fileOf(app, snapshot.filename))).mode & 0o777).toBe(0o600);
  });

  it('numbers the second and third within one second, and steps around files it did not make', async () => {
    const app = await start({ clock: new ManualClock('2026-01-30T12:00:00.000Z') });
    await writeFile(fileOf(app, 'manual_backup_20260130_120000_2.json'), 'somebody else’s');
    const ids = [await capture(app, manual), await capture(app, manual)].map(({ snapshot_id }) => snapshot_id);
    expect(ids).toEqual(['manual_backup_20260130_120000', 'manual_backup_20260130_120000_3']);
    expect(await readFile(fileOf(app, 'manual_backup_20260130_120000_2.json'), 'utf8')).toBe('somebody else’s');
  });

  it('refuses a plan that does not exist, naming those that do', async () => {
    const app = await start();
    await expect(app.get(CaptureOperation).request({ ...manual, plan: 'nightly' })).rejects.toMatchObject({
      code: 'PLAN_NOT_FOUND',
      message: expect.stringContaining('auto'),
    });
  });

  it('fails before it starts when the disk is too full, saying what to do', async () => {
    const app = await start({ options: { minFreeMb: 1_000_000_000 } });
    const job = await capture(app, manual);
    expect(job).toMatchObject({ status: 'failed', snapshot_id: null, error: { error_code: 'DISK_FULL' } });
    expect(job.error!.message).toMatch(
      /\d+ MB free, but a backup needs 1000000000\. Free some space or lower BACKUP_MIN_FREE_MB/,
    );
    expect(await app.get(SnapshotRepository).listRegular()).toEqual([]);
  });

  it('fails, leaves nothing behind and lists nothing when the database is gone', async () => {
    const app = await start({ options: { database: 'sqlite:/nonexistent/app.sqlite' } });
    const job = await capture(app, manual);
    expect(job).toMatchObject({ status: 'failed', error: { error_code: 'DATABASE_UNAVAILABLE' } });
    expect((await app.get(Catalog).all()).length).toBe(0);
  });

  it('sweeps what a killed engine was writing', async () => {
    const pid = 2 ** 22 + 1; // above the highest process id there can be
    const dying = {
      documentEnding: () => '.json',
      capture: async ({ documentPath }: { documentPath: string }, run: { onStart(pid: number): void }) => {
        run.onStart(pid);
        await writeFile(documentPath.replace(/([^/]+)$/, `.$1.${pid}.tmp`), 'half a document');
        throw new Error('killed');
      },
    };
    const app = await start({ adjust: (builder) => builder.overrideProvider(JsonEngine).useValue(dying) });
    const job = await capture(app, manual);
    expect(job).toMatchObject({ status: 'failed', error: { error_code: 'ENGINE_FAILED', message: 'killed' } });
    const { readdir } = await import('node:fs/promises');
    expect((await readdir(join(app.folder, 'backups'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

/** An app whose first capture is held until released, so that others pile up behind it. */
async function startHeld(setup: BackupAppSetup = {}) {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const app = await start(setup);
  const queue = app.get(JobQueue);
  await queue.submit({
    type: 'capture',
    trigger: { type: 'manual' },
    lane: 'source',
    run: () => held.then(() => null),
  });
  return { app, queue, release };
}

describe('captures that pile up', () => {
  it('joins events into the one that waits, whatever their number, each subject once', async () => {
    const { app, queue, release } = await startHeld({ options: { triggers: false } });
    const captures = app.get(CaptureOperation);
    const jobs = await Promise.all([...Array(500).keys(), 3, 3].map((n) => captures.request({ trigger: created(n) })));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
    const id = jobs[0]!.id;
    expect((await app.get(Catalog).getJob(id)).trigger!.subjects).toHaveLength(500);
    release();
    const job = await queue.whenFinished(id);
    const snapshot = await app.get(Catalog).get(job.snapshot_id!);
    expect(snapshot.trigger.subjects).toEqual([...Array(500).keys()].map((user_id) => ({ role: 'student', user_id })));
    expect(snapshot.id).toMatch(/^role_creation_student_0_/);
  });

  it('does not join an event into a capture that runs already, since its account may be missing there', async () => {
    let started = (): void => undefined;
    const firstRuns = new Promise<void>((resolve) => (started = resolve));
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const app = await start({
      adjust: (builder) =>
        builder.overrideProvider(JsonEngine).useValue({
          documentEnding: () => '.json',
          capture: async () => {
            started();
            await held;
            throw new Error('not this time');
          },
        }),
    });
    const captures = app.get(CaptureOperation);
    const first = await captures.request({ trigger: created(1) });
    await firstRuns;
    const second = await captures.request({ trigger: created(2) });
    expect(second.id).not.toBe(first.id);
    release();
    await app.get(JobQueue).whenFinished(second.id);
  });

  it('skips a tick while an earlier one is pending, and never a manual capture', async () => {
    const { app, queue, release } = await startHeld();
    const captures = app.get(CaptureOperation);
    const tick = await captures.request({ trigger: { type: 'startup' } });
    expect((await captures.request({ trigger: { type: 'scheduled' } })).id).toBe(tick.id);
    const [one, two] = [await captures.request(manual), await captures.request(manual)];
    expect(one.id).not.toBe(two.id);
    release();
    await queue.whenFinished(two.id);
    expect((await app.get(Catalog).all()).length).toBe(3);
  });
});

describe('role.created', () => {
  it('takes a snapshot named after the account, whose event was emitted and not waited for', async () => {
    const app = await start({ options: { triggers: true }, clock: new ManualClock('2026-01-30T12:05:30.000Z') });
    app.events.emit(ROLE_CREATED, { role: 'student', user_id: 5, password_hash: 'x' });
    const snapshot = await eventually(() => app.get(Catalog).find('role_creation_student_5_20260130_120530'));
    expect(snapshot.trigger).toEqual({
      type: 'event',
      event: 'role.created',
      subjects: [{ role: 'student', user_id: 5 }],
    });
  });

  it('carries the names of those it was taken for, so that a search for one finds it', async () => {
    const app = await start({ options: { triggers: true } });
    const label = 'Ida\nLovelace\u0000 ' + 'x'.repeat(300);
    app.events.emit(ROLE_CREATED, { role: 'student', user_id: 5, label });
    const snapshot = await eventually(async () => {
      const { items } = await app.get(Catalog).page({ page: 1, page_size: 5, q: 'ida love', trigger: 'event' });
      return items[0];
    });
    expect(snapshot.description).toMatch(/^Ida Lovelace x+ \(student\)$/);
    expect(snapshot.trigger.subjects).toEqual([{ role: 'student', user_id: 5, label: expect.any(String) }]);
  });

  it.each([
    [undefined],
    ['student'],
    [{}],
    [{ role: 'student' }],
    [{ role: '', user_id: 1 }],
    [{ role: 'x', user_id: 1.5 }],
    [{ role: 'x'.repeat(500), user_id: 1 }],
  ])('ignores the malformed payload %j and does not trouble the emitter', async (payload) => {
    const app = await start({ options: { triggers: true, minFreeMb: 1_000_000_000 } });
    await app.events.emitAsync(ROLE_CREATED, payload);
    expect(
      app
        .get(JobQueue)
        .unfinished()
        .filter(({ trigger }) => trigger?.type === 'event'),
    ).toEqual([]);
  });

  it('does nothing when triggers are off', async () => {
    const app = await start();
    await app.events.emitAsync(ROLE_CREATED, { role: 'student', user_id: 5 });
    expect(app.get(JobQueue).unfinished()).toEqual([]);
    expect((await app.get(Catalog).jobs({ page: 1, page_size: 10 })).total).toBe(0);
  });

  it('does not trouble the emitter when no backup can be started', async () => {
    const app = await start({ options: { triggers: true } });
    await app.get(JobQueue).close();
    await expect(app.events.emitAsync(ROLE_CREATED, { role: 'student', user_id: 5 })).resolves.toBeDefined();
  });
});

describe('an event of the host’s choosing', () => {
  it('takes a snapshot that is named after it, one for all that pile up', async () => {
    const app = await start({
      clock: new ManualClock('2026-01-30T12:05:30.000Z'),
      options: {
        triggers: true,
        events: ['stock.counted', { event: 'order.paid', subject: (id: number) => ({ role: 'order', user_id: id }) }],
      },
    });
    for (const id of [1, 2, 3, 2]) app.events.emit('order.paid', id);
    app.events.emit('stock.counted', { secret: 'x' });
    app.events.emit('stock.counted');
    const named = (event: string) => async () => {
      await Promise.all(
        app
          .get(JobQueue)
          .unfinished()
          .map(({ id }) => app.get(JobQueue).whenFinished(id)),
      );
      const { items } = await app.get(Catalog).page({ page: 1, page_size: 9, trigger: 'event' });
      return items.filter(({ trigger }) => trigger.event === event);
    };
    const [counted] = await eventually(async () => {
      const found = await named('stock.counted')();
      return found.length > 0 && found;
    });
    expect(counted!.id).toMatch(/^event_stock_counted_20260130_120530(_2)?$/);
    expect(counted!.trigger).toEqual({ type: 'event', event: 'stock.counted' });
    const paid = await named('order.paid')();
    expect(paid.map(({ id }) => id)).toContain('event_order_paid_20260130_120530');
    const subjects = paid.flatMap(({ trigger }) => trigger.subjects!.map(({ user_id }) => user_id));
    expect(new Set(subjects)).toEqual(new Set([1, 2, 3]));
    expect(paid.length).toBeLessThan(4);
  });
});
