import { applyDecorators } from '@nestjs/common';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsBoolean, IsInt, isISO8601, Matches, Max, Min } from 'class-validator';

/**
 * Query strings are text. These decorators turn exactly the text they describe into a value and leave all other text as it is for the check to
 * refuse: `1e9`, `-1`, ` 1` and a parameter given twice are not numbers here. A value that is one already (the host's own pipe ran first) stays.
 */
const read = (parse: (text: string) => unknown) =>
  Transform(({ obj, key }: TransformFnParams) => {
    const value = (obj as Record<string, unknown>)[key];
    return typeof value === 'string' ? parse(value) : value;
  });

export function WholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return applyDecorators(
    read((text) => (/^\d{1,15}$/.test(text) ? Number(text) : text)),
    IsInt({ message }),
    Min(min, { message }),
    Max(max, { message }),
  );
}

export const Flag = () =>
  applyDecorators(
    read((text) => (text === 'true' ? true : text === 'false' ? false : text)),
    IsBoolean({ message: 'must be true or false' }),
  );

/** A parameter that may be given several times; given once, it is a list of one. */
export const Repeatable = () => read((text) => [text]);

const DAY_OR_INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A UTC day, or a time with its offset; becomes UTC with milliseconds, as snapshots have it, so that text compares like time. */
export const Instant = () =>
  applyDecorators(
    read((text) => (isInstant(text) ? new Date(text).toISOString() : 'not a time')),
    Matches(INSTANT, { message: 'must be a day (2026-01-30) or a time with its offset (2026-01-30T12:00:00Z)' }),
  );

const isInstant = (text: string): boolean =>
  DAY_OR_INSTANT.test(text) && isISO8601(text, { strict: true }) && !Number.isNaN(Date.parse(text));
