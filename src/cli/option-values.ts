import { InvalidArgumentError } from 'commander';

/** For options: a whole number of at least `least`. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number, at least ${least}.`);
  };

/** For options that may be given several times. */
export const collected = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];

/** For options that take a list: `users,orders`. */
export const commaSeparated = (text: string, before: string[] | undefined): string[] => {
  const items = text.split(',').filter((item) => item !== '');
  if (items.length === 0) throw new InvalidArgumentError('It must contain at least one name.');
  return [...(before ?? []), ...items];
};

/** For options: a moment, such as `2026-01-30` or `2026-01-30T12:00:00Z`. Without an offset it is UTC, like the names of snapshots. */
export function moment(text: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const hasOffset = /(Z|[+-]\d{2}:?\d{2})$/i.test(text);
  const time = new Date(isDay || hasOffset ? text : `${text.replace(' ', 'T')}Z`);
  if (/^\d{4}-/.test(text) && !Number.isNaN(time.getTime())) return time.toISOString();
  throw new InvalidArgumentError('It must be a time in UTC such as 2026-01-30 or 2026-01-30T12:00.');
}
