import { Delete, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, getSchemaPath } from './openapi.js';
import { map } from 'rxjs';
import { JobQueue } from '../operations/job.queue.js';
import { presented } from './advice.js';
import { ApiErrors } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { EventStream } from './event-stream.js';
import { JobId, Query } from './inputs.js';
import { JobPageQuery } from './requests.js';
import { JobPageResponse, JobResponse } from './responses/job.response.js';

/** What runs and what ran. These routes go on during a restore. */
@BackupController('jobs')
export class JobsController {
  constructor(private readonly queue: JobQueue) {}

  @Get()
  @ApiOperation({ summary: 'History of jobs, newest first' })
  @ApiOkResponse({ type: JobPageResponse })
  @ApiErrors('VALIDATION_FAILED')
  async page(@Query() query: JobPageQuery): Promise<JobPageResponse> {
    const page = await this.queue.page(query);
    return { ...page, items: page.items.map(presented) };
  }

  @Get(':job_id')
  @ApiOperation({ summary: 'One job with its status and progress' })
  @ApiParam({ name: 'job_id', type: String })
  @ApiOkResponse({ type: JobResponse })
  @ApiErrors('JOB_NOT_FOUND')
  async job(@JobId() id: string): Promise<JobResponse> {
    return presented(await this.queue.get(id));
  }

  @Delete(':job_id')
  @ApiOperation({ summary: 'Cancel a waiting or running job' })
  @ApiParam({ name: 'job_id', type: String })
  @ApiOkResponse({ type: JobResponse })
  @ApiErrors('VALIDATION_FAILED', 'JOB_NOT_FOUND', 'JOB_NOT_CANCELLABLE')
  async cancel(@JobId() id: string): Promise<JobResponse> {
    return presented(await this.queue.cancel(id));
  }

  @Get(':job_id/events')
  @ApiOperation({ summary: 'Follow one job: one event now and one at each change; ends when the job finishes' })
  @ApiParam({ name: 'job_id', type: String })
  @ApiOkResponse({
    description: 'Server-sent events; the data of each is the job as JSON.',
    content: { 'text/event-stream': { schema: { $ref: getSchemaPath(JobResponse) } } },
  })
  @ApiErrors('JOB_NOT_FOUND')
  async events(@JobId() id: string): Promise<EventStream> {
    await this.queue.get(id); // an unknown job is a 404, not an empty stream
    return new EventStream(this.queue.watch(id).pipe(map(presented)));
  }
}
