import { ApiProperty, ApiSchema, IntersectionType, PickType } from '../openapi.js';
import type { IndexingProgress } from '../../catalog/catalog.js';
import { HEALTH_STATUSES, type HealthStatus } from '../../model/health.js';
import { SOURCE_KINDS, type SourceKind } from '../../model/manifest.js';
import type { BackupHealth, PlanHealth } from '../../operations/health.query.js';
import { ConfigResponse } from './config.response.js';
import { JobResponse } from './job.response.js';
import { DiskResponse, ScheduleEntryResponse, TotalsResponse } from './upkeep.response.js';

@ApiSchema({ name: 'BackupNewest' })
export class NewestResponse {
  @ApiProperty()
  id!: string;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: 'integer' })
  size_bytes!: number;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Result of the last verification after the capture; null if there was none.',
  })
  is_valid!: boolean | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  verified_at!: string | null;
}

@ApiSchema({ name: 'BackupPlanHealth' })
export class PlanHealthResponse implements PlanHealth {
  @ApiProperty({ example: 'auto' })
  plan!: string;

  @ApiProperty({ enum: SOURCE_KINDS })
  source!: SourceKind;

  @ApiProperty()
  enabled!: boolean;

  @ApiProperty({ enum: HEALTH_STATUSES })
  status!: HealthStatus;

  @ApiProperty({ type: [String], description: 'Reasons in words, the worst first; empty if healthy.' })
  reasons!: string[];

  @ApiProperty({ type: NewestResponse, nullable: true })
  newest!: NewestResponse | null;

  @ApiProperty({ type: TotalsResponse })
  snapshots!: TotalsResponse;
}

@ApiSchema({ name: 'BackupStorage' })
export class StorageResponse extends DiskResponse {
  @ApiProperty({ type: 'integer', description: 'Free space below which a backup fails before it starts.' })
  needed_bytes!: number;

  @ApiProperty({ type: 'integer', description: 'Space that the snapshots use.' })
  used_bytes!: number;
}

@ApiSchema({ name: 'BackupIndexing' })
export class IndexingResponse implements IndexingProgress {
  @ApiProperty({ type: 'integer', example: 8200 })
  indexed!: number;

  @ApiProperty({ type: 'integer', example: 20_000, description: '0 while they are being counted.' })
  total!: number;
}

@ApiSchema({ name: 'BackupHealth' })
export class HealthResponse implements BackupHealth {
  @ApiProperty({
    enum: HEALTH_STATUSES,
    description: 'The worst status among plans, storage, clock and stored snapshots.',
  })
  status!: HealthStatus;

  @ApiProperty({ type: [String] })
  reasons!: string[];

  @ApiProperty({ format: 'date-time' })
  checked_at!: string;

  @ApiProperty({ type: [PlanHealthResponse] })
  plans!: PlanHealthResponse[];

  @ApiProperty({
    type: IndexingResponse,
    nullable: true,
    description:
      'Progress of indexing while the index is incomplete, for example after the first start on a folder with many snapshots; plans and storage then cover only indexed snapshots. Otherwise null.',
  })
  indexing!: IndexingResponse | null;

  @ApiProperty({
    type: 'integer',
    description: 'Number of snapshots that their last verification found damaged; list them with `?valid=false`.',
  })
  damaged!: number;

  @ApiProperty({ type: StorageResponse })
  storage!: StorageResponse;

  @ApiProperty({ type: ConfigResponse })
  configuration!: ConfigResponse;
}

@ApiSchema({ name: 'BackupPlanStatus' })
export class PlanStatusResponse extends IntersectionType(
  PlanHealthResponse,
  PickType(ScheduleEntryResponse, ['every', 'next_run', 'last_run', 'last_status']),
) {}

@ApiSchema({ name: 'BackupStatus' })
export class StatusResponse {
  @ApiProperty({ type: [PlanStatusResponse] })
  plans!: PlanStatusResponse[];

  @ApiProperty({ type: JobResponse, nullable: true, description: 'The first of `running_jobs`.' })
  running_job!: JobResponse | null;

  @ApiProperty({
    type: [JobResponse],
    description:
      'Jobs that this process runs: captures of different sources run in parallel, and verifications run beside any job.',
  })
  running_jobs!: JobResponse[];
}
