import { HttpCode, HttpStatus, Post } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from './openapi.js';
import { Catalog } from '../catalog/catalog.js';
import { BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import { CaptureOperation } from '../operations/capture.operation.js';
import { assertCompleted } from '../operations/job-outcome.js';
import { JobQueue } from '../operations/job.queue.js';
import { Plans } from '../operations/plans.js';
import { RestoreOperation } from '../operations/restore.operation.js';
import { VerifyOperation } from '../operations/verify.operation.js';
import { ApiErrors, CAPTURE_ERRORS } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { Answer } from './endpoint.js';
import { Body, Query, Requester, SnapshotId } from './inputs.js';
import { CaptureRequest, RestoreRequest, WaitQuery } from './requests.js';
import { JobResponse } from './responses/job.response.js';
import { oneOrSeveral } from './responses/one-or-several.js';
import { SnapshotResponse, VerificationResponse } from './responses/snapshot.response.js';
import { invalid } from './fields.js';

/** Starts what runs as a job: capture, verify, restore. */
@BackupController()
export class RunsController {
  constructor(
    private readonly capturing: CaptureOperation,
    private readonly restoring: RestoreOperation,
    private readonly verifying: VerifyOperation,
    private readonly plans: Plans,
    private readonly queue: JobQueue,
    private readonly catalog: Catalog,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Take a snapshot now, for one plan, several, or all' })
  @ApiExtraModels(JobResponse, SnapshotResponse)
  @ApiAcceptedResponse({
    description: 'The job, waiting or running; with `plans`, a list of jobs in the order of the plans.',
    schema: oneOrSeveral(JobResponse),
  })
  @ApiCreatedResponse({
    description: 'With `wait=true`: the finished snapshot; with `plans`, a list of snapshots.',
    schema: oneOrSeveral(SnapshotResponse),
  })
  @ApiErrors('VALIDATION_FAILED', 'PLAN_NOT_FOUND', 'TOO_MANY_JOBS', ...CAPTURE_ERRORS, 'MAINTENANCE')
  async capture(
    @Body() request: CaptureRequest,
    @Query() { wait }: WaitQuery,
    @Requester() requestedBy: string | null,
  ): Promise<JobResponse | JobResponse[] | Answer> {
    const jobs = await this.startCaptures(request, requestedBy);
    if (!wait) return request.plans === undefined ? jobs[0]! : jobs;
    const snapshots: SnapshotResponse[] = [];
    for (const job of jobs) snapshots.push(await this.snapshotOf(job));
    return new Answer(HttpStatus.CREATED, request.plans === undefined ? snapshots[0]! : snapshots);
  }

  /** All or none: an unknown plan, or one for which too many wait, is refused before any has begun. */
  private async startCaptures({ plan, plans, kind, description }: CaptureRequest, requestedBy: string | null) {
    if (plan !== undefined && plans !== undefined)
      throw invalid([{ field: 'plans', message: 'cannot be combined with plan; send one of them' }]);
    const asked = {
      trigger: { type: 'manual' as const },
      ...(kind === undefined ? {} : { kind }),
      description: description ?? null,
      requestedBy,
    };
    if (plans === undefined)
      return [await this.capturing.request({ ...asked, ...(plan === undefined ? {} : { plan }) })];
    const names = plans === 'all' ? this.plans.all().map(({ name }) => name) : plans;
    for (const name of names) this.capturing.assertRoom(this.plans.get(name).name);
    // In one go, so that nobody else asks between.
    return Promise.all(names.map((name) => this.capturing.request({ ...asked, plan: name })));
  }

  private async snapshotOf(job: Job): Promise<SnapshotResponse> {
    const { snapshot_id } = await this.outcome(job);
    if (snapshot_id !== null) return this.catalog.get(snapshot_id);
    throw new BackupError('ENGINE_FAILED', 'The capture finished without a snapshot. See the job in the job history.');
  }

  @Post(':id/verify')
  @HttpCode(200)
  @ApiOperation({ summary: 'Re-read the stored bytes and compare them with the manifest' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({ type: VerificationResponse })
  @ApiErrors(
    'VALIDATION_FAILED',
    'SNAPSHOT_NOT_FOUND',
    'CANCELLED',
    'TIMED_OUT',
    'ENGINE_FAILED',
    'INDEXING',
    'MAINTENANCE',
  )
  verify(@SnapshotId() id: string, @Requester() requester: string | null): Promise<VerificationResponse> {
    return this.verifying.verify(id, requester);
  }

  @Post(':id/restore')
  @HttpCode(202)
  @ApiOperation({ summary: 'Restore the database, some tables, or files from this snapshot' })
  @ApiParam({ name: 'id', type: String })
  @ApiAcceptedResponse({
    type: JobResponse,
    description: 'The snapshot is sound and fits; the job is waiting or running.',
  })
  @ApiOkResponse({ type: JobResponse, description: 'With `wait=true`: the finished job.' })
  @ApiErrors(
    'VALIDATION_FAILED',
    'CONFIRMATION_REQUIRED',
    'SNAPSHOT_NOT_FOUND',
    'TABLE_NOT_FOUND',
    'SNAPSHOT_CORRUPT',
    'SCHEMA_MISMATCH',
    'SCHEMA_NOT_TRUSTED',
    'CONFIG_INVALID',
    'CONSTRAINT_VIOLATION',
    'ARCHIVE_CORRUPT',
    'RESTORE_MISMATCH',
    'RESTORE_INCOMPLETE',
    ...CAPTURE_ERRORS,
    'INDEXING',
    'MAINTENANCE',
  )
  async restore(
    @SnapshotId() id: string,
    @Body() { confirm, skip_safety_snapshot, tables, to, allow_schema_changes, trust_schema }: RestoreRequest,
    @Query() { wait }: WaitQuery,
    @Requester() requester: string | null,
  ): Promise<JobResponse | Answer> {
    const job = await this.restoring.request(
      id,
      {
        confirm,
        ...(skip_safety_snapshot === undefined ? {} : { skipSafetySnapshot: skip_safety_snapshot }),
        ...(tables === undefined ? {} : { tables }),
        ...(to === undefined ? {} : { to }),
        ...(allow_schema_changes === undefined ? {} : { allowSchemaChanges: allow_schema_changes }),
        ...(trust_schema === undefined ? {} : { trustSchema: trust_schema }),
      },
      requester,
    );
    if (!wait) return job;
    return new Answer(HttpStatus.OK, await this.outcome(job));
  }

  /** The finished job; an error when it did not complete. */
  private async outcome({ id }: Job): Promise<Job> {
    const finished = await this.queue.whenFinished(id);
    assertCompleted(finished);
    return finished;
  }
}
