import { ApiProperty, ApiPropertyOptional, ApiSchema } from '../openapi.js';
import { RECENT_DAYS, type CaptureOutcomes, type DayTotals, type SnapshotTotals } from '../../catalog/catalog.js';
import { JOB_STATUSES, type JobStatus } from '../../model/job.js';
import { SOURCE_KINDS, type SourceKind } from '../../model/manifest.js';
import type { KeptSnapshot } from '../../model/retention.js';
import type { CleanupResult } from '../../model/job-results.js';
import type { BackupStats } from '../../operations/stats.query.js';
import type { DiskSpace } from '../../system/disk-space.js';
import type { ScheduleEntry } from '../../triggers/backup.scheduler.js';
import { TRIGGER_TYPES, type TriggerType } from '../../model/trigger.js';

const countsOf = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { type: 'integer' as const }]));

@ApiSchema({ name: 'BackupTotals' })
export class TotalsResponse implements SnapshotTotals {
  @ApiProperty({ type: 'integer' })
  count!: number;

  @ApiProperty({ type: 'integer' })
  size_bytes!: number;
}

@ApiSchema({ name: 'BackupDayTotals' })
export class DayTotalsResponse extends TotalsResponse implements DayTotals {
  @ApiProperty({ format: 'date', example: '2026-01-30', description: 'UTC' })
  date!: string;
}

@ApiSchema({ name: 'BackupCaptureOutcomes' })
export class CaptureOutcomesResponse implements CaptureOutcomes {
  @ApiProperty({ type: 'integer' })
  completed!: number;

  @ApiProperty({ type: 'integer' })
  failed!: number;

  @ApiProperty({ type: Number, nullable: true, example: 0.998, description: '0 to 1; null where none ended.' })
  success_rate!: number | null;
}

@ApiSchema({ name: 'BackupDisk' })
export class DiskResponse implements DiskSpace {
  @ApiProperty({ type: 'integer' })
  free_bytes!: number;

  @ApiProperty({ type: 'integer' })
  total_bytes!: number;
}

@ApiSchema({ name: 'BackupStats' })
export class StatsResponse implements BackupStats {
  @ApiProperty({ type: 'integer' })
  total_backups!: number;

  @ApiProperty({ type: 'integer' })
  total_size_bytes!: number;

  @ApiProperty({ type: TotalsResponse })
  regular!: TotalsResponse;

  @ApiProperty({
    type: TotalsResponse,
    description: 'Snapshots counted one by one; their size is that of the archives.',
  })
  archived!: TotalsResponse;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  latest_backup!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  oldest_backup!: string | null;

  @ApiProperty({ type: 'object', properties: countsOf(TRIGGER_TYPES) })
  by_trigger!: Partial<Record<TriggerType, number>>;

  @ApiProperty({ type: 'object', properties: countsOf(JOB_STATUSES), description: 'Captures by how they ended.' })
  by_status!: Partial<Record<JobStatus, number>>;

  @ApiProperty({
    type: [DayTotalsResponse],
    description: `What is stored of the last ${RECENT_DAYS} days, by day of creation, oldest first; days with nothing are left out.`,
  })
  by_day!: DayTotalsResponse[];

  @ApiProperty({ type: CaptureOutcomesResponse, description: `How captures of the last ${RECENT_DAYS} days went.` })
  captures!: CaptureOutcomesResponse;

  @ApiProperty({ type: 'integer' })
  retention_days!: number;

  @ApiProperty({ type: DiskResponse })
  disk!: DiskResponse;
}

@ApiSchema({ name: 'BackupScheduleEntry' })
export class ScheduleEntryResponse implements ScheduleEntry {
  @ApiProperty({ example: 'auto' })
  plan!: string;

  @ApiProperty({ enum: SOURCE_KINDS })
  source!: SourceKind;

  @ApiProperty({ example: '10 minutes' })
  every!: string;

  @ApiProperty()
  enabled!: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  next_run!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  last_run!: string | null;

  @ApiProperty({ enum: JOB_STATUSES, nullable: true })
  last_status!: JobStatus | null;
}

@ApiSchema({ name: 'BackupKept' })
export class KeptResponse implements KeptSnapshot {
  @ApiProperty()
  id!: string;

  @ApiProperty({ type: [String], example: ['within_retention', 'pinned', 'newest', 'base_of:<id>'] })
  reasons!: string[];
}

@ApiSchema({ name: 'BackupCleanup' })
export class CleanupResponse implements CleanupResult {
  @ApiProperty({ type: 'integer', description: 'Snapshots moved into archives.' })
  archived!: number;

  @ApiProperty({ type: 'integer', description: 'Snapshots deleted.' })
  deleted!: number;

  @ApiProperty({ type: 'integer' })
  freed_bytes!: number;

  @ApiProperty({
    type: 'integer',
    description:
      'Snapshots that are due by the clock and stay: it jumped ahead, and nobody confirmed that it is right.',
  })
  held_back!: number;

  @ApiPropertyOptional({
    description: 'Why nothing is deleted although it may be due, such as pins that cannot be read.',
  })
  suspended?: string;

  @ApiPropertyOptional({ type: [KeptResponse], description: 'On a dry run: what stays, and why.' })
  kept?: KeptResponse[];
}
