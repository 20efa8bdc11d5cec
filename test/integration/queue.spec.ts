import { join } from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Catalog, isFinished, JobQueue } from '../../src/backup/internals.js';
import { BackupError, type Job } from '../../src/backup/index.js';
import { Workspace } from '../../src/backup/stores/workspace.js';
import type { JobContext, JobSpec } from '../../src/backup/operations/job-run.js';
import { runChildTask, startChild } from '../../src/backup/system/child-task.js';
import { Lease } from '../../src/backup/system/lease.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';
import { until } from '../support/until.js';

let app: BackupApp;
let clock: ManualClock;
let queue: JobQueue;

beforeEach(async () => {
  clock = new ManualClock('2026-01-30T12:00:00.000Z');
  app = await startBackupApp({ clock });
  queue = app.get(JobQueue);
});
afterEach(() => app.close());

/** A job that tells when it runs and ends when it is told to. */
function controlled(spec: Partial<JobSpec> = {}) {
  let begin!: (context: JobContext) => void;
  const began = new Promise<JobContext>((resolve) => (begin = resolve));
  let end!: (result: Record<string, unknown> | null) => void;
  let fail!: (error: unknown) => void;
  const outcome = new Promise<Record<string, unknown> | null>((resolve, reject) => ([end, fail] = [resolve, reject]));
  const run = (context: JobContext) => {
    begin(context);
    context.task(0, 1).signal!.addEventListener('abort', () => fail(new Error('killed')), { once: true });
    return outcome;
  };
  return {
    spec: { type: 'capture', lane: 'source', run, ...spec } satisfies JobSpec,
    began,
    end: (result: Record<string, unknown> | null = null) => end(result),
    fail,
  };
}

const stored = (id: string): Promise<Job> => app.get(Catalog).getJob(id);
const turn = () => new Promise(setImmediate);

describe('JobQueue', () => {
  it('records a job before it runs, while it runs and when it has ended', async () => {
    const [first, second] = [
      controlled(),
      controlled({ requestedBy: 'admin', plan: 'auto', trigger: { type: 'manual' } }),
    ];
    await queue.submit(first.spec);
    const pending = await queue.submit(second.spec);
    expect(await stored(pending.id)).toMatchObject({
      status: 'pending',
      requested_by: 'admin',
      started_at: null,
      trigger: { type: 'manual' },
    });
    await first.began;
    first.end();
    clock.advance(1000);
    await second.began;
    expect(await stored(pending.id)).toMatchObject({ status: 'running', started_at: '2026-01-30T12:00:01.000Z' });
    clock.advance(1000);
    second.end({ rows: 3 });
    const job = await queue.whenFinished(pending.id);
    expect(job).toMatchObject({
      status: 'completed',
      progress: 1,
      result: { rows: 3 },
      finished_at: '2026-01-30T12:00:02.000Z',
    });
    expect(await stored(pending.id)).toEqual(job);
    expect(await queue.whenFinished(pending.id)).toEqual(job);
  });

  it('runs one job of the source at a time, restores first, and verifications beside them', async () => {
    const order: string[] = [];
    const named = (name: string, spec: Partial<JobSpec> = {}) => {
      const job = controlled(spec);
      void job.began.then(() => order.push(name));
      return job;
    };
    const jobs = [
      named('capture 1'),
      named('capture 2'),
      named('restore', { type: 'restore' }),
      named('verification', { type: 'verify', lane: 'side' }),
    ];
    const ids: string[] = [];
    for (const { spec } of jobs) ids.push((await queue.submit(spec)).id);
    await Promise.all([jobs[0]!.began, jobs[3]!.began]);
    expect(queue.runningJobs().map(({ id }) => id)).toEqual([ids[0], ids[3]]);
    expect(order.sort()).toEqual(['capture 1', 'verification']);
    for (const index of [0, 2, 1, 3]) {
      await jobs[index]!.began;
      jobs[index]!.end();
      await queue.whenFinished(ids[index]!);
    }
    expect(order.slice(2)).toEqual(['restore', 'capture 2']);
    expect(queue.runningJobs()).toEqual([]);
  });

  it('runs captures of different sources side by side, each with a time limit and an end of its own', async () => {
    const reading = (database: string) =>
      controlled({ plan: database, sources: { plan: database, database, paths: [] } });
    const jobs = [reading('one'), reading('one'), reading('other'), controlled({ type: 'cleanup' }), reading('third')];
    const ids: string[] = [];
    for (const { spec } of jobs) ids.push((await queue.submit(spec)).id);
    const running = () => queue.runningJobs().map(({ id }) => ids.indexOf(id));
    await Promise.all([jobs[0]!.began, jobs[2]!.began]);
    expect(running()).toEqual([0, 2]);
    clock.advance(40 * 60_000);
    jobs[2]!.end();
    await queue.whenFinished(ids[2]!);
    await turn();
    expect(running()).toEqual([0]); // the clean-up waits for it, and those after the clean-up for that
    await queue.cancel(ids[3]!);
    await jobs[4]!.began;
    expect(running()).toEqual([0, 4]);
    clock.advance(20 * 60_000);
    expect(await queue.whenFinished(ids[0]!)).toMatchObject({ error: { error_code: 'TIMED_OUT' } });
    await jobs[1]!.began;
    const closed = queue.close();
    jobs[4]!.end();
    expect(await queue.whenFinished(ids[4]!)).toMatchObject({ status: 'completed' });
    clock.advance(5000);
    await closed;
    expect(await stored(ids[1]!)).toMatchObject({ status: 'failed', error: { error_code: 'INTERRUPTED' } });
  });

  it('records why a job failed, and goes on with the next', async () => {
    const [failing, next] = [controlled(), controlled()];
    const [a, b] = [await queue.submit(failing.spec), await queue.submit(next.spec)];
    await failing.began;
    failing.fail(new BackupError('DATABASE_LOCKED', 'Somebody holds it.', { waited_ms: 5 }));
    expect(await queue.whenFinished(a.id)).toMatchObject({
      status: 'failed',
      error: { error_code: 'DATABASE_LOCKED', message: 'Somebody holds it.', waited_ms: 5 },
    });
    next.end();
    expect(await queue.whenFinished(b.id)).toMatchObject({ status: 'completed', error: null });
  });

  it('waits while another process is at work, says so, and can be cancelled or gives up', async () => {
    const other = new Lease(join(app.folder, 'backups'), clock);
    const held = (await other.tryAcquire({ purpose: 'restore' }))!;
    let runs = 0;
    const run = () => Promise.resolve(void runs++ as never);
    const waiting = async () => {
      const { id } = await queue.submit({ type: 'capture', lane: 'source', run });
      await until(async () => expect((await queue.get(id)).stage).not.toBeNull());
      expect(await queue.get(id)).toMatchObject({
        status: 'pending',
        stage: `waiting for the restore of process ${process.pid}`,
      });
      expect(queue.runningJobs()).toEqual([]);
      return id;
    };
    const cancelled = await waiting();
    expect(await queue.cancel(cancelled)).toMatchObject({ status: 'cancelled' });

    const givesUp = await waiting();
    for (let minutes = 0; minutes < 60; minutes += 10) {
      await held.fence.announceMaintenance(false); // a sign of life
      clock.advance(10 * 60_000 - 1);
      await until(() => expect(clock.nextAlarmAt).toBeDefined());
    }
    clock.advance(1000);
    expect(await queue.whenFinished(givesUp)).toMatchObject({ status: 'failed', error: { error_code: 'BUSY' } });

    const goesOn = await waiting();
    await held.release();
    clock.advance(1000);
    expect(await queue.whenFinished(goesOn)).toMatchObject({ status: 'completed', stage: null });
    expect(runs).toBe(1);
  });

  it('never runs a cancelled pending job', async () => {
    const [first, second] = [controlled(), controlled()];
    await queue.submit(first.spec);
    const { id } = await queue.submit(second.spec);
    let began = false;
    void second.began.then(() => (began = true));
    expect(await queue.cancel(id)).toMatchObject({
      status: 'cancelled',
      started_at: null,
      error: { error_code: 'CANCELLED' },
    });
    first.end();
    await turn();
    expect(began).toBe(false);
    await expect(queue.cancel(id)).rejects.toMatchObject({
      code: 'JOB_NOT_CANCELLABLE',
      message: expect.stringContaining('cancelled'),
    });
    await expect(queue.cancel('nothing')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  it('kills the child of a cancelled running job and sweeps after it', async () => {
    const swept: number[] = [];
    app.get(Workspace).sweep = (pid) => Promise.resolve(void swept.push(pid));
    let pid = 0;
    const { id } = await queue.submit({
      type: 'capture',
      lane: 'source',
      run: async (context) => {
        const run = context.task(0, 1);
        const onStart = (started: number) => {
          run.onStart!(started);
          pid = started;
          setImmediate(() => void queue.cancel(id));
        };
        // A child that never answers, and would live for an hour.
        return runChildTask(
          startChild(new URL('../support/endless-child.mjs', import.meta.url).pathname),
          { task: 'none', payload: null },
          { ...run, onStart },
        );
      },
    });
    expect(await queue.whenFinished(id)).toMatchObject({ status: 'cancelled', error: { error_code: 'CANCELLED' } });
    expect(() => process.kill(pid, 0)).toThrow();
    expect(swept).toEqual([pid]);
  });

  it('ends a job that takes too long', async () => {
    const stuck = controlled();
    const { id } = await queue.submit(stuck.spec);
    await stuck.began;
    clock.advance(60 * 60_000);
    expect(await queue.whenFinished(id)).toMatchObject({ status: 'failed', error: { error_code: 'TIMED_OUT' } });
  });

  it('shows progress to those who watch: mapped into the whole, never backwards, about five times a second', async () => {
    const watched = controlled();
    const { id } = await queue.submit(watched.spec);
    const seen = lastValueFrom(queue.watch(id).pipe(toArray()));
    const context = await watched.began;
    const run = context.task(0.5, 1, 'restore');
    for (const progress of [0, 0.1, 0.2, 0.3, 0.4, 0.2]) {
      run.onProgress!({ stage: null, progress });
      clock.advance(100);
    }
    run.onProgress!({ stage: 'check', progress: 0.5 });
    expect((await queue.get(id)).progress).toBe(0.75);
    expect((await queue.page({ page: 1, page_size: 5 })).items[0]).toMatchObject({
      id,
      progress: 0.75,
      stage: 'check',
    });
    watched.end();
    await queue.whenFinished(id);
    const changes = (await seen)
      .filter(({ status }) => status === 'running')
      .map(({ stage, progress }) => [stage, progress]);
    expect(changes).toEqual([
      [null, 0],
      ['restore', 0.5],
      ['restore', 0.6],
      ['restore', 0.7],
      ['check', 0.75],
    ]);
    expect(isFinished((await seen).at(-1)!)).toBe(true);
  });

  it('lets late watchers see the finished job once, and refuses unknown ones', async () => {
    const done = controlled();
    const { id } = await queue.submit(done.spec);
    done.end();
    const job = await queue.whenFinished(id);
    expect(await lastValueFrom(queue.watch(id).pipe(toArray()))).toEqual([job]);
    await expect(lastValueFrom(queue.watch('nothing'))).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  it('runs also what it cannot record: on a full disk a clean-up is what helps', async () => {
    const catalog = app.get(Catalog);
    const saveJob = catalog.saveJob.bind(catalog);
    catalog.saveJob = () => Promise.reject(new BackupError('DISK_FULL', 'No room.'));
    const unrecorded = controlled();
    const { id } = await queue.submit(unrecorded.spec);
    await unrecorded.began;
    unrecorded.end();
    expect(await queue.whenFinished(id)).toMatchObject({ status: 'completed' });
    catalog.saveJob = saveJob;
    const next = controlled();
    next.end();
    await queue.whenFinished((await queue.submit(next.spec)).id);
    expect(queue.unfinished()).toEqual([]);
  });

  it('at shutdown lets the running job finish, gives up those that wait, and takes no more', async () => {
    const [runs, waits] = [controlled(), controlled()];
    const [a, b] = [await queue.submit(runs.spec), await queue.submit(waits.spec)];
    await runs.began;
    const closed = queue.close();
    expect(await queue.whenFinished(b.id)).toMatchObject({ status: 'failed', error: { error_code: 'INTERRUPTED' } });
    runs.end();
    expect(await queue.whenFinished(a.id)).toMatchObject({ status: 'completed' });
    await closed;
    await expect(queue.submit(controlled().spec)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('at shutdown ends a job that does not finish in a few seconds', async () => {
    const stuck = controlled();
    const { id } = await queue.submit(stuck.spec);
    await stuck.began;
    const closed = queue.close();
    clock.advance(5000);
    await closed;
    expect(await stored(id)).toMatchObject({ status: 'failed', error: { error_code: 'INTERRUPTED' } });
  });
});
