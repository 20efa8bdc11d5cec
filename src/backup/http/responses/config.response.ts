import { ApiProperty, ApiPropertyOptional, ApiSchema, PartialType } from '../openapi.js';
import type { BackupConfig } from '../../model/backup-config.js';
import type { ConfigConsequences } from '../../operations/config-consequences.js';
import type { PlanPreview } from '../../triggers/backup.scheduler.js';
import { SOURCE_KINDS, type SourceKind } from '../../model/manifest.js';
import {
  COMPRESSIONS,
  DATABASE_ENGINES,
  type Compression,
  type DatabaseEngine,
  type PlanSettings,
} from '../../model/plan.js';

@ApiSchema({ name: 'BackupPlan' })
export class PlanSettingsResponse implements PlanSettings {
  @ApiProperty({ pattern: '^[a-z0-9][a-z0-9_-]{0,39}$', description: 'Begins the names of its snapshots.' })
  name!: string;

  @ApiPropertyOptional({
    enum: SOURCE_KINDS,
    default: 'database',
    description: '`full` is a database and files together.',
  })
  source?: SourceKind;

  @ApiPropertyOptional({ default: 'default', description: "Which of the application's databases." })
  database?: string;

  @ApiPropertyOptional({ type: [String], description: 'Only these tables; all when absent.' })
  tables?: string[];

  @ApiPropertyOptional({ type: [String], description: 'Folders or files, inside those that the application allows.' })
  paths?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Patterns relative to each path; only what matches is captured.',
  })
  include?: string[];

  @ApiPropertyOptional({ type: [String], description: 'Patterns relative to each path; what matches is left out.' })
  exclude?: string[];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 525_600, description: 'Or `schedule`.' })
  interval_minutes?: number;

  @ApiPropertyOptional({ example: '0 2 * * *', description: 'Cron with five fields.' })
  schedule?: string;

  @ApiPropertyOptional({ default: 'UTC', example: 'Europe/Moscow', description: 'For `schedule`.' })
  time_zone?: string;

  @ApiPropertyOptional({ default: true, description: 'False: runs only when asked to.' })
  enabled?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100_000,
    description: 'At most so many snapshots stay.',
  })
  keep_last?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 3650, description: 'Instead of that of all plans.' })
  retention_days?: number;

  @ApiPropertyOptional({ enum: DATABASE_ENGINES, default: 'json', description: 'How the database is captured.' })
  engine?: DatabaseEngine;

  @ApiPropertyOptional({ enum: COMPRESSIONS, default: 'gzip', description: 'Of the files.' })
  compression?: Compression;
}

@ApiSchema({ name: 'BackupConfig' })
export class ConfigResponse implements BackupConfig {
  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 3650,
    example: 30,
    description: 'Days after which snapshots are deleted.',
  })
  retention_days!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 3650,
    example: 14,
    description: "Days after which a day's snapshots are archived, in one ZIP; not above retention_days.",
  })
  auto_archive_after_days!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 1440,
    example: 10,
    description: 'Minutes between scheduled snapshots.',
  })
  backup_interval_minutes!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    example: 5,
    description: 'How many of the newest snapshots of a plan no rule ever deletes.',
  })
  min_keep!: number;

  @ApiPropertyOptional({
    type: [PlanSettingsResponse],
    nullable: true,
    description: 'What is captured when; only the plan `auto` when absent, or set to null.',
  })
  plans?: PlanSettingsResponse[];
}

/** Only documents the body: the store checks it, with the same rules as the file. */
@ApiSchema({ name: 'BackupConfigChanges' })
export class ConfigChanges extends PartialType(ConfigResponse) {}

@ApiSchema({ name: 'BackupPlanPreview' })
export class PlanPreviewResponse implements PlanPreview {
  @ApiProperty({ example: 'auto' })
  plan!: string;

  @ApiProperty({ example: '10 minutes' })
  every!: string;

  @ApiProperty()
  enabled!: boolean;

  @ApiProperty({
    type: [String],
    example: ['2026-01-30T12:10:00.000Z'],
    description: 'The next three; none where the plan is not enabled.',
  })
  next_runs!: string[];
}

@ApiSchema({ name: 'BackupConfigConsequences' })
export class ConfigConsequencesResponse implements ConfigConsequences {
  @ApiProperty({ type: 'integer', description: 'Snapshots that it would delete beside those that it deletes anyway.' })
  deleted!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When the oldest of them was taken.' })
  oldest_deleted!: string | null;

  @ApiProperty({ type: 'integer', description: 'Snapshots that it would archive beside others.' })
  archived!: number;
}

@ApiSchema({ name: 'BackupConfigPreview' })
export class ConfigPreviewResponse {
  @ApiProperty({ type: ConfigResponse })
  config!: ConfigResponse;

  @ApiProperty({ type: [PlanPreviewResponse] })
  schedule!: PlanPreviewResponse[];

  @ApiProperty({
    type: ConfigConsequencesResponse,
    description: 'What the next clean-up would do because of the changes.',
  })
  cleanup!: ConfigConsequencesResponse;
}
