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
    description:
      '`false`: those that were found damaged when they were last verified; `true`: those that were found sound.',
  })
  valid?: boolean;

  @Optional(instant(), {
    description: 'Taken at this time or later; a UTC day or a time with its offset.',
  })
  from?: string;

  @Optional(instant(), { description: 'Taken before this time.' })
  to?: string;

  @Optional(text(200), { description: 'Part of the id, the description, or a subject such as `student 5`.' })
  q?: string;
}

export class NewestQuery implements RestorePointQuery {
  @Optional(text(100), { description: 'Of this plan; then all that the plan captures counts as everything.' })
  plan?: string;

  @Optional(instant(), { description: 'Taken before this time.' })
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
      'A captured folder, absolute: what lies in it is listed. The captured paths themselves when absent. A path that is no UTF-8 as JSON, `{"$hex":"2F…"}`, as the list has it.',
    example: '/srv/uploads',
  })
  path?: string;

  @Optional(text(200), {
    description:
      'Searches the folder, or everything, at any depth instead: part of a name, or of a path where it has a slash, whatever the case.',
  })
  q?: string;

  @Optional(wholeNumber(0, Number.MAX_SAFE_INTEGER), { default: 0 })
  offset: number = 0;

  @Optional(wholeNumber(1, 1000), { default: 100 })
  limit: number = 100;
}

export class FileQuery {
  @Required(capturedPathRule, { description: 'The file, as the list names it.', example: '/srv/uploads/letter.pdf' })
  path!: string;
}

export class DiffQuery extends RowsQuery {
  @Required(text(), {
    description: 'The state after: the id of a snapshot, or `now` for the live database.',
    example: 'now',
  })
  with!: string;

  @Optional(text(), {
    description:
      'Answer with the changed rows of this table, a page from `offset` on, instead of counts of all tables.',
  })
  table?: string;
}

export class PreviewQuery {
  @Optional(listOf('table names', { mayBeEmpty: true }), {
    description: 'Only these tables, one parameter for each; all when absent.',
  })
  tables?: string[];
}

export class WaitQuery {
  @Optional(flag(), { default: false, description: 'Answer when the job has finished instead of at once.' })
  wait: boolean = false;
}

export class DownloadQuery {
  @Optional(flag(), {
    default: false,
    description:
      'The stored bytes as they are. Those of a differential are only its changes, and go out without a look at their checksum.',
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
      'How many snapshots the next clean-up may delete because of these changes: the number that the preview, or the refusal, says. Another number is refused.',
  })
  confirm_deletions?: number;
}

export class CleanupQuery {
  @Optional(flag(), { default: false, description: 'Only say what would happen.' })
  dry_run: boolean = false;

  @Optional(flag(), {
    default: false,
    description:
      'Says that the clock is right though it jumped ahead: the machine was off for that long. What was held back is deleted, too.',
  })
  confirm_clock: boolean = false;
}

export class CaptureRequest {
  @Optional(nullOr(text(LONGEST_DESCRIPTION)), { example: 'Before migration' })
  description?: string | null;

  @Optional(text(100), { default: 'auto', description: 'The plan to run; `auto`, or the first, when none is named.' })
  plan?: string;

  @Optional(planNames, {
    description: 'Several plans at once, by their names, or `"all"`: the answer is then a list. Not beside `plan`.',
  })
  plans?: string[] | 'all';

  @Optional(oneOf(['full']), { description: 'Asks for one that stands alone.' })
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
  @Required(text(), { description: 'The id of the snapshot, typed once more.' })
  confirm: string = '';

  @Optional(flag(), {
    default: false,
    description: 'For live data too broken to be captured; the job says that it was skipped.',
  })
  skip_safety_snapshot?: boolean;

  @Optional(listOf('table names'), { description: 'Only these tables; all when absent.' })
  tables?: string[];

  @Optional(text(4096), {
    description:
      'Of a files snapshot: put the files here instead of where they were: a place that is new, or an empty folder, inside those that the application allows.',
  })
  to?: string;

  @Optional(flag(), {
    default: false,
    description:
      'Restore although the schema differs: columns that the snapshot lacks take their default, what the database no longer has is left out. ' +
      'Without it, differences are answered with 409 SCHEMA_MISMATCH and listed.',
  })
  allow_schema_changes?: boolean;

  @Optional(flag(), {
    default: false,
    description:
      'Run what the schema of the snapshot holds although this installation did not take it. Without it, statements that are no plain parts of a schema, or would lend ' +
      "an administrator's rights to the snapshot, are answered with 409 SCHEMA_NOT_TRUSTED and listed.",
  })
  trust_schema?: boolean;
}
