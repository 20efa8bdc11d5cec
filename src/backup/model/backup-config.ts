import 'reflect-metadata';
import { IsInt, Max, Min, validateSync, type ValidationError } from 'class-validator';
import { BackupError, type FieldError } from './errors.js';

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
}

/**
 * Checks settings from outside; fields that are absent keep what `current` says.
 * @throws BackupError `CONFIG_INVALID` with `details.errors`, one {@link FieldError} per bad field
 */
export function parseBackupConfig(input: unknown, current: BackupConfig = new BackupConfig()): BackupConfig {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalid([{ field: '', message: 'must be a JSON object of settings' }]);
  }
  const known = Object.keys(new BackupConfig());
  const unknown = Object.keys(input).filter((field) => !known.includes(field));
  const config = Object.assign(new BackupConfig(), current);
  for (const field of known) {
    if (Object.hasOwn(input, field)) Object.assign(config, { [field]: (input as Record<string, unknown>)[field] });
  }
  const errors = [
    ...unknown.map((field) => ({ field, message: `is not a setting; known settings: ${known.join(', ')}` })),
    ...validateSync(config).map(fieldError),
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

const fieldError = (error: ValidationError): FieldError => ({
  field: error.property,
  message: Object.values(error.constraints ?? {})[0] ?? 'is not valid',
});

function invalid(errors: FieldError[]): BackupError {
  const said = errors.map(({ field, message }) => (field ? `"${field}" ${message}` : message)).join('; ');
  return new BackupError('CONFIG_INVALID', `Invalid backup settings: ${said}.`, { errors });
}
