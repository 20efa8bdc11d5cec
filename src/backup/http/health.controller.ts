import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from './openapi.js';
import { HealthQuery } from '../operations/health.query.js';
import { JobQueue } from '../operations/job.queue.js';
import { Plans } from '../operations/plans.js';
import { BackupScheduler } from '../triggers/backup.scheduler.js';
import { ApiErrors } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { EvenWhileOff } from './endpoint.js';
import { INDEXING_HEADER } from './indexing.header.js';
import { Query } from './inputs.js';
import { StatusQuery } from './requests.js';
import { HealthResponse, StatusResponse } from './responses/health.response.js';

/** Whether backups are fine. */
@BackupController()
export class BackupHealthController {
  constructor(
    private readonly query: HealthQuery,
    private readonly plans: Plans,
    private readonly scheduler: BackupScheduler,
    private readonly queue: JobQueue,
  ) {}

  @Get('health')
  @EvenWhileOff()
  @ApiOperation({ summary: 'Health of the backups, with reasons' })
  @ApiOkResponse({ type: HealthResponse })
  @ApiErrors('MAINTENANCE')
  health(): Promise<HealthResponse> {
    return this.query.health();
  }

  @Get('status')
  @ApiOperation({ summary: 'Status of each plan, or one: health, next run and running jobs' })
  @ApiOkResponse({ type: StatusResponse, headers: INDEXING_HEADER })
  @ApiErrors('VALIDATION_FAILED', 'PLAN_NOT_FOUND', 'MAINTENANCE')
  async status(@Query() { plan }: StatusQuery): Promise<StatusResponse> {
    const running = this.queue.runningJobs();
    const plans = plan === undefined ? this.plans.all() : [this.plans.get(plan)];
    const [conditions, schedule] = await Promise.all([this.query.ofPlans(plans), this.scheduler.schedule()]);
    return {
      plans: conditions.map((condition) => {
        const { every, next_run, last_run, last_status } = schedule.find((entry) => entry.plan === condition.plan)!;
        return { ...condition, every, next_run, last_run, last_status };
      }),
      running_job: running[0] ?? null,
      running_jobs: running,
    };
  }
}
