import type { Plan } from '../api/types.js';

export type RhythmKind = 'general' | 'interval' | 'schedule';

/** A plan as its form holds it: patterns as lines, numbers that may be empty. */
export interface PlanForm {
  name: string;
  source: NonNullable<Plan['source']>;
  database: string;
  engine: NonNullable<Plan['engine']>;
  tables: string[];
  paths: string[];
  include: string;
  exclude: string;
  compression: FilesCompression;
  /** Of documents, 0 to 9; null is that of all plans. */
  level: number | null;
  rhythm: RhythmKind;
  interval_minutes: number | null;
  schedule: string;
  time_zone: string;
  enabled: boolean;
  keep_last: number | null;
  retention_days: number | null;
}

type Compression = NonNullable<Plan['compression']>;
export type FilesCompression = Extract<Compression, string>;

/** Only this one may go without a rhythm of its own. */
export const AUTO_PLAN = 'auto';

function formOfCompression(compression: Plan['compression']): Pick<PlanForm, 'compression' | 'level'> {
  if (typeof compression !== 'object') return { compression: compression ?? 'gzip', level: null };
  return { compression: compression.files ?? 'gzip', level: compression.level ?? null };
}

export function formOfPlan(plan: Plan): PlanForm {
  const lines = (list: string[] | undefined) => (list ?? []).join('\n');
  return {
    name: plan.name,
    source: plan.source ?? 'database',
    database: plan.database ?? '',
    engine: plan.engine ?? 'json',
    tables: [...(plan.tables ?? [])],
    paths: [...(plan.paths ?? [])],
    include: lines(plan.include),
    exclude: lines(plan.exclude),
    ...formOfCompression(plan.compression),
    rhythm: plan.schedule !== undefined ? 'schedule' : plan.interval_minutes === undefined ? 'general' : 'interval',
    interval_minutes: plan.interval_minutes ?? null,
    schedule: plan.schedule ?? '',
    time_zone: plan.time_zone ?? '',
    enabled: plan.enabled ?? true,
    keep_last: plan.keep_last ?? null,
    retention_days: plan.retention_days ?? null,
  };
}

/** What goes into the settings: what does not belong to this kind of plan, or is as by default, is left out. */
export function planOfForm(form: PlanForm): Plan {
  const hasDatabase = form.source !== 'files';
  const hasFiles = form.source !== 'database';
  const ofDatabase = {
    ...text('database', form.database),
    ...(form.engine === 'native' ? { engine: form.engine } : list('tables', form.tables)),
  };
  const ofFiles = {
    ...list('paths', form.paths),
    ...list('include', namesIn(form.include)),
    ...list('exclude', namesIn(form.exclude)),
  };
  return {
    name: form.name.trim(),
    ...(form.source === 'database' ? {} : { source: form.source }),
    ...(hasDatabase ? ofDatabase : {}),
    ...(hasFiles ? ofFiles : {}),
    ...compressionOf(form),
    ...rhythmOf(form),
    ...(form.enabled ? {} : { enabled: false }),
    ...count('keep_last', form.keep_last),
    ...count('retention_days', form.retention_days),
  };
}

function compressionOf({ source, engine, compression, level }: PlanForm): Partial<Plan> {
  const files = source !== 'database' && compression !== 'gzip' ? { files: compression } : {};
  if (source !== 'files' && engine === 'json' && level !== null) return { compression: { ...files, level } };
  return files.files ? { compression: files.files } : {};
}

function rhythmOf({ rhythm, interval_minutes, schedule, time_zone }: PlanForm): Partial<Plan> {
  if (rhythm === 'interval') return count('interval_minutes', interval_minutes);
  // An empty one is sent as well: what is wrong with it is said at its field.
  if (rhythm === 'schedule') return { schedule: schedule.trim(), ...text('time_zone', time_zone) };
  return {};
}

const text = (name: keyof Plan, value: string): Partial<Plan> => (value.trim() === '' ? {} : { [name]: value.trim() });
const count = (name: keyof Plan, value: number | null): Partial<Plan> => (value === null ? {} : { [name]: value });

const list = (name: keyof Plan, items: string[]): Partial<Plan> => (items.length === 0 ? {} : { [name]: items });

/** One on each line. */
export const namesIn = (lines: string): string[] => [
  ...new Set(
    lines
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  ),
];
