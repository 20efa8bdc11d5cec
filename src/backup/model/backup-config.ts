import { BackupError, type FieldError } from './errors.js';
import { AUTO_PLAN, DEFAULT_DATABASE, faultsOfPlan, LEVEL, planOf, type Plan, type PlanSettings } from './plan.js';
import { faultsOf, objectOf, wholeNumber } from './rule.js';

/**
 * The settings an admin may change at run time. They stand in `backup_config.json`, and in the body of
 * `PUT /admin/database/backups/config`.
 */
export class BackupConfig {
  retention_days = 30;

  auto_archive_after_days = 14;

  backup_interval_minutes = 10;

  min_keep = 5;

  /** How documents of databases are compressed: 1 (fast) to 9 (small) as gzip does; 0 stores them as they are. @default level 0 */
  compression?: { level: number };

  /** What is captured when; only the plan `auto` when absent. */
  plans?: PlanSettings[];
}

const RULES = {
  retention_days: wholeNumber(1, 3650),
  auto_archive_after_days: wholeNumber(1, 3650),
  backup_interval_minutes: wholeNumber(1, 1440),
  min_keep: wholeNumber(1, 1000),
  compression: objectOf({ level: LEVEL }, 'an object with "level", a whole number from 0 to 9'),
};
/** Absent where the default applies, for which null asks again. */
const OPTIONAL = ['compression', 'plans'] as const;
const MOST_PLANS = 50;
const DAYS = ['auto_archive_after_days', 'retention_days'];

/** What plans may name, as the application set it up. */
export interface PlanLimits {
  /** Names of the databases. */
  databases: readonly string[];
  /** Why a path must not be captured, or undefined. */
  faultOfPath(path: string): string | undefined;
}

/** The plans in effect, with every default filled in; at least one. */
export function plansOf(config: BackupConfig): Plan[] {
  return (config.plans ?? [{ name: AUTO_PLAN }]).map((settings) => planOf(settings, config));
}

/**
 * Checks settings from outside, and names all mistakes at once; fields that are absent keep what `current` says.
 * @param limits what plans may name; null checks the settings by themselves
 * @throws BackupError `CONFIG_INVALID` with `details.errors`, one {@link FieldError} per bad field
 */
export function parseBackupConfig(
  input: unknown,
  current: BackupConfig = new BackupConfig(),
  limits: PlanLimits | null = null,
): BackupConfig {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalid([{ field: '', message: 'must be a JSON object of settings' }]);
  }
  const known = [...Object.keys(new BackupConfig()), ...OPTIONAL];
  const unknown = Object.keys(input).filter((field) => !known.includes(field));
  const config = Object.assign(new BackupConfig(), current);
  for (const field of known) {
    if (Object.hasOwn(input, field))
      Object.assign(config, { [field]: (input as Record<string, unknown>)[field] ?? null });
  }
  for (const field of OPTIONAL) if ((config[field] ?? null) === null) delete config[field];
  const faultsOfFields = faultsOf(RULES, config);
  const errors = [
    ...unknown.map((field) => ({ field, message: `is not a setting; known settings: ${known.join(', ')}` })),
    ...faultsOfFields,
    ...faultsOfPlans(config),
    ...(limits === null ? [] : faultsOfNames(config, limits)),
  ];
  const areDaysFaulty = faultsOfFields.some(({ field }) => DAYS.includes(field));
  if (!areDaysFaulty && config.auto_archive_after_days > config.retention_days) {
    errors.push({
      field: 'auto_archive_after_days',
      message: `must not be greater than retention_days (${config.retention_days}): snapshots would be deleted before they are archived`,
    });
  }
  if (errors.length > 0) throw invalid(errors);
  return config;
}

function faultsOfPlans(config: BackupConfig): FieldError[] {
  const plans: unknown = config.plans;
  if (plans === undefined) return [];
  if (!Array.isArray(plans) || plans.length === 0 || plans.length > MOST_PLANS)
    return [{ field: 'plans', message: `must be a list of 1 to ${MOST_PLANS} plans` }];
  const names = plans.map((plan: unknown) => (isObject(plan) ? plan['name'] : undefined));
  return plans.flatMap((plan, n) => [
    ...faultsOfPlan(plan, `plans[${n}]`),
    ...(typeof names[n] === 'string' && names.indexOf(names[n]) < n
      ? [{ field: `plans[${n}].name`, message: `"${names[n]}" is the name of an earlier plan` }]
      : []),
  ]);
}

/** What plans name that the application does not have, or does not allow: right settings in the wrong surroundings. */
export function faultsOfNames({ plans }: BackupConfig, limits: PlanLimits): FieldError[] {
  if (!Array.isArray(plans)) return [];
  return plans.flatMap((plan: unknown, n) => {
    if (!isObject(plan)) return [];
    const { database = DEFAULT_DATABASE, paths = [] } = plan;
    const faults: FieldError[] = [];
    if (typeof database === 'string' && !limits.databases.includes(database))
      faults.push({ field: `plans[${n}].database`, message: `must be one of ${limits.databases.join(', ')}` });
    for (const path of Array.isArray(paths) ? (paths as unknown[]) : []) {
      const fault = typeof path === 'string' ? limits.faultOfPath(path) : undefined;
      if (fault !== undefined) faults.push({ field: `plans[${n}].paths`, message: fault });
    }
    return faults;
  });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function invalid(errors: FieldError[]): BackupError {
  const summary = errors.map(({ field, message }) => (field ? `"${field}" ${message}` : message)).join('; ');
  return new BackupError('CONFIG_INVALID', `Invalid backup settings: ${summary}.`, { errors });
}
