import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CaptureOperation,
  Catalog,
  CleanupOperation,
  ConfigStore,
  JobQueue,
  VerifyOperation,
} from '../../src/backup/internals.js';
import type { Job } from '../../src/backup/index.js';
import { FilesEngine } from '../../src/backup/engines/files/files.engine.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import type { TaskRun } from '../../src/backup/system/child-task.js';
import { Lease } from '../../src/backup/system/lease.js';
import { readRecord, writeRecord } from '../../src/backup/system/lease.record.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';
import { useChildren } from '../support/inline-tasks.js';

useChildren();

let folder: string;
let clock: ManualClock;
let app: BackupApp;
let gate: ReturnType<typeof gateAfter>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'side-by-side-'));
  const uploads = join(folder, 'uploads');
  await mkdir(uploads);
  await writeFile(join(uploads, 'a.txt'), 'large, as it were');
  clock = new ManualClock('2026-01-30T12:00:00.000Z');
  app = await startBackupApp({ folder, clock, options: { fileRoots: [uploads] } });
  const rhythm = { interval_minutes: 60 };
  await app.get(ConfigStore).update({
    min_keep: 1,
    plans: [
      { name: 'auto', keep_last: 1, ...rhythm },
      { name: 'uploads', source: 'files', paths: [uploads], ...rhythm },
      { name: 'both', source: 'full', paths: [uploads], ...rhythm },
    ],
  });
  gate = gateAfter(app.get(FilesEngine));
});
afterEach(async () => {
  gate.open();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

interface Engine {
  capture(asked: never, run?: TaskRun): Promise<unknown>;
}

/** Whoever captures with this engine has captured and waits, as if there were much more, until it is opened. */
function gateAfter(engine: Engine) {
  const capture = engine.capture.bind(engine);
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let arrive!: () => void;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  engine.capture = async (asked, run) => {
    const captured = await capture(asked, run);
    arrive();
    const { signal } = run as { signal: AbortSignal };
    const stopped = new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    await Promise.race([opened, stopped]);
    return captured;
  };
  return { open, arrived };
}

const start = (plan: string): Promise<Job> =>
  app.get(CaptureOperation).request({ plan, trigger: { type: 'manual' }, requestedBy: 'admin' });
const finished = (job: Job): Promise<Job> => app.get(JobQueue).whenFinished(job.id);
const take = async (plan: string): Promise<Job> => finished(await start(plan));
const job = ({ id }: Job): Promise<Job> => app.get(JobQueue).get(id);
const files = () => readdir(join(folder, 'backups'));

/** One of files that has captured them, and does not get any further until the gate is opened. */
async function longCapture(plan = 'uploads'): Promise<Job> {
  const long = await start(plan);
  await gate.arrived;
  return long;
}

describe('while a capture of files goes on', () => {
  it('the database is captured, and told to whoever asks what runs', async () => {
    const long = await longCapture();
    const database = await take('auto');
    expect(database).toMatchObject({ status: 'completed', stage: expect.not.stringContaining('waiting') as string });
    expect(await job(long)).toMatchObject({ status: 'running' });
    gate.open();
    const uploads = await finished(long);
    expect(uploads).toMatchObject({ status: 'completed' });

    // Both were asked for by hand in the same second.
    const ids = [uploads.snapshot_id!, database.snapshot_id!];
    expect(ids).toEqual(['manual_backup_20260130_120000', 'manual_backup_20260130_120000_2']);
    const [last, first] = await app.get(Catalog).all();
    expect([first, last]).toMatchObject([
      { id: ids[1], plan: 'auto', sequence: 1 },
      { id: ids[0], plan: 'uploads', sequence: 2 },
    ]);
    for (const id of ids) expect(await app.get(VerifyOperation).verify(id, null)).toMatchObject({ id, is_valid: true });
    expect(readRecord(join(folder, 'backups'))).toMatchObject({ token: 2, holder: null }); // one for the start
  });

  it('both are told to whoever asks what runs, and to other processes', async () => {
    const long = await longCapture();
    let checked = false;
    const queue = app.get(JobQueue);
    const stop = vi.spyOn(app.get(Catalog), 'addSnapshot').mockImplementationOnce(async (snapshot) => {
      const { body } = await request(app.app.getHttpServer()).get('/admin/database/backups/status').expect(200);
      const running = queue.runningJobs();
      expect(running.map(({ plan }) => plan)).toEqual(['uploads', 'auto']);
      expect(body).toMatchObject({ running_job: { id: long.id }, running_jobs: running.map(({ id }) => ({ id })) });
      expect(new Lease(join(folder, 'backups'), clock).peek()).toMatchObject({ plans: ['uploads', 'auto'] });
      checked = true;
      stop.mockRestore();
      await app.get(Catalog).addSnapshot(snapshot);
    });
    expect(await take('auto')).toMatchObject({ status: 'completed', error: null });
    expect(checked).toBe(true);
  });

  it('it can be cancelled without harm to the other, and leaves nothing behind', async () => {
    const long = await longCapture();
    expect((await files()).filter((name) => name.endsWith('.tmp'))).not.toEqual([]);
    const database = await start('auto');
    expect(await app.get(JobQueue).cancel(long.id)).toMatchObject({ status: 'cancelled' });
    expect(await finished(database)).toMatchObject({ status: 'completed' });
    expect((await files()).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await app.get(Catalog).all()).map(({ plan }) => plan)).toEqual(['auto']);
  });

  it('one of both together waits for it, and is not overtaken by what it waits for, too', async () => {
    const long = await longCapture();
    const both = await start('both');
    await new Promise(setImmediate);
    expect(await job(both)).toMatchObject({ status: 'pending' });
    const database = await start('auto'); // which shares the database with the one before
    await new Promise(setImmediate);
    expect(await job(database)).toMatchObject({ status: 'pending' });
    gate.open();
    const all = [await finished(long), await finished(both), await finished(database)];
    expect(all.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    const whole = await app.get(Catalog).get(all[1]!.snapshot_id!);
    const plans = (await app.get(Catalog).all()).map(({ plan, part_of }) => part_of ?? plan);
    expect(plans).toEqual(['auto', 'both', whole.id, whole.id, 'uploads']);
  });

  it('an automatic clean-up waits for it, and nothing for the clean-up', async () => {
    const long = await longCapture();
    await take('auto');
    const cleanedUp = app.get(CleanupOperation).runIfDue();
    await take('auto');
    await take('auto');
    expect((await app.get(Catalog).totalsOf('auto')).count).toBe(3);
    gate.open();
    await finished(long);
    await cleanedUp;
    expect((await app.get(Catalog).totalsOf('auto')).count).toBe(1);
  });

  it('both fail when another process takes over the folder, and publish nothing', async () => {
    const long = await longCapture();
    const gateOfDatabase = gateAfter(app.get(JsonEngine));
    const database = await start('auto');
    await gateOfDatabase.arrived;
    writeRecord(join(folder, 'backups'), { token: 9, holder: null });
    clock.advance(10_000); // when it gives the next sign of life
    for (const lost of [long, database])
      expect(await finished(lost)).toMatchObject({ status: 'failed', error: { error_code: 'LEASE_LOST' } });
    expect((await files()).filter((name) => name.endsWith('.tmp') || name.startsWith('manual'))).toEqual([]);
    gateOfDatabase.open();
    expect(await take('auto')).toMatchObject({ status: 'completed' });
  });
});
