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

  @ApiProperty({ type: Boolean, nullable: true, description: 'By its last verification since it was written.' })
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

  @ApiProperty({ type: [String], description: 'In words, the worst first; empty when healthy.' })
  reasons!: string[];

  @ApiProperty({ type: NewestResponse, nullable: true })
  newest!: NewestResponse | null;

  @ApiProperty({ type: TotalsResponse })
  snapshots!: TotalsResponse;
}

@ApiSchema({ name: 'BackupStorage' })
export class StorageResponse extends DiskResponse {
  @ApiProperty({ type: 'integer', description: 'Below this a backup fails before it starts.' })
  needed_bytes!: number;

  @ApiProperty({ type: 'integer', description: 'What the snapshots take up.' })
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
  @ApiProperty({ enum: HEALTH_STATUSES, description: 'As bad as the worst part.' })
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
      'How many snapshots are listed while a part of them is missing, as after the first start on a folder with many; what is said of plans and storage goes by those. Else null.',
  })
  indexing!: IndexingResponse | null;

  @ApiProperty({
    type: 'integer',
    description:
      'How many snapshots were found damaged when they were last verified; `?valid=false` of the list names them.',
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
    description: 'What this process runs: captures of different sources run side by side, verifications beside all.',
  })
  running_jobs!: JobResponse[];
}
