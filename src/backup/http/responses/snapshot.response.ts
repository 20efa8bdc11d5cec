import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiSchema, getSchemaPath } from '../openapi.js';
import type { Page } from '../../catalog/catalog.js';
import { SOURCE_KINDS, type SnapshotKind, type SourceKind, type TableSummary } from '../../model/manifest.js';
import type { Snapshot, SnapshotLocation } from '../../model/snapshot.js';
import type { Verification } from '../../model/job-results.js';
import { SNAPSHOT_WARNING_CODES, type SnapshotWarning } from '../../model/snapshot-warning.js';
import { type Subject, type Trigger, TRIGGER_TYPES, type TriggerType } from '../../model/trigger.js';

@ApiSchema({ name: 'BackupSubject' })
export class SubjectResponse implements Subject {
  @ApiProperty({ example: 'student' })
  role!: string;

  @ApiProperty({ oneOf: [{ type: 'integer' }, { type: 'string' }], example: 5 })
  user_id!: number | string;

  @ApiPropertyOptional({ example: 'Ida', description: 'Display name, if the event gave one.' })
  label?: string;
}

@ApiSchema({ name: 'BackupTrigger' })
export class TriggerResponse implements Trigger {
  @ApiProperty({ enum: TRIGGER_TYPES })
  type!: TriggerType;

  @ApiPropertyOptional({
    example: 'role.created',
    description: 'Name of the event, or the pattern, such as `order.*`, that the application listens to.',
  })
  event?: string;

  @ApiPropertyOptional({
    type: [SubjectResponse],
    description: 'What the events are about, such as new accounts; absent if the events have no subject.',
  })
  subjects?: SubjectResponse[];
}

@ApiSchema({ name: 'BackupTableSummary' })
export class TableSummaryResponse implements TableSummary {
  @ApiProperty({ type: 'integer', example: 20 })
  rows!: number;

  @ApiProperty({ description: "SHA-256 (hex) of the table's row lines." })
  sha256!: string;
}

@ApiSchema({ name: 'BackupWarning' })
export class SnapshotWarningResponse implements SnapshotWarning {
  @ApiProperty({ enum: SNAPSHOT_WARNING_CODES, description: 'Later versions may add codes.' })
  code!: string;

  @ApiProperty({ description: 'What was found, and where.' })
  message!: string;
}

@ApiSchema({ name: 'BackupSnapshot' })
@ApiExtraModels(TableSummaryResponse)
export class SnapshotResponse implements Snapshot {
  @ApiProperty({ example: 'auto_backup_20260130_120000' })
  id!: string;

  @ApiProperty({ example: 'auto_backup_20260130_120000.json' })
  filename!: string;

  @ApiProperty({ example: 'auto' })
  plan!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Id of the snapshot of database and files that this one is a part of.',
  })
  part_of!: string | null;

  @ApiProperty({ enum: SOURCE_KINDS })
  source!: SourceKind;

  @ApiProperty({
    type: String,
    nullable: true,
    description: "Name of the application's database; null for the default one and for files.",
  })
  data_source!: string | null;

  @ApiProperty({ description: 'Whether it holds only some tables of the database, as set in its plan.' })
  partial!: boolean;

  @ApiProperty({ example: 'json' })
  engine!: string;

  @ApiProperty({ enum: ['full', 'differential'] })
  kind!: SnapshotKind;

  @ApiProperty({ type: String, nullable: true, description: 'The full snapshot that a differential builds on.' })
  base!: string | null;

  @ApiProperty({ type: TriggerResponse })
  trigger!: TriggerResponse;

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({
    type: [SnapshotWarningResponse],
    description: 'Problems that the capture found; empty if everything was captured.',
  })
  warnings!: SnapshotWarningResponse[];

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description:
      'Position in the order of capture, independent of the clock; null for snapshots of versions that did not record it.',
  })
  sequence!: number | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: 'integer' })
  duration_ms!: number;

  @ApiProperty({ type: 'integer' })
  size_bytes!: number;

  @ApiProperty({ description: 'Checksum of the stored document (hex).' })
  checksum!: string;

  @ApiProperty({ enum: ['SHA256'] })
  checksum_algorithm!: 'SHA256';

  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(TableSummaryResponse) } })
  tables!: Record<string, TableSummaryResponse>;

  @ApiProperty({ enum: ['regular', 'archived'] })
  location!: SnapshotLocation;

  @ApiProperty({ type: String, nullable: true, example: 'archived_backups_20260115.zip' })
  archive!: string | null;

  @ApiProperty({ description: 'Protected from retention and from deletion.' })
  pinned!: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  verified_at!: string | null;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Result of the last verification after the capture; null if there was none.',
  })
  is_valid!: boolean | null;
}

@ApiSchema({ name: 'BackupSnapshotPage' })
export class SnapshotPageResponse implements Page<SnapshotResponse> {
  @ApiProperty({ type: [SnapshotResponse] })
  items!: SnapshotResponse[];

  @ApiProperty({ type: 'integer', description: 'Number on all pages.' })
  total!: number;

  @ApiProperty({ type: 'integer' })
  page!: number;

  @ApiProperty({ type: 'integer' })
  page_size!: number;
}

@ApiSchema({ name: 'BackupArchive' })
export class ArchiveResponse {
  @ApiProperty({ example: 'archived_backups_20260115.zip' })
  filename!: string;

  @ApiProperty({ format: 'date', example: '2026-01-15', description: 'The UTC day whose snapshots it holds.' })
  date!: string;

  @ApiProperty({ type: 'integer' })
  size_bytes!: number;

  @ApiProperty({ type: 'integer', description: 'How many snapshots it holds.' })
  file_count!: number;

  @ApiProperty({ type: [SnapshotResponse] })
  files!: SnapshotResponse[];
}

@ApiSchema({ name: 'BackupOverview' })
export class AllSnapshotsResponse {
  @ApiProperty({ type: [SnapshotResponse] })
  regular!: SnapshotResponse[];

  @ApiProperty({ type: [ArchiveResponse] })
  archived!: ArchiveResponse[];
}

@ApiSchema({ name: 'BackupDependents' })
export class DependentsResponse {
  @ApiProperty({
    type: [String],
    description: 'Ids of the snapshot that it is a part of and of the differentials based on it.',
  })
  dependents!: string[];
}

@ApiSchema({ name: 'BackupVerification' })
export class VerificationResponse implements Verification {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  is_valid!: boolean;

  @ApiProperty({ description: 'What was compared, or what is wrong.' })
  message!: string;

  @ApiProperty({ format: 'date-time' })
  checked_at!: string;
}
