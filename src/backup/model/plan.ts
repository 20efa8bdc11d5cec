import type { FieldError } from './errors.js';
import { SOURCE_KINDS, type SourceKind } from './manifest.js';
import { faultOfSchedule, faultOfTimeZone, type Rhythm } from './rhythm.js';
import { faultsOf, flag, listOf, objectOf, oneOf, textLike, wholeNumber, type Rule } from './rule.js';
import { holds } from './sources.js';

/** The built-in plan: the default database, as JSON, every `backup_interval_minutes`. */
export const AUTO_PLAN = 'auto';
/** The name of the database that `BackupModuleOptions.database` names. */
export const DEFAULT_DATABASE = 'default';

export const DATABASE_ENGINES = ['json', 'native'] as const;
export type DatabaseEngine = (typeof DATABASE_ENGINES)[number];

export const COMPRESSIONS = ['none', 'gzip', 'bzip2', 'xz'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** How the documents of a database are compressed, and files. */
export interface PlanCompression {
  /** Of gzip, 1 (fast) to 9 (small); 0 stores documents as they are. @default `compression.level` of all */
  level?: number;
  /** @default 'gzip' */
  files?: Compression;
}
/** Documents are stored as they are. */
export const DEFAULT_LEVEL = 0;
export const LEVEL = wholeNumber(0, 9);

/** A plan as an admin writes it in `backup_config.json`; what is absent has its default. */
export interface PlanSettings {
  /** Begins the names of its snapshots. */
  name: string;
  /** @default 'database' */
  source?: SourceKind;
  /** Which of the host's databases. @default 'default' */
  database?: string;
  /** Only these tables. @default all */
  tables?: string[];
  /** Folders or files, absolute or relative to the working folder of the application. */
  paths?: string[];
  /** Glob patterns, relative to each of the paths; only what matches one is captured. @default everything */
  include?: string[];
  /** Glob patterns; what matches one is left out. @default nothing */
  exclude?: string[];
  interval_minutes?: number;
  /** Cron with five fields: minute, hour, day of the month, month, day of the week. */
  schedule?: string;
  /** For `schedule`, as the IANA names it. @default 'UTC' */
  time_zone?: string;
  /** False: runs only when asked to. @default true */
  enabled?: boolean;
  /** How many of the plan's newest snapshots stay at most. @default no limit */
  keep_last?: number;
  /** @default `retention_days` of all */
  retention_days?: number;
  /** How the database is captured. @default 'json' */
  engine?: DatabaseEngine;
  /** A name is short for `{ files: name }`. */
  compression?: Compression | PlanCompression;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const LISTS = { most: 1000, longest: 1000 };

const COMPRESSION = objectOf(
  { level: LEVEL, files: oneOf(COMPRESSIONS) },
  'an object with "level" (0 to 9), "files" or both',
);

const RULES: Record<keyof PlanSettings, Rule> = {
  name: textLike(
    (name) => NAME.test(name),
    '1 to 40 lower-case letters, digits, "_" and "-", starting with a letter or digit',
  ),
  source: oneOf(SOURCE_KINDS),
  database: textLike(() => true, 'the name of a database'),
  tables: listOf('table names', LISTS),
  paths: listOf('paths', LISTS),
  include: listOf('patterns', LISTS),
  exclude: listOf('patterns', LISTS),
  interval_minutes: wholeNumber(1, 525_600),
  schedule: textLike(() => true, 'a cron expression such as "0 2 * * *"'),
  time_zone: textLike(() => true, 'a time zone such as "Europe/Moscow"'),
  enabled: flag(),
  keep_last: wholeNumber(1, 100_000),
  retention_days: wholeNumber(1, 3650),
  engine: oneOf(DATABASE_ENGINES),
  compression: {
    faultOf: (value) => (typeof value === 'object' ? COMPRESSION.faultOf(value) : oneOf(COMPRESSIONS).faultOf(value)),
    schema: { oneOf: [oneOf(COMPRESSIONS).schema, COMPRESSION.schema] },
  },
};
const FIELDS = Object.keys(RULES);

/** A plan with every default filled in. */
export interface Plan {
  name: string;
  source: SourceKind;
  database: string;
  tables: string[] | null;
  paths: string[];
  include: string[];
  exclude: string[];
  rhythm: Rhythm;
  enabled: boolean;
  keepLast: number | null;
  retentionDays: number | null;
  engine: DatabaseEngine;
  /** Of files. */
  compression: Compression;
  /** Of the documents of a database, 0 to 9. */
  level: number;
}

/** What is wrong with a plan from outside; nothing when it can be used. Fields are named below `path`, such as `plans[0].schedule`. */
export function faultsOfPlan(input: unknown, path: string): FieldError[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return [{ field: path, message: 'must be an object with at least a "name"' }];
  const unknown = Object.keys(input).filter((field) => !FIELDS.includes(field));
  const { name, ...others } = input as Partial<PlanSettings>;
  const faults = faultsOf(RULES, { name: name ?? null, ...others });
  const errors = [
    ...unknown.map((field) => ({ field, message: `is not a setting of a plan; known: ${FIELDS.join(', ')}` })),
    ...faults,
    ...faultsBetweenFields(input as PlanSettings, new Set(faults.map(({ field }) => field))),
  ];
  return errors.map(({ field, message }) => ({ field: `${path}.${field}`, message }));
}

/** @param faulty fields that are wrong by themselves: they are there, and nothing more is said of them */
function faultsBetweenFields(plan: PlanSettings, faulty: ReadonlySet<string>): FieldError[] {
  const source = faulty.has('source') ? undefined : (plan.source ?? 'database');
  const faults: (FieldError | false)[] = [
    ...(source === undefined ? [] : faultsOfSource(plan, source)),
    plan.engine === 'native' && plan.tables !== undefined && misplaced('tables', 'engine "json"'),
    plan.engine === 'native' && given(plan, 'level') && misplaced('compression', 'engine "json", where it has a level'),
    ...faultsOfRhythm(plan, faulty),
  ];
  return faults.filter((fault) => fault !== false && !faulty.has(fault.field)) as FieldError[];
}

const OF_FILES = ['paths', 'include', 'exclude'] as const;
const OF_DATABASES = ['tables', 'database', 'engine'] as const;

/** Whether a plan says how its files, or its documents of a database, are compressed. */
function given({ compression }: PlanSettings, what: keyof PlanCompression): boolean {
  if (typeof compression !== 'object') return compression !== undefined && what === 'files';
  return compression?.[what] !== undefined;
}

/** Settings of what the source does not hold, and what is missing of what it does. */
function faultsOfSource(plan: PlanSettings, source: SourceKind): (FieldError | false)[] {
  const isSet = (field: keyof PlanSettings) => plan[field] !== undefined;
  const [ofFiles, ofDatabases] = ['source "files" or "full"', 'source "database" or "full"'];
  return [
    ...(holds(source, 'files') ? [] : OF_FILES.filter(isSet)).map((field) => misplaced(field, ofFiles)),
    !holds(source, 'files') &&
      given(plan, 'files') &&
      misplaced('compression', `${ofFiles}, where it names one of files`),
    ...(holds(source, 'database') ? [] : OF_DATABASES.filter(isSet)).map((field) => misplaced(field, ofDatabases)),
    !holds(source, 'database') &&
      given(plan, 'level') &&
      misplaced('compression', `${ofDatabases}, where it has a level`),
    holds(source, 'files') &&
      !isSet('paths') && { field: 'paths', message: 'must list the folders or files to capture' },
  ];
}

function faultsOfRhythm(
  { name, interval_minutes, schedule, time_zone }: PlanSettings,
  faulty: ReadonlySet<string>,
): (FieldError | false)[] {
  const neither = interval_minutes === undefined && schedule === undefined;
  const zoneFault = time_zone === undefined || faulty.has('time_zone') ? undefined : faultOfTimeZone(time_zone);
  const scheduleFault = schedule === undefined || faulty.has('schedule') ? undefined : faultOfSchedule(schedule);
  return [
    interval_minutes !== undefined &&
      schedule !== undefined && {
        field: 'schedule',
        message: 'cannot be combined with interval_minutes; set one of them',
      },
    neither && name !== AUTO_PLAN && { field: 'interval_minutes', message: 'must be set, unless schedule is' },
    scheduleFault !== undefined && { field: 'schedule', message: scheduleFault },
    zoneFault !== undefined && { field: 'time_zone', message: zoneFault },
    time_zone !== undefined && schedule === undefined && misplaced('time_zone', 'a schedule'),
  ];
}

const misplaced = (field: string, where: string): FieldError => ({ field, message: `is allowed only with ${where}` });

/** What applies to plans that say nothing of it. */
export interface PlanDefaults {
  backup_interval_minutes: number;
  compression?: { level: number };
}

/** A plan with every default filled in. */
export function planOf(settings: PlanSettings, defaults: PlanDefaults): Plan {
  const { schedule, time_zone, interval_minutes } = settings;
  const compression = typeof settings.compression === 'string' ? { files: settings.compression } : settings.compression;
  return {
    name: settings.name,
    source: settings.source ?? 'database',
    database: settings.database ?? DEFAULT_DATABASE,
    tables: settings.tables ?? null,
    paths: settings.paths ?? [],
    include: settings.include ?? [],
    exclude: settings.exclude ?? [],
    rhythm:
      schedule === undefined
        ? { everyMinutes: interval_minutes ?? defaults.backup_interval_minutes }
        : { cron: schedule, timeZone: time_zone ?? 'UTC' },
    enabled: settings.enabled ?? true,
    keepLast: settings.keep_last ?? null,
    retentionDays: settings.retention_days ?? null,
    engine: settings.engine ?? 'json',
    compression: compression?.files ?? 'gzip',
    level: compression?.level ?? defaults.compression?.level ?? DEFAULT_LEVEL,
  };
}
