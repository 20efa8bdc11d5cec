import 'reflect-metadata';
import { IsInt, Max, Min, validateSync, type ValidationError } from 'class-validator';
import { BackupError, type FieldError } from './errors.js';
import { AUTO_PLAN, DEFAULT_DATABASE, faultsOfPlan, planOf, type Plan, type PlanSettings } from './plan.js';

const wholeNumber = (min: number, max: number) => ({ message: `must be a whole number from ${min} to ${max}` });

/**
 * The settings an admin may change at run time. The same class checks `backup_config.json` and the body of
 * `PUT /admin/database/backups/config`.
 */
export class BackupConfig {
  @IsInt(wholeNumber(1, 3650))
  @Min(1, wholeNumber(1, 3650))
  @Max(3650, wholeNumber(1, 3650))
  retention_days = 30;

  @IsInt(wholeNumber(1, 3650))
  @Min(1, wholeNumber(1, 3650))
  @Max(3650, wholeNumber(1, 3650))
  auto_archive_after_days = 14;

  @IsInt(wholeNumber(1, 1440))
  @Min(1, wholeNumber(1, 1440))
  @Max(1440, wholeNumber(1, 1440))
  backup_interval_minutes = 10;

  @IsInt(wholeNumber(1, 1000))
  @Min(1, wholeNumber(1, 1000))
  @Max(1000, wholeNumber(1, 1000))
  min_keep = 5;

  /** What is captured when; only the plan `auto` when absent. */
  plans?: PlanSettings[];
}

const MOST_PLANS = 50;

/** What plans may name, as the application set it up. */
export interface PlanLimits {
  /** Names of the databases. */
  databases: readonly string[];
  /** Why a path must not be captured, or undefined. */
  faultOfPath(path: string): string | undefined;
}

const NO_LIMITS: PlanLimits = { databases: [DEFAULT_DATABASE], faultOfPath: () => undefined };

/** The plans in effect, with every default filled in; at least one. */
export function plansOf({ plans, backup_interval_minutes }: BackupConfig): Plan[] {
  return (plans ?? [{ name: AUTO_PLAN }]).map((settings) => planOf(settings, backup_interval_minutes));
}

/**
 * Checks settings from outside; fields that are absent keep what `current` says.
 * @throws BackupError `CONFIG_INVALID` with `details.errors`, one {@link FieldError} per bad field
 */
export function parseBackupConfig(
  input: unknown,
  current: BackupConfig = new BackupConfig(),
  limits: PlanLimits = NO_LIMITS,
): BackupConfig {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalid([{ field: '', message: 'must be a JSON object of settings' }]);
  }
  const known = [...Object.keys(new BackupConfig()), 'plans'];
  const unknown = Object.keys(input).filter((field) => !known.includes(field));
  const config = Object.assign(new BackupConfig(), current);
  for (const field of known) {
    if (Object.hasOwn(input, field)) Object.assign(config, { [field]: (input as Record<string, unknown>)[field] });
  }
  const errors = [
    ...unknown.map((field) => ({ field, message: `is not a setting; known settings: ${known.join(', ')}` })),
    ...validateSync(config).map(fieldError),
    ...faultsOfPlans(config, limits),
  ];
  if (errors.length === 0 && config.auto_archive_after_days > config.retention_days) {
    errors.push({
      field: 'auto_archive_after_days',
      message: `must not be above retention_days (${config.retention_days}), or snapshots would be deleted before they are archived`,
    });
  }
  if (errors.length > 0) throw invalid(errors);
  return config;
}

function faultsOfPlans(config: BackupConfig, limits: PlanLimits): FieldError[] {
  const plans: unknown = config.plans ?? undefined;
  if (plans === undefined) {
    delete config.plans; // null asks for the default again
    return [];
  }
  if (!Array.isArray(plans) || plans.length === 0 || plans.length > MOST_PLANS)
    return [{ field: 'plans', message: `must be a list of 1 to ${MOST_PLANS} plans` }];
  const faults = plans.flatMap((plan, n) => faultsOfPlan(plan, `plans[${n}]`));
  return faults.length > 0 ? faults : faultsAmongPlans(plans as PlanSettings[], limits);
}

function faultsAmongPlans(plans: PlanSettings[], limits: PlanLimits): FieldError[] {
  return plans.flatMap(({ name, database = DEFAULT_DATABASE, paths = [] }, n) => {
    const faults: FieldError[] = [];
    if (plans.findIndex((other) => other.name === name) < n)
      faults.push({ field: `plans[${n}].name`, message: `"${name}" is the name of an earlier plan` });
    if (!limits.databases.includes(database))
      faults.push({ field: `plans[${n}].database`, message: `must be one of ${limits.databases.join(', ')}` });
    for (const path of paths) {
      const fault = limits.faultOfPath(path);
      if (fault !== undefined) faults.push({ field: `plans[${n}].paths`, message: fault });
    }
    return faults;
  });
}

const fieldError = (error: ValidationError): FieldError => ({
  field: error.property,
  message: Object.values(error.constraints ?? {})[0] ?? 'is not valid',
});

function invalid(errors: FieldError[]): BackupError {
  const said = errors.map(({ field, message }) => (field ? `"${field}" ${message}` : message)).join('; ');
  return new BackupError('CONFIG_INVALID', `Invalid backup settings: ${said}.`, { errors });
}
