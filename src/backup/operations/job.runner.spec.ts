import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Workspace } from '../stores/workspace.js';
import { ManualClock } from '../system/manual-clock.js';
import type { SharedLease } from '../system/shared-lease.js';
import { JobRun, newJob, type JobSpec } from './job-run.js';
import { JobRunner } from './job.runner.js';
import type { ResolvedOptions } from './resolved-options.js';
import { until } from '../../../test/support/until.js';

const clock = new ManualClock('2026-01-30T12:00:00.000Z');
let swept: number[];
let runner: JobRunner;

beforeEach(() => {
  swept = [];
  vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
  const workspace = { sweep: (pid: number) => Promise.resolve(void swept.push(pid)) };
  runner = new JobRunner(workspace as unknown as Workspace, {} as SharedLease, clock, {
    readOnly: true,
    jobTimeoutMs: 60_000,
  } as ResolvedOptions);
});

/** A job with child processes of these numbers, which ends when it is told to. */
function begun(...pids: number[]) {
  let fail!: (error: Error) => void;
  const outcome = new Promise<null>((_, reject) => (fail = reject));
  const spec: JobSpec = {
    type: 'capture',
    lane: 'source',
    run: (context) => {
      for (const pid of pids) context.task(0, 1).onStart!(pid);
      return outcome;
    },
  };
  const run = new JobRun(spec, newJob(spec, clock.now()), clock, () => Promise.resolve());
  const ended = runner.run(run);
  return {
    run,
    fails: async () => {
      await until(() => expect(run.pids).toEqual(pids));
      fail(new Error('no'));
      await ended;
    },
  };
}

describe('a job that fails', () => {
  it('leaves alone what another job is writing, also where a number of its own belongs to that one by now', async () => {
    const [long, other] = [begun(101, 102), begun(101)];
    await until(() => expect(other.run.pids).toEqual([101]));
    await long.fails();
    expect(long.run.job.status).toBe('failed');
    expect(swept).toEqual([102]);
    await other.fails();
    expect(swept).toEqual([102, 101]);
  });
});
