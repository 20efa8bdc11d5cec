import { describe, expect, it } from 'vitest';
import type { Job, JobStatus } from './job.js';
import { nextRun, nextRuns, type RunHistory } from './next-run.js';
import type { Rhythm } from './rhythm.js';
import type { TriggerType } from './trigger.js';

const EVERY_TEN: Rhythm = { everyMinutes: 10 };
const NIGHTLY: Rhythm = { cron: '0 2 * * *', timeZone: 'UTC' };
const day = (time: string): string => `2026-01-30T${time}:00.000Z`;

/** `scheduled 12:00 failed 12:05`: trigger, when it was asked for, how it went, when it ended. */
function job(text: string): Job {
  const [type, asked, status, ended] = text.split(' ') as [
    TriggerType,
    string,
    JobStatus | 'interrupted' | 'refused',
    string?,
  ];
  const cut = status === 'interrupted' || status === 'refused';
  return {
    trigger: { type },
    status: cut ? 'failed' : status,
    created_at: day(asked),
    started_at: status === 'refused' || status === 'pending' ? null : day(asked),
    finished_at: status === 'pending' || status === 'running' ? null : day(ended ?? asked),
    error: cut ? { error_code: 'INTERRUPTED', message: '' } : null,
  } as Job;
}

/** @param jobs oldest first */
const history = (jobs: readonly string[], more: Partial<RunHistory> = {}): RunHistory => ({
  jobs: jobs.map(job).reverse(),
  latestTimed: null,
  firstDue: new Date(day('11:00')),
  ...more,
});
const next = (rhythm: Rhythm, jobs: readonly string[], now = '12:00', more?: Partial<RunHistory>): string =>
  nextRun(rhythm, history(jobs, more), new Date(day(now)))
    .toISOString()
    .slice(5, 16);

describe('nextRun', () => {
  it.each<[string, Rhythm, string[], string, string]>([
    ['is the first one while it never ran', NIGHTLY, [], '12:00', '01-30T11:00'],
    ['keeps its rhythm', EVERY_TEN, ['scheduled 12:00 completed'], '12:07', '01-30T12:10'],
    ['lies in the past where it was missed', EVERY_TEN, ['scheduled 09:00 completed'], '12:07', '01-30T09:10'],
    [
      'is not moved by others',
      EVERY_TEN,
      ['startup 12:00 completed', 'manual 12:07 completed'],
      '12:08',
      '01-30T12:10',
    ],
    ['skips what falls due meanwhile', EVERY_TEN, ['scheduled 12:00 running'], '12:25', '01-30T12:30'],
    ['skips what fell due meanwhile', EVERY_TEN, ['scheduled 12:00 completed 12:25'], '12:26', '01-30T12:30'],
    ['by a schedule, too', NIGHTLY, ['scheduled 02:00 completed 12:25'], '12:26', '01-31T02:00'],
  ])('%s', (_, rhythm, jobs, now, expected) => {
    expect(next(rhythm, jobs, now)).toBe(expected);
  });

  it('goes by the newest snapshot where the history of jobs was lost', () => {
    const latestTimed = new Date('2026-01-30T12:03:07.512Z');
    expect(next(EVERY_TEN, [], '12:04', { latestTimed })).toBe('01-30T12:13');
    expect(next(NIGHTLY, [], '12:04', { latestTimed })).toBe('01-31T02:00');
    expect(next(EVERY_TEN, ['scheduled 11:00 failed'], '12:04', { latestTimed })).toBe('01-30T11:01');
  });

  it('does not add up how late timers are', () => {
    const late = { ...job('scheduled 12:00 completed 12:01'), created_at: '2026-01-30T12:00:00.900Z' };
    const run = nextRun(EVERY_TEN, { ...history([]), jobs: [late] }, new Date(day('12:02')));
    expect(run.toISOString()).toBe('2026-01-30T12:10:00.000Z');
  });

  it('comes soon after a failure, later after each further one, and never later than the next regular one', () => {
    const failures: string[] = [];
    const tries: string[] = [];
    for (let at = '02:00'; tries.length < 12; at = tries.at(-1)!.slice(6)) {
      failures.push(`scheduled ${at} failed`);
      tries.push(next(NIGHTLY, failures, at));
      if (!tries.at(-1)!.startsWith('01-30')) break;
    }
    expect(tries.map((at) => at.slice(6))).toEqual(
      '02:01 02:03 02:07 02:15 02:31 03:03 04:07 06:15 10:31 19:03 02:00'.split(' '),
    );
  });

  it.each<[string, string[], string]>([
    ['counts from the end', ['scheduled 11:00 completed', 'scheduled 12:00 failed 12:30'], '12:31'],
    ['an event, too', ['scheduled 11:50 completed', 'event 11:55 failed'], '11:56'],
    ['not what a person asked for', ['scheduled 11:55 completed', 'manual 11:58 failed', 'cli 11:59 failed'], '12:05'],
    ['until any success', ['scheduled 11:55 failed', 'manual 11:58 completed'], '12:05'],
    ['not what a person cancelled', ['scheduled 11:55 cancelled'], '12:05'],
    ['nor a further try', ['scheduled 11:50 failed', 'scheduled 11:51 cancelled'], '12:01'],
    ['while another try is at work', ['scheduled 11:50 failed', 'scheduled 11:51 running'], '12:01'],
  ])('tries again: %s', (_, jobs, expected) => {
    const hourly = jobs[0]!.includes('11:00') ? ({ everyMinutes: 600 } as const) : EVERY_TEN;
    expect(next(hourly, jobs, '12:00')).toBe(`01-30T${expected}`);
  });

  it.each<[string, string[], string]>([
    ['at once', ['scheduled 02:00 completed', 'event 11:00 interrupted 12:00'], '12:00'],
    [
      'with all that waited',
      ['scheduled 02:00 completed', 'event 11:00 interrupted 12:00', 'event 11:01 refused 12:00'],
      '12:00',
    ],
    ['what a person asked for, too', ['scheduled 02:00 completed', 'manual 11:00 interrupted 12:00'], '12:00'],
    [
      'not at each start where it ends the program',
      ['startup 11:00 interrupted', 'startup 11:00 interrupted 12:00'],
      '12:01',
    ],
    ['not what was made up for', ['event 02:00 interrupted', 'startup 02:01 completed'], '02:00'],
  ])('makes up for what was cut short: %s', (_, jobs, expected) => {
    expect(next(NIGHTLY, jobs, '12:00').slice(6)).toBe(expected);
  });
});

describe('nextRuns', () => {
  it('begin now where a run was missed', () => {
    const runs = nextRuns(NIGHTLY, history([]), new Date(day('12:00')), 3);
    expect(runs.map((run) => run.toISOString())).toEqual([
      day('12:00'),
      '2026-01-31T02:00:00.000Z',
      '2026-02-01T02:00:00.000Z',
    ]);
  });
});
