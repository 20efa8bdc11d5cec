import { Body, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import type { Response } from 'express';
import { Catalog } from '../catalog/catalog.js';
import { BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import { CaptureOperation } from '../operations/capture.operation.js';
import { resultOf } from '../operations/job-outcome.js';
import { JobQueue } from '../operations/job.queue.js';
import { RestoreOperation } from '../operations/restore.operation.js';
import { VerifyOperation } from '../operations/verify.operation.js';
import { ApiErrors, CAPTURE_ERRORS } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { Requester, SnapshotId } from './path-parameters.js';
import { CaptureRequest, RestoreRequest, WaitQuery } from './requests.js';
import { JobResponse } from './responses/job.response.js';
import { SnapshotResponse, VerificationResponse } from './responses/snapshot.response.js';

/** Starts what runs as a job: capture, verify, restore. */
@BackupController()
export class RunsController {
  constructor(
    private readonly capturing: CaptureOperation,
    private readonly restoring: RestoreOperation,
    private readonly verifying: VerifyOperation,
    private readonly queue: JobQueue,
    private readonly catalog: Catalog,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Take a snapshot now' })
  @ApiAcceptedResponse({ type: JobResponse, description: 'The job, waiting or running.' })
  @ApiCreatedResponse({ type: SnapshotResponse, description: 'With `wait=true`: the finished snapshot.' })
  @ApiErrors('VALIDATION_FAILED', 'PLAN_NOT_FOUND', ...CAPTURE_ERRORS, 'MAINTENANCE')
  async capture(
    @Body() { description, plan, kind }: CaptureRequest,
    @Query() { wait }: WaitQuery,
    @Requester() requestedBy: string | null,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobResponse | SnapshotResponse> {
    const job = await this.capturing.request({
      trigger: { type: 'manual' },
      ...(plan === undefined ? {} : { plan }),
      ...(kind === undefined ? {} : { kind }),
      description: description ?? null,
      requestedBy,
    });
    if (!wait) return job;
    const { snapshot_id } = await this.outcome(job);
    if (snapshot_id === null)
      throw new BackupError(
        'ENGINE_FAILED',
        'The capture finished without a snapshot. See the job in the job history.',
      );
    response.status(201);
    return this.catalog.get(snapshot_id);
  }

  @Post(':id/verify')
  @HttpCode(200)
  @ApiOperation({ summary: 'Re-read the stored bytes and compare them with the manifest' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({ type: VerificationResponse })
  @ApiErrors('SNAPSHOT_NOT_FOUND', 'CANCELLED', 'TIMED_OUT', 'ENGINE_FAILED', 'MAINTENANCE')
  verify(@SnapshotId() id: string, @Requester() requester: string | null): Promise<VerificationResponse> {
    return this.verifying.verify(id, requester);
  }

  @Post(':id/restore')
  @HttpCode(202)
  @ApiOperation({ summary: 'Put the database, or some tables, back to this snapshot' })
  @ApiParam({ name: 'id', type: String })
  @ApiAcceptedResponse({ type: JobResponse, description: 'The snapshot is sound and fits; the job waits or runs.' })
  @ApiOkResponse({ type: JobResponse, description: 'With `wait=true`: the finished job.' })
  @ApiErrors(
    'VALIDATION_FAILED',
    'CONFIRMATION_REQUIRED',
    'SNAPSHOT_NOT_FOUND',
    'TABLE_NOT_FOUND',
    'SNAPSHOT_CORRUPT',
    'SCHEMA_MISMATCH',
    'CONSTRAINT_VIOLATION',
    'ARCHIVE_CORRUPT',
    'RESTORE_MISMATCH',
    ...CAPTURE_ERRORS,
    'MAINTENANCE',
  )
  async restore(
    @SnapshotId() id: string,
    @Body() { confirm, skip_safety_snapshot, tables, allow_schema_changes }: RestoreRequest,
    @Query() { wait }: WaitQuery,
    @Requester() requester: string | null,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobResponse> {
    const job = await this.restoring.request(
      id,
      {
        confirm,
        ...(skip_safety_snapshot === undefined ? {} : { skipSafetySnapshot: skip_safety_snapshot }),
        ...(tables === undefined ? {} : { tables }),
        ...(allow_schema_changes === undefined ? {} : { allowSchemaChanges: allow_schema_changes }),
      },
      requester,
    );
    if (!wait) return job;
    const finished = await this.outcome(job);
    response.status(200);
    return finished;
  }

  /** The finished job; an error when it did not complete. */
  private async outcome({ id }: Job): Promise<Job> {
    const finished = await this.queue.whenFinished(id);
    resultOf(finished);
    return finished;
  }
}
