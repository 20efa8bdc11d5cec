import type { JobQuery, RestorePointQuery, SnapshotQuery } from '../catalog/catalog.js';
import { JOB_STATUSES, JOB_TYPES, type JobStatus, type JobType } from '../model/job.js';
import type { SnapshotKind } from '../model/manifest.js';
import type { SnapshotLocation } from '../model/snapshot.js';
import { flag, instant, listOf, nullOr, oneOf, text, wholeNumber } from '../model/rule.js';
import { TRIGGER_TYPES, type TriggerType } from '../model/trigger.js';
import { capturedPathRule } from './captured-path.js';
import { Optional, Required } from './fields.js';
import { planNames } from './plan-names.js';

const KINDS = ['full', 'differential'] as const;
const LOCATIONS = ['regular', 'archived'] as const;
const LONGEST_DESCRIPTION = 500;

class PageQuery {
  @Optional(wholeNumber(1, 1_000_000), { default: 1 })
  page: number = 1;

  @Optional(wholeNumber(1, 200), { default: 50 })
  page_size: number = 50;
}

export class SnapshotPageQuery extends PageQuery implements SnapshotQuery {
  @Optional(oneOf(TRIGGER_TYPES))
  trigger?: TriggerType;

  @Optional(oneOf(KINDS))
  kind?: SnapshotKind;

  @Optional(text(100))
  plan?: string;

  @Optional(oneOf(LOCATIONS))
  location?: SnapshotLocation;

  @Optional(flag(), {
    description: 'Result of the last verification. `false`: only damaged snapshots; `true`: only sound ones.',
  })
  valid?: boolean;

  @Optional(instant(), {
    description: 'Only snapshots taken at or after this time: a UTC day, or a time with an offset.',
  })
  from?: string;

  @Optional(instant(), { description: 'Only snapshots taken before this time.' })
  to?: string;

  @Optional(text(200), { description: 'Text to search for in ids, descriptions and subjects such as `student 5`.' })
  q?: string;
}

export class NewestQuery implements RestorePointQuery {
  @Optional(text(100), { description: 'The newest snapshot of this plan that restores everything the plan captures.' })
  plan?: string;

  @Optional(instant(), { description: 'Only snapshots taken before this time.' })
  to?: string;
}

export class JobPageQuery extends PageQuery implements JobQuery {
  @Optional(oneOf(JOB_TYPES))
  type?: JobType;

  @Optional(oneOf(JOB_STATUSES))
  status?: JobStatus;
}

export class RowsQuery {
  @Optional(wholeNumber(0, Number.MAX_SAFE_INTEGER), { default: 0 })
  offset: number = 0;

  @Optional(wholeNumber(1, 10_000), { default: 100 })
  limit: number = 100;
}

export class FilesQuery {
  @Optional(capturedPathRule, {
    description:
      'Absolute path of the folder to list. Default: the captured paths themselves. Write a path that is not valid UTF-8 as JSON, `{"$hex":"2F…"}`, as the list returns it.',
    example: '/srv/uploads',
  })
  path?: string;

  @Optional(text(200), {
    description:
      'Search the folder, or everything, at any depth, ignoring case: for a part of the name, or of the path if this contains a slash.',
  })
  q?: string;

  @Optional(wholeNumber(0, Number.MAX_SAFE_INTEGER), { default: 0 })
  offset: number = 0;

  @Optional(wholeNumber(1, 1000), { default: 100 })
  limit: number = 100;
}

export class FileQuery {
  @Required(capturedPathRule, {
    description: 'Path of the file, as the list returns it.',
    example: '/srv/uploads/letter.pdf',
  })
  path!: string;
}

export class DiffQuery extends RowsQuery {
  @Required(text(), {
    description: 'What to compare with: the id of a snapshot, or `now` for the live database.',
    example: 'now',
  })
  with!: string;

  @Optional(text(), {
    description:
      'Return the changed rows of this table, a page starting at `offset`, instead of the counts of all tables.',
  })
  table?: string;
}

export class PreviewQuery {
  @Optional(listOf('table names', { mayBeEmpty: true }), {
    description: 'Only these tables; repeat the parameter for each. Default: all.',
  })
  tables?: string[];
}

export class WaitQuery {
  @Optional(flag(), { default: false, description: 'Respond when the job has finished instead of immediately.' })
  wait: boolean = false;
}

export class DownloadQuery {
  @Optional(flag(), {
    default: false,
    description:
      'Return the stored bytes. Those of a differential hold only its changes, and are sent without checking their checksum.',
  })
  raw: boolean = false;
}

export class StatusQuery {
  @Optional(text(100), { description: 'Only this plan.' })
  plan?: string;
}

export class ConfigQuery {
  @Optional(wholeNumber(0, Number.MAX_SAFE_INTEGER), {
    description:
      'How many snapshots the next clean-up may delete because of these changes. Must be the number that the preview or the refusal returned.',
  })
  confirm_deletions?: number;
}

export class CleanupQuery {
  @Optional(flag(), { default: false, description: 'Report what would happen, and change nothing.' })
  dry_run: boolean = false;

  @Optional(flag(), {
    default: false,
    description:
      'Confirms that the clock is right although it jumped ahead, because the machine was off for that long. Snapshots held back are then deleted, too.',
  })
  confirm_clock: boolean = false;
}

export class CaptureRequest {
  @Optional(nullOr(text(LONGEST_DESCRIPTION)), { example: 'Before migration' })
  description?: string | null;

  @Optional(text(100), {
    default: 'auto',
    description: 'The plan to run. Default: `auto`, or the first plan if there is no `auto`.',
  })
  plan?: string;

  @Optional(planNames, {
    description:
      'Names of several plans to run, or `"all"`. The response is then a list. Cannot be combined with `plan`.',
  })
  plans?: string[] | 'all';

  @Optional(oneOf(['full']), { description: '`full` takes a snapshot that stands alone.' })
  kind?: 'full';
}

export class AnnotationRequest {
  @Optional(nullOr(text(LONGEST_DESCRIPTION)))
  description?: string | null;

  @Optional(flag(), { description: 'Protect it from retention and deletion.' })
  pinned?: boolean;
}

export class RestoreRequest {
  // Empty rather than required here: the operation's own refusal says what has to be typed.
  @Required(text(), { description: 'The id of the snapshot again.' })
  confirm: string = '';

  @Optional(flag(), {
    default: false,
    description:
      'Take no safety snapshot, for live data that is too damaged to capture. The job records that it was skipped.',
  })
  skip_safety_snapshot?: boolean;

  @Optional(listOf('table names'), { description: 'Only these tables. Default: all.' })
  tables?: string[];

  @Optional(text(4096), {
    description:
      'For a snapshot of files: the folder to restore them to, instead of their original place. It must be new or empty, and inside a folder that the application allows.',
  })
  to?: string;

  @Optional(flag(), {
    default: false,
    description:
      'Restore although the schema differs: columns that the snapshot lacks get their default, and columns and tables that the database no longer has are left out. ' +
      'Without it, the response is 409 SCHEMA_MISMATCH with the list of differences.',
  })
  allow_schema_changes?: boolean;

  @Optional(flag(), {
    default: false,
    description:
      'Run the schema statements of a snapshot that this installation did not take. Without it, statements that are not plain schema definitions, or that would give ' +
      "the snapshot an administrator's rights, are refused: 409 SCHEMA_NOT_TRUSTED with the list of statements.",
  })
  trust_schema?: boolean;
}
