import type { Job } from './job.js';
import { nextDue, type Rhythm } from './rhythm.js';

const MINUTE_MS = 60_000;
const LONGEST_BACKOFF_MS = 24 * 60 * MINUTE_MS;

/** What the next run of a plan follows from. All of it survives a restart. */
export interface RunHistory {
  /** Its captures, newest first, without those of the future. */
  jobs: readonly Job[];
  /** When its newest snapshot by a timer was taken: it tells where the history of jobs was lost. Null when there is none. */
  latestTimed: Date | null;
  /** When its first snapshot is due; counts while it has never run. */
  firstDue: Date;
}

/**
 * When a plan runs next; in the past where that was missed. Every place that tells it asks this function.
 *
 * It runs in its rhythm, which manual captures do not move. What falls due while the plan is being captured is skipped. After a failure it runs again after
 * 1, 2, 4, … minutes, at the next regular time at the latest; what the end of the program cut short or kept from running is due at once.
 */
export function nextRun(rhythm: Rhythm, history: RunHistory, now: Date): Date {
  const regular = nextRegularRun(rhythm, history, now);
  const retry = nextRetry(history.jobs);
  return retry && retry < regular ? retry : regular;
}

/** The next times a plan runs, as if none of them failed; what was missed runs now. */
export function nextRuns(rhythm: Rhythm, history: RunHistory, now: Date, count: number): Date[] {
  const first = nextRun(rhythm, history, now);
  const runs = [first < now ? now : first];
  while (runs.length < count) runs.push(nextDue(rhythm, runs.at(-1)!));
  return runs;
}

function nextRegularRun(rhythm: Rhythm, { jobs, latestTimed, firstDue }: RunHistory, now: Date): Date {
  const timed = jobs.filter(isTimed);
  const [last] = timed;
  if (!last || (latestTimed && latestTimed > new Date(last.finished_at ?? now)))
    return latestTimed ? after(rhythm, latestTimed, latestTimed) : firstDue;
  const ended = last.finished_at === null ? now : new Date(Math.min(Date.parse(last.finished_at), now.getTime()));
  return after(rhythm, beginningOf(timed), ended);
}

/** Of a row of failures the first one was in the rhythm; those after it are further tries. */
function beginningOf(timed: readonly Job[]): Date {
  const sound = timed.findIndex(({ status }) => status !== 'failed');
  const first = sound === -1 ? timed.at(-1)! : timed[Math.max(0, sound - 1)]!;
  return new Date(first.created_at);
}

/** The first time after `ended` in a rhythm that began at `from`. */
function after(rhythm: Rhythm, from: Date, ended: Date): Date {
  if ('cron' in rhythm) return nextDue(rhythm, ended > from ? ended : from);
  const origin = Math.floor(from.getTime() / 1000) * 1000; // so that the lateness of timers does not add up
  const period = rhythm.everyMinutes * MINUTE_MS;
  const periods = Math.floor(Math.max(0, ended.getTime() - origin) / period) + 1;
  return new Date(origin + periods * period);
}

/** Null where the last capture did not fail, or another one is at work. */
function nextRetry(jobs: readonly Job[]): Date | null {
  if (jobs.some(({ finished_at }) => finished_at === null)) return null;
  const failures = failuresSinceSuccess(jobs);
  const [last] = failures;
  if (!last) return null;
  const tries = failures.filter((job) => job.started_at !== null || !isInterrupted(job)).length;
  const counted = isInterrupted(last) ? tries - 1 : tries;
  return new Date(Date.parse(last.finished_at!) + backoffMs(counted));
}

const backoffMs = (failures: number): number =>
  failures < 1 ? 0 : Math.min(2 ** (failures - 1) * MINUTE_MS, LONGEST_BACKOFF_MS);

/**
 * Newest first. A success of any kind ends the row, and so does a person who cancels a try. What a person asked for and failed is that person's to repeat,
 * unless the program ended meanwhile.
 */
function failuresSinceSuccess(jobs: readonly Job[]): Job[] {
  const failures: Job[] = [];
  for (const job of jobs) {
    if (job.status === 'completed') break;
    if (isByPerson(job) && !(isInterrupted(job) && job.trigger?.type === 'manual')) continue;
    if (job.status === 'cancelled') break;
    failures.push(job);
  }
  return failures;
}

const isTimed = ({ trigger }: Job): boolean => trigger?.type === 'scheduled' || trigger?.type === 'startup';
const isByPerson = ({ trigger }: Job): boolean => trigger?.type === 'manual' || trigger?.type === 'cli';
const isInterrupted = ({ error }: Job): boolean => error?.error_code === 'INTERRUPTED';
