import { describe, expect, it } from 'vitest';
import { BackupConfig, parseBackupConfig } from './backup-config.js';
import { BackupError, type FieldError } from './errors.js';

const DEFAULTS = { retention_days: 30, auto_archive_after_days: 14, backup_interval_minutes: 10, min_keep: 5 };

function refusal(input: unknown, current?: BackupConfig): { message: string; errors: FieldError[] } {
  try {
    parseBackupConfig(input, current);
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    const { code, message, details } = error as BackupError;
    expect(code).toBe('CONFIG_INVALID');
    return { message, errors: details['errors'] as FieldError[] };
  }
  throw new Error('was accepted');
}

describe('parseBackupConfig', () => {
  it('means the defaults where nothing is said', () => {
    expect({ ...parseBackupConfig({}) }).toEqual(DEFAULTS);
    expect({ ...new BackupConfig() }).toEqual(DEFAULTS);
  });

  it('changes what it is given, keeps the rest, and leaves the present settings alone', () => {
    const current = parseBackupConfig({ retention_days: 60, min_keep: 1 });
    expect({ ...parseBackupConfig({ retention_days: 90 }, current) }).toEqual({
      ...DEFAULTS,
      retention_days: 90,
      min_keep: 1,
    });
    expect(current.retention_days).toBe(60);
  });

  const BOUNDS = [
    ['retention_days', 1, 3650],
    ['auto_archive_after_days', 1, 3650],
    ['backup_interval_minutes', 1, 1440],
    ['min_keep', 1, 1000],
  ] as const;

  it.each(BOUNDS)('%s goes from %d to %d', (field, min, max) => {
    const roomy = parseBackupConfig({ retention_days: 3650, auto_archive_after_days: 1 });
    expect(parseBackupConfig({ [field]: min }, roomy)[field]).toBe(min);
    expect(parseBackupConfig({ [field]: max }, roomy)[field]).toBe(max);
  });

  it.each(BOUNDS.flatMap(([field, min, max]) => [min - 1, max + 1, min + 0.5].map((value) => [field, value] as const)))(
    'refuses %s = %d with the range',
    (field, value) => {
      const [, min, max] = BOUNDS.find(([name]) => name === field)!;
      expect(refusal({ [field]: value }).errors).toEqual([
        { field, message: `must be a whole number from ${min} to ${max}` },
      ]);
    },
  );

  it.each(['30', null, true, [30], {}, Number.NaN, Number.POSITIVE_INFINITY, undefined])(
    'refuses %j for a number',
    (value) => {
      expect(refusal({ retention_days: value }).errors.map(({ field }) => field)).toEqual(['retention_days']);
    },
  );

  it('names everything that is wrong at once', () => {
    const { errors, message } = refusal({ retention_days: 0, min_keep: 'many', retention: 3 });
    expect(errors.map(({ field }) => field).sort()).toEqual(['min_keep', 'retention', 'retention_days']);
    for (const { field } of errors) expect(message).toContain(`"${field}"`);
  });

  it.each(['retention', 'retentionDays', 'constructor', 'toString', '__proto__'])('knows no setting %s', (field) => {
    const [error] = refusal(JSON.parse(`{"${field}":1}`)).errors;
    expect(error).toMatchObject({ field });
    expect(error!.message).toContain('known settings: retention_days,');
  });

  it('never archives later than it deletes', () => {
    expect(parseBackupConfig({ retention_days: 7, auto_archive_after_days: 7 }).auto_archive_after_days).toBe(7);
    expect(refusal({ retention_days: 7, auto_archive_after_days: 8 }).errors).toMatchObject([
      { field: 'auto_archive_after_days', message: expect.stringContaining('retention_days (7)') },
    ]);
  });

  it('says so too when only one of the two is changed', () => {
    expect(refusal({ retention_days: 13 }).errors).toMatchObject([{ field: 'auto_archive_after_days' }]);
    expect(refusal({ auto_archive_after_days: 31 }).errors).toMatchObject([{ field: 'auto_archive_after_days' }]);
  });

  it.each([null, undefined, 5, 'text', true, []])('refuses %j as settings', (input) => {
    expect(refusal(input).message).toContain('must be a JSON object of settings');
  });
});
