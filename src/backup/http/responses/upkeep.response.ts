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

  @ApiProperty({ type: Number, nullable: true, example: 0.998, description: '0 to 1; null if no capture has ended.' })
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
    description: 'Number of archived snapshots, and the size of the archives.',
  })
  archived!: TotalsResponse;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  latest_backup!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  oldest_backup!: string | null;

  @ApiProperty({ type: 'object', properties: countsOf(TRIGGER_TYPES) })
  by_trigger!: Partial<Record<TriggerType, number>>;

  @ApiProperty({ type: 'object', properties: countsOf(JOB_STATUSES), description: 'Captures by outcome.' })
  by_status!: Partial<Record<JobStatus, number>>;

  @ApiProperty({
    type: [DayTotalsResponse],
    description: `What is stored from the last ${RECENT_DAYS} days, by day of creation, oldest first; days without snapshots are left out.`,
  })
  by_day!: DayTotalsResponse[];

  @ApiProperty({ type: CaptureOutcomesResponse, description: `Outcome of captures in the last ${RECENT_DAYS} days.` })
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
  @ApiProperty({ type: 'integer', description: 'Number of snapshots moved into archives.' })
  archived!: number;

  @ApiProperty({ type: 'integer', description: 'Number of snapshots deleted.' })
  deleted!: number;

  @ApiProperty({ type: 'integer' })
  freed_bytes!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Snapshots that are due but not deleted, because the clock jumped ahead and has not been confirmed.',
  })
  held_back!: number;

  @ApiPropertyOptional({
    description: 'Why nothing is deleted although snapshots may be due, for example because the pins cannot be read.',
  })
  suspended?: string;

  @ApiPropertyOptional({ type: [KeptResponse], description: 'For a dry run: snapshots that stay, with reasons.' })
  kept?: KeptResponse[];
}
