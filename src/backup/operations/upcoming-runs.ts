import { Injectable } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { isFinished, type Job } from '../model/job.js';
import { nextRun, nextRuns, type RunHistory } from '../model/next-run.js';
import type { Plan } from '../model/plan.js';
import { Clock } from '../system/clock.js';
import { firstDue, FirstRuns } from './first-runs.js';
import type { Viewpoint } from './health.query.js';

/** Enough to see a long row of failures. */
const JOBS_LOOKED_AT = 100;

/** When plans run next: the one answer for the scheduler itself and for whoever asks. */
@Injectable()
export class UpcomingRuns {
  constructor(
    private readonly catalog: Catalog,
    private readonly firstRuns: FirstRuns,
    private readonly clock: Clock,
  ) {}

  /** In the past where that was missed. Whether the plan is enabled does not matter. */
  async next(plan: Plan, from: Viewpoint = 'inside'): Promise<Date> {
    return nextRun(plan.rhythm, await this.historyOf(plan, from), this.clock.now());
  }

  /** The next times, as if none of them failed; what was missed runs now. */
  async several(plan: Plan, count: number): Promise<Date[]> {
    return nextRuns(plan.rhythm, await this.historyOf(plan, 'inside'), this.clock.now(), count);
  }

  private async historyOf(plan: Plan, from: Viewpoint): Promise<RunHistory> {
    const now = this.clock.now();
    const latest = await this.catalog.latestTimed(plan.name);
    const latestTimed = latest && new Date(latest.created_at);
    return {
      jobs: await this.jobsOf(plan, from),
      latestTimed: latestTimed && latestTimed <= now ? latestTimed : null,
      firstDue:
        from === 'inside'
          ? this.firstRuns.dueOf(plan)
          : ((await this.firstRuns.recordedDueOf(plan)) ?? firstDue(plan.rhythm, undefined, now)),
    };
  }

  /** From outside, what a server left that was killed is no capture at work; the server itself has ended the books of earlier ones at its start. */
  private async jobsOf({ name }: Plan, from: Viewpoint): Promise<Job[]> {
    const read = () => this.catalog.captureJobs(name, this.clock.now(), JOBS_LOOKED_AT);
    const jobs = await read();
    if (from === 'inside' || jobs.every(isFinished)) return jobs;
    await this.catalog.endInterruptedJobs();
    return read();
  }
}
