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
  type PlanCompression,
  type PlanSettings,
} from '../../model/plan.js';

@ApiSchema({ name: 'BackupPlan' })
export class PlanSettingsResponse implements PlanSettings {
  @ApiProperty({ pattern: '^[a-z0-9][a-z0-9_-]{0,39}$', description: 'Names of its snapshots start with it.' })
  name!: string;

  @ApiPropertyOptional({
    enum: SOURCE_KINDS,
    default: 'database',
    description: '`full` means a database and files together.',
  })
  source?: SourceKind;

  @ApiPropertyOptional({ default: 'default', description: "Name of one of the application's databases." })
  database?: string;

  @ApiPropertyOptional({ type: [String], description: 'Only these tables. Default: all.' })
  tables?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Folders or files, inside the folders that the application allows.',
  })
  paths?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Patterns relative to each path; only what matches is captured.',
  })
  include?: string[];

  @ApiPropertyOptional({ type: [String], description: 'Patterns relative to each path; what matches is not captured.' })
  exclude?: string[];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 525_600, description: 'Set this or `schedule`.' })
  interval_minutes?: number;

  @ApiPropertyOptional({
    example: '0 2 * * *',
    description: 'A cron expression with five fields. Set this or `interval_minutes`.',
  })
  schedule?: string;

  @ApiPropertyOptional({ default: 'UTC', example: 'Europe/Moscow', description: 'Time zone of `schedule`.' })
  time_zone?: string;

  @ApiPropertyOptional({ default: true, description: 'False: the plan runs only on request.' })
  enabled?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100_000,
    description: 'Largest number of snapshots to keep.',
  })
  keep_last?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 3650,
    description: 'Overrides the setting for all plans.',
  })
  retention_days?: number;

  @ApiPropertyOptional({ enum: DATABASE_ENGINES, default: 'json', description: 'How the database is captured.' })
  engine?: DatabaseEngine;

  @ApiPropertyOptional({
    oneOf: [
      { type: 'string', enum: [...COMPRESSIONS] },
      {
        type: 'object',
        properties: {
          level: { type: 'integer', minimum: 0, maximum: 9 },
          files: { type: 'string', enum: [...COMPRESSIONS] },
        },
      },
    ],
    description:
      '`level` is of the documents of a database: 1 (fast) to 9 (small) as gzip does, 0 stores them as they are; default: that of all. ' +
      '`files` is how files are compressed, by default `gzip`; its name alone is short for it.',
  })
  compression?: Compression | PlanCompression;
}

@ApiSchema({ name: 'DocumentCompression' })
export class CompressionResponse {
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 9, example: 6 })
  level!: number;
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
    description: "Days after which a day's snapshots are archived in one ZIP; at most retention_days.",
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
    description: 'Number of newest snapshots of each plan that are never deleted by a rule.',
  })
  min_keep!: number;

  @ApiPropertyOptional({
    type: CompressionResponse,
    nullable: true,
    description:
      'How documents of databases are compressed: 1 (fast) to 9 (small) as gzip does, 0 stores them as they are. Default: 0; null restores the default.',
  })
  compression?: CompressionResponse;

  @ApiPropertyOptional({
    type: [PlanSettingsResponse],
    nullable: true,
    description: 'What to capture when. Default: only the plan `auto`; null restores the default.',
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
    description: 'The next three runs; empty if the plan is disabled.',
  })
  next_runs!: string[];
}

@ApiSchema({ name: 'BackupConfigConsequences' })
export class ConfigConsequencesResponse implements ConfigConsequences {
  @ApiProperty({ type: 'integer', description: 'Number of snapshots that it would delete because of the changes.' })
  deleted!: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the oldest of these snapshots was taken.',
  })
  oldest_deleted!: string | null;

  @ApiProperty({ type: 'integer', description: 'Number of snapshots that it would archive because of the changes.' })
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
