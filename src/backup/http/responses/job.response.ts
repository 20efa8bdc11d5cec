import { ApiProperty, ApiPropertyOptional, ApiSchema } from '../openapi.js';
import type { Page } from '../../catalog/catalog.js';
import { ADVICE, type Advice } from '../../model/advice.js';
import type { BackupErrorCode } from '../../model/errors.js';
import { type Job, type JobError, JOB_STATUSES, JOB_TYPES, type JobStatus, type JobType } from '../../model/job.js';
import { ERROR_STATUS } from '../error-status.js';
import { TriggerResponse } from './snapshot.response.js';

@ApiSchema({ name: 'BackupJobError' })
export class JobErrorResponse implements JobError {
  @ApiProperty({ enum: Object.keys(ERROR_STATUS) })
  error_code!: BackupErrorCode;

  @ApiProperty()
  message!: string;

  @ApiPropertyOptional({
    type: [String],
    description:
      'For `RESTORE_INCOMPLETE`: one sentence for each part of the snapshot that is missing in the database.',
  })
  missing?: string[];

  @ApiPropertyOptional({
    description:
      'What is wrong, without what to do: for clients that word `advice` themselves. Present only if `message` also says what to do.',
  })
  problem?: string;

  @ApiPropertyOptional({
    enum: ADVICE,
    isArray: true,
    description: 'What can be done, as codes for programs; `message` says it in words.',
  })
  advice?: Advice[];

  [detail: string]: unknown;
}

@ApiSchema({ name: 'BackupJob' })
export class JobResponse implements Job {
  @ApiProperty()
  id!: string;

  @ApiProperty({ enum: JOB_TYPES })
  type!: JobType;

  @ApiProperty({ enum: JOB_STATUSES })
  status!: JobStatus;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'verify',
    description: 'Current step; for a restore: verify, safety_snapshot, restore, check, done or rolled_back.',
  })
  stage!: string | null;

  @ApiProperty({ minimum: 0, maximum: 1 })
  progress!: number;

  @ApiProperty({ type: String, nullable: true })
  plan!: string | null;

  @ApiProperty({ type: TriggerResponse, nullable: true })
  trigger!: TriggerResponse | null;

  @ApiProperty({ type: String, nullable: true, description: 'Who requested it; null for schedules and events.' })
  requested_by!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The snapshot that was captured, restored or verified.' })
  snapshot_id!: string | null;

  @ApiProperty({ type: JobErrorResponse, nullable: true })
  error!: JobErrorResponse | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'For a restore: `{tables: {users: {rows}}, safety_snapshot_id, duration_ms}`.',
  })
  result!: Record<string, unknown> | null;
}

@ApiSchema({ name: 'BackupJobPage' })
export class JobPageResponse implements Page<JobResponse> {
  @ApiProperty({ type: [JobResponse] })
  items!: JobResponse[];

  @ApiProperty({ type: 'integer' })
  total!: number;

  @ApiProperty({ type: 'integer' })
  page!: number;

  @ApiProperty({ type: 'integer' })
  page_size!: number;
}
