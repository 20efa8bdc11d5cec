import 'reflect-metadata';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
  validateSync,
} from 'class-validator';
import type { FieldError } from './errors.js';
import { SOURCE_KINDS, type SourceKind } from './manifest.js';
import { faultOfSchedule, faultOfTimeZone, type Rhythm } from './rhythm.js';

/** The built-in plan: the default database, as JSON, every `backup_interval_minutes`. */
export const AUTO_PLAN = 'auto';
/** The name of the database that `BackupModuleOptions.database` names. */
export const DEFAULT_DATABASE = 'default';

export const DATABASE_ENGINES = ['json', 'native'] as const;
export type DatabaseEngine = (typeof DATABASE_ENGINES)[number];

export const COMPRESSIONS = ['none', 'gzip', 'bzip2', 'xz'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

const LONGEST_LIST = 1000;
const LONGEST_TEXT = 1000;

const oneOf = (values: readonly string[]) => ({ message: `must be one of ${values.join(', ')}` });
const all =
  (...checks: PropertyDecorator[]): PropertyDecorator =>
  (target, property) => {
    for (const check of checks) check(target, property);
  };
const IfGiven = () => ValidateIf((_: object, value: unknown) => value !== undefined);

function WholeNumber(min: number, max: number): PropertyDecorator {
  const message = `must be a whole number from ${min} to ${max}`;
  return all(IsInt({ message }), Min(min, { message }), Max(max, { message }));
}

function Texts(what: string): PropertyDecorator {
  const message = `must be a list of ${what}, each once, at least one and at most ${LONGEST_LIST}`;
  return all(
    IsArray({ message }),
    ArrayNotEmpty({ message }),
    ArrayMaxSize(LONGEST_LIST, { message }),
    ArrayUnique({ message }),
    IsString({ each: true, message }),
    MinLength(1, { each: true, message }),
    MaxLength(LONGEST_TEXT, { each: true, message }),
  );
}

/** A plan as an admin writes it in `backup_config.json`; what is absent has its default. */
export class PlanSettings {
  /** Begins the names of its snapshots. */
  @Matches(/^[a-z0-9][a-z0-9_-]{0,39}$/, {
    message: 'must be 1 to 40 small letters, digits, "_" and "-", beginning with a letter or digit',
  })
  name!: string;

  /** @default 'database' */
  @IfGiven()
  @IsIn(SOURCE_KINDS, oneOf(SOURCE_KINDS))
  source?: SourceKind;

  /** Which of the host's databases. @default 'default' */
  @IfGiven()
  @IsString({ message: 'must be the name of a database' })
  database?: string;

  /** Only these tables. @default all */
  @IfGiven()
  @Texts('table names')
  tables?: string[];

  /** Folders or files, absolute or relative to the working folder of the application. */
  @IfGiven()
  @Texts('paths')
  paths?: string[];

  /** Glob patterns, relative to each of the paths; only what matches one is captured. @default everything */
  @IfGiven()
  @Texts('patterns')
  include?: string[];

  /** Glob patterns; what matches one is left out. @default nothing */
  @IfGiven()
  @Texts('patterns')
  exclude?: string[];

  @IfGiven()
  @WholeNumber(1, 525_600)
  interval_minutes?: number;

  /** Cron with five fields: minute, hour, day of the month, month, day of the week. */
  @IfGiven()
  @IsString({ message: 'must be a cron expression such as "0 2 * * *"' })
  schedule?: string;

  /** For `schedule`, as the IANA names it. @default 'UTC' */
  @IfGiven()
  @IsString({ message: 'must be a time zone such as "Europe/Moscow"' })
  time_zone?: string;

  /** False: runs only when asked to. @default true */
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  enabled?: boolean;

  /** How many of the plan's newest snapshots stay at most. @default no limit */
  @IfGiven()
  @WholeNumber(1, 100_000)
  keep_last?: number;

  /** @default `retention_days` of all */
  @IfGiven()
  @WholeNumber(1, 3650)
  retention_days?: number;

  /** How the database is captured. @default 'json' */
  @IfGiven()
  @IsIn(DATABASE_ENGINES, oneOf(DATABASE_ENGINES))
  engine?: DatabaseEngine;

  /** Of the files. @default 'gzip' */
  @IfGiven()
  @IsIn(COMPRESSIONS, oneOf(COMPRESSIONS))
  compression?: Compression;
}

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
  compression: Compression;
}

const FIELDS: readonly (keyof PlanSettings)[] = [
  'name',
  'source',
  'database',
  'tables',
  'paths',
  'include',
  'exclude',
  'interval_minutes',
  'schedule',
  'time_zone',
  'enabled',
  'keep_last',
  'retention_days',
  'engine',
  'compression',
];

/** What is wrong with a plan from outside; nothing when it can be used. Fields are named below `path`, such as `plans[0].schedule`. */
export function faultsOfPlan(input: unknown, path: string): FieldError[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return [{ field: path, message: 'must be an object with at least a "name"' }];
  const unknown = Object.keys(input).filter((field) => !FIELDS.some((known) => known === field));
  const faults = validateSync(Object.assign(new PlanSettings(), input)).map(({ property, constraints }) => ({
    field: property,
    message: Object.values(constraints ?? {})[0] ?? 'is not valid',
  }));
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
    source === 'database' && plan.paths !== undefined && misplaced('paths', 'source "files" or "full"'),
    source === 'database' && plan.include !== undefined && misplaced('include', 'source "files" or "full"'),
    source === 'database' && plan.exclude !== undefined && misplaced('exclude', 'source "files" or "full"'),
    source === 'database' && plan.compression !== undefined && misplaced('compression', 'source "files" or "full"'),
    source === 'files' && plan.tables !== undefined && misplaced('tables', 'source "database" or "full"'),
    source === 'files' && plan.database !== undefined && misplaced('database', 'source "database" or "full"'),
    source === 'files' && plan.engine !== undefined && misplaced('engine', 'source "database" or "full"'),
    (source === 'files' || source === 'full') &&
      plan.paths === undefined && { field: 'paths', message: 'must say which folders to capture' },
    plan.engine === 'native' && plan.tables !== undefined && misplaced('tables', 'engine "json"'),
    ...faultsOfRhythm(plan, faulty),
  ];
  return faults.filter((fault) => fault !== false && !faulty.has(fault.field)) as FieldError[];
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
      schedule !== undefined && { field: 'schedule', message: 'cannot stand beside interval_minutes; choose one' },
    neither && name !== AUTO_PLAN && { field: 'interval_minutes', message: 'must be set, or schedule' },
    scheduleFault !== undefined && { field: 'schedule', message: scheduleFault },
    zoneFault !== undefined && { field: 'time_zone', message: zoneFault },
    time_zone !== undefined && schedule === undefined && misplaced('time_zone', 'a schedule'),
  ];
}

const misplaced = (field: string, where: string): FieldError => ({ field, message: `goes only with ${where}` });

/** @param everyMinutes the rhythm of a plan that names none */
export function planOf(settings: PlanSettings, everyMinutes: number): Plan {
  const { schedule, time_zone, interval_minutes } = settings;
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
        ? { everyMinutes: interval_minutes ?? everyMinutes }
        : { cron: schedule, timeZone: time_zone ?? 'UTC' },
    enabled: settings.enabled ?? true,
    keepLast: settings.keep_last ?? null,
    retentionDays: settings.retention_days ?? null,
    engine: settings.engine ?? 'json',
    compression: settings.compression ?? 'gzip',
  };
}
