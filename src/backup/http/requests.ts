import { ApiProperty, ApiPropertyOptional } from './openapi.js';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  MaxLength,
  ValidateIf,
} from 'class-validator';
import type { JobQuery, RestorePointQuery, SnapshotQuery } from '../catalog/catalog.js';
import { JOB_STATUSES, JOB_TYPES, type JobStatus, type JobType } from '../model/job.js';
import type { SnapshotKind } from '../model/manifest.js';
import type { SnapshotLocation } from '../model/snapshot.js';
import { TRIGGER_TYPES, type TriggerType } from '../model/trigger.js';
import { CapturedPath } from './captured-path.js';
import { PlanNames } from './plan-names.js';
import { Flag, Instant, Repeatable, WholeNumber } from './query-values.js';

const KINDS = ['full', 'differential'] as const;
const LOCATIONS = ['regular', 'archived'] as const;
const LONGEST_DESCRIPTION = 500;

const oneOf = (values: readonly string[]) => ({ message: `must be one of ${values.join(', ')}` });
const text = { message: 'must be text' };
const atMost = (length: number) => ({ message: `must not be longer than ${length} characters` });
/** Unlike `@IsOptional()`, lets only an absent field through, not null. */
const IfGiven = () => ValidateIf((_: object, value: unknown) => value !== undefined);

class PageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1_000_000, default: 1 })
  @WholeNumber(1, 1_000_000)
  page: number = 1;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @WholeNumber(1, 200)
  page_size: number = 50;
}

export class SnapshotPageQuery extends PageQuery implements SnapshotQuery {
  @ApiPropertyOptional({ enum: TRIGGER_TYPES })
  @IfGiven()
  @IsIn(TRIGGER_TYPES, oneOf(TRIGGER_TYPES))
  trigger?: TriggerType;

  @ApiPropertyOptional({ enum: KINDS })
  @IfGiven()
  @IsIn(KINDS, oneOf(KINDS))
  kind?: SnapshotKind;

  @ApiPropertyOptional()
  @IfGiven()
  @IsString(text)
  @MaxLength(100, atMost(100))
  plan?: string;

  @ApiPropertyOptional({ enum: LOCATIONS })
  @IfGiven()
  @IsIn(LOCATIONS, oneOf(LOCATIONS))
  location?: SnapshotLocation;

  @ApiPropertyOptional({
    description:
      '`false`: those that were found damaged when they were last verified; `true`: those that were found sound.',
  })
  @IfGiven()
  @Flag()
  valid?: boolean;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Made at this time or later; a UTC day or a time with its offset.',
  })
  @IfGiven()
  @Instant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Made before this time.' })
  @IfGiven()
  @Instant()
  to?: string;

  @ApiPropertyOptional({ description: 'Part of the id, the description, or a subject such as `student 5`.' })
  @IfGiven()
  @IsString(text)
  @MaxLength(200, atMost(200))
  q?: string;
}

export class NewestQuery implements RestorePointQuery {
  @ApiPropertyOptional({ description: 'Of this plan; then all that the plan captures counts as everything.' })
  @IfGiven()
  @IsString(text)
  @MaxLength(100, atMost(100))
  plan?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Made before this time.' })
  @IfGiven()
  @Instant()
  to?: string;
}

export class JobPageQuery extends PageQuery implements JobQuery {
  @ApiPropertyOptional({ enum: JOB_TYPES })
  @IfGiven()
  @IsIn(JOB_TYPES, oneOf(JOB_TYPES))
  type?: JobType;

  @ApiPropertyOptional({ enum: JOB_STATUSES })
  @IfGiven()
  @IsIn(JOB_STATUSES, oneOf(JOB_STATUSES))
  status?: JobStatus;
}

export class RowsQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0 })
  @WholeNumber(0, Number.MAX_SAFE_INTEGER)
  offset: number = 0;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 10_000, default: 100 })
  @WholeNumber(1, 10_000)
  limit: number = 100;
}

export class FilesQuery {
  @ApiPropertyOptional({
    description:
      'A captured folder, absolute: what lies in it is listed. The captured paths themselves when absent. A path that is no UTF-8 as JSON, `{"$hex":"2F…"}`, as the list has it.',
    example: '/srv/uploads',
  })
  @IfGiven()
  @CapturedPath()
  path?: string;

  @ApiPropertyOptional({
    description:
      'Searches the folder, or everything, at any depth instead: part of a name, or of a path where it has a slash, whatever the case.',
  })
  @IfGiven()
  @IsString(text)
  @MaxLength(200, atMost(200))
  q?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0 })
  @WholeNumber(0, Number.MAX_SAFE_INTEGER)
  offset: number = 0;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @WholeNumber(1, 1000)
  limit: number = 100;
}

export class FileQuery {
  @ApiProperty({ description: 'The file, as the list names it.', example: '/srv/uploads/letter.pdf' })
  @CapturedPath()
  path!: string;
}

export class DiffQuery extends RowsQuery {
  @ApiProperty({
    description: 'The state after: the id of a snapshot, or `now` for the live database.',
    example: 'now',
  })
  @IsString({ message: 'must be the id of a snapshot, or now' })
  with!: string;

  @ApiPropertyOptional({
    description:
      'Answer with the changed rows of this table, a page from `offset` on, instead of counts of all tables.',
  })
  @IfGiven()
  @IsString(text)
  table?: string;
}

export class PreviewQuery {
  @ApiPropertyOptional({
    type: [String],
    description: 'Only these tables, one parameter for each; all when absent.',
  })
  @IfGiven()
  @Repeatable()
  @IsArray({ message: 'must be a list of table names' })
  @ArrayUnique({ message: 'must name each table once' })
  @IsString({ each: true, message: 'must be a list of table names' })
  tables?: string[];
}

export class WaitQuery {
  @ApiPropertyOptional({ default: false, description: 'Answer when the job has finished instead of at once.' })
  @Flag()
  wait: boolean = false;
}

export class DownloadQuery {
  @ApiPropertyOptional({
    default: false,
    description:
      'The stored bytes as they are. Those of a differential are only its changes, and go out without a look at their checksum.',
  })
  @Flag()
  raw: boolean = false;
}

export class StatusQuery {
  @ApiPropertyOptional({ description: 'Only this plan.' })
  @IfGiven()
  @IsString(text)
  @MaxLength(100, atMost(100))
  plan?: string;
}

export class ConfigQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description:
      'How many snapshots the next clean-up may delete because of these changes: the number that the preview, or the refusal, says. Another number is refused.',
  })
  @IfGiven()
  @WholeNumber(0, Number.MAX_SAFE_INTEGER)
  confirm_deletions?: number;
}

export class CleanupQuery {
  @ApiPropertyOptional({ default: false, description: 'Only say what would happen.' })
  @Flag()
  dry_run: boolean = false;

  @ApiPropertyOptional({
    default: false,
    description:
      'Says that the clock is right though it jumped ahead: the machine was off for that long. What was held back is deleted, too.',
  })
  @Flag()
  confirm_clock: boolean = false;
}

export class CaptureRequest {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: LONGEST_DESCRIPTION, example: 'Before migration' })
  @IsOptional()
  @IsString(text)
  @MaxLength(LONGEST_DESCRIPTION, atMost(LONGEST_DESCRIPTION))
  description?: string | null;

  @ApiPropertyOptional({ default: 'auto', description: 'The plan to run; `auto`, or the first, when none is named.' })
  @IfGiven()
  @IsString(text)
  @MaxLength(100, atMost(100))
  plan?: string;

  @ApiPropertyOptional({
    oneOf: [
      { type: 'array', items: { type: 'string' } },
      { type: 'string', enum: ['all'] },
    ],
    description: 'Several plans at once, by their names, or `"all"`: the answer is then a list. Not beside `plan`.',
  })
  @IfGiven()
  @PlanNames()
  plans?: string[] | 'all';

  @ApiPropertyOptional({ enum: ['full'], description: 'Asks for one that stands alone.' })
  @IfGiven()
  @IsIn(['full'], oneOf(['full']))
  kind?: 'full';
}

export class AnnotationRequest {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: LONGEST_DESCRIPTION })
  @IsOptional()
  @IsString(text)
  @MaxLength(LONGEST_DESCRIPTION, atMost(LONGEST_DESCRIPTION))
  description?: string | null;

  @ApiPropertyOptional({ description: 'Protect it from retention and deletion.' })
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  pinned?: boolean;
}

export class RestoreRequest {
  // Empty rather than required here: the operation's own refusal says what has to be typed.
  @ApiProperty({ description: 'The id of the snapshot, typed once more.' })
  @IsString(text)
  confirm: string = '';

  @ApiPropertyOptional({
    default: false,
    description: 'For live data too broken to be captured; the job says that it was skipped.',
  })
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  skip_safety_snapshot?: boolean;

  @ApiPropertyOptional({ type: [String], description: 'Only these tables; all when absent.' })
  @IfGiven()
  @IsArray({ message: 'must be a list of table names' })
  @ArrayNotEmpty({ message: 'must name at least one table' })
  @ArrayUnique({ message: 'must name each table once' })
  @IsString({ each: true, message: 'must be a list of table names' })
  tables?: string[];

  @ApiPropertyOptional({
    description:
      'Of a files snapshot: put the files here instead of where they were: a place that is new, or an empty folder, inside those that the application allows.',
  })
  @IfGiven()
  @IsString(text)
  @MaxLength(4096, atMost(4096))
  to?: string;

  @ApiPropertyOptional({
    default: false,
    description:
      'Restore although the schema differs: columns that the snapshot lacks take their default, what the database no longer has is left out. ' +
      'Without it, differences are answered with 409 SCHEMA_MISMATCH and listed.',
  })
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  allow_schema_changes?: boolean;

  @ApiPropertyOptional({
    default: false,
    description:
      'Run what the schema of the snapshot holds although this installation did not take it. Without it, statements that are no plain parts of a schema, or would lend ' +
      "an administrator's rights to the snapshot, are answered with 409 SCHEMA_NOT_TRUSTED and listed.",
  })
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  trust_schema?: boolean;
}
