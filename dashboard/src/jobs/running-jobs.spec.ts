import { effectScope, nextTick, type EffectScope } from 'vue';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../api/types.js';
import { onJobFinished, runningJobs, useJobWatch, watchJob } from './running-jobs.js';
import { until } from '../../../test/support/until.js';

const server = vi.hoisted(() => ({
  jobs: [] as unknown[],
  followed: new Map<string, { change: (job: unknown) => void; end: (job: unknown) => void }>(),
}));

vi.mock('../api/client.js', () => ({
  BACKUPS: '',
  api: { GET: () => undefined },
  answer: () => Promise.resolve({ items: server.jobs }),
}));
vi.mock('./follow-job.js', () => ({
  followJob: (id: string, change: (job: unknown) => void) =>
    new Promise((resolve) => server.followed.set(id, { change, end: resolve })),
}));
vi.stubGlobal('document', { hidden: false, addEventListener: () => undefined, removeEventListener: () => undefined });

const job = (id: string, facts: Partial<Job> = {}): Job =>
  ({ id, type: 'capture', status: 'running', started_at: id, created_at: id, ...facts }) as Job;
const ids = () => runningJobs.value.map(({ id }) => id);

let scope: EffectScope;
let ended: string[];

/** What the page shows that has just been opened, while these are on the server, the newest first. */
async function opened(...jobs: Job[]): Promise<void> {
  server.jobs = jobs;
  scope.run(() => useJobWatch());
  await nextTick();
  await nextTick();
}

beforeEach(() => {
  vi.useFakeTimers();
  server.followed.clear();
  scope = effectScope();
  ended = [];
  scope.run(() => onJobFinished(({ id }) => ended.push(id)));
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

describe('the jobs that are shown', () => {
  it('are all that run, the one that began first before others', async () => {
    await opened(job('3', { status: 'pending', started_at: null }), job('2'), job('1'), job('0', { status: 'failed' }));
    expect(ids()).toEqual(['1', '2']);
    server.followed.get('2')!.change(job('2', { progress: 0.5 }));
    expect(runningJobs.value[1]).toMatchObject({ progress: 0.5 });
  });

  it('are the oldest that waits, where none runs', async () => {
    const waiting = (id: string) => job(id, { status: 'pending', started_at: null });
    await opened(waiting('2'), waiting('1'));
    expect(ids()).toEqual(['1']);
  });

  it('are renewed when one has ended, and go with the page', async () => {
    await opened(job('1'));
    watchJob(job('2', { status: 'pending', started_at: null }));
    watchJob(job('2'));
    expect(ids()).toEqual(['1', '2']);
    server.jobs = [job('3'), job('2')];
    server.followed.get('1')!.end(job('1', { status: 'completed' }));
    await until(() => expect(ids()).toEqual(['3', '2'])); // which waits, as far as is known
    expect(ended).toEqual(['1']);
    scope.stop();
    expect(ids()).toEqual([]);
  });

  it('are not so many that their connections would be missed elsewhere', async () => {
    await opened(job('1'));
    for (const id of ['2', '3', '4']) watchJob(job(id));
    expect([...server.followed.keys()]).toEqual(['1', '2', '3']);
  });
});
