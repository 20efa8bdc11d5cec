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

  @ApiPropertyOptional({ example: 'Ida', description: 'What people call them, where the event said it.' })
  label?: string;
}

@ApiSchema({ name: 'BackupTrigger' })
export class TriggerResponse implements Trigger {
  @ApiProperty({ enum: TRIGGER_TYPES })
  type!: TriggerType;

  @ApiPropertyOptional({
    example: 'role.created',
    description: 'The event’s name, or the pattern, such as `order.*`, by which the application listens to it.',
  })
  event?: string;

  @ApiPropertyOptional({
    type: [SubjectResponse],
    description: 'Whom an event snapshot was taken for, such as new accounts; absent where the events named nobody.',
  })
  subjects?: SubjectResponse[];
}

@ApiSchema({ name: 'BackupTableSummary' })
export class TableSummaryResponse implements TableSummary {
  @ApiProperty({ type: 'integer', example: 20 })
  rows!: number;

  @ApiProperty({ description: "SHA-256, hex, over the table's row lines." })
  sha256!: string;
}

@ApiSchema({ name: 'BackupWarning' })
export class SnapshotWarningResponse implements SnapshotWarning {
  @ApiProperty({ enum: SNAPSHOT_WARNING_CODES, description: 'Later versions may know more.' })
  code!: string;

  @ApiProperty({ description: 'What was found, of which thing.' })
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
    description: 'The snapshot of a database and files together that this is a part of.',
  })
  part_of!: string | null;

  @ApiProperty({ enum: SOURCE_KINDS })
  source!: SourceKind;

  @ApiProperty({
    type: String,
    nullable: true,
    description: "Which of the application's databases; null for the default one, and for files.",
  })
  data_source!: string | null;

  @ApiProperty({ description: 'Whether it holds only some tables of its database, as its plan says.' })
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

  @ApiProperty({ type: [SnapshotWarningResponse], description: 'What the capture found; empty when all is in it.' })
  warnings!: SnapshotWarningResponse[];

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description:
      'Place in the order of taking, whatever the clock said; null in snapshots of versions that did not count.',
  })
  sequence!: number | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: 'integer' })
  duration_ms!: number;

  @ApiProperty({ type: 'integer' })
  size_bytes!: number;

  @ApiProperty({ description: 'Over the stored document, hex.' })
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
    description: 'Result of the last verification; null when there was none.',
  })
  is_valid!: boolean | null;
}

@ApiSchema({ name: 'BackupSnapshotPage' })
export class SnapshotPageResponse implements Page<SnapshotResponse> {
  @ApiProperty({ type: [SnapshotResponse] })
  items!: SnapshotResponse[];

  @ApiProperty({ type: 'integer', description: 'On all pages together.' })
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
  @ApiProperty({ type: [String], description: 'Ids: the one it is a part of, the differentials that build on it.' })
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
