import { BackupError } from './model/errors.js';

/** What is wrong with a value, in words that follow the name of its option; undefined when nothing is. */
export type Check = (value: unknown) => string | undefined;

export const text: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'must be a non-empty string';

export const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');

export const wholeNumber =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws BackupError `CONFIG_INVALID` naming an option that is unknown, wrong or missing */
export function checkOptions(
  options: unknown,
  checks: Readonly<Record<string, Check>>,
  prefix: string,
  required: readonly string[],
): void {
  if (!isObject(options)) throw invalidOptions('they must be an object.');
  for (const [name, value] of Object.entries(options)) {
    const faultOf = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!faultOf)
      throw invalidOptions(`"${prefix}${name}" is not an option; known options: ${Object.keys(checks).join(', ')}.`);
    const fault = value === undefined ? undefined : faultOf(value);
    if (fault) throw invalidOptions(`"${prefix}${name}" ${fault}.`);
  }
  for (const name of required) if (options[name] === undefined) throw invalidOptions(`"${prefix}${name}" is missing.`);
}

export const invalidOptions = (what: string): BackupError =>
  new BackupError('CONFIG_INVALID', `The options of BackupModule are wrong: ${what}`);
