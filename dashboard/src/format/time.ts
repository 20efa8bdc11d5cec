import { locale } from '../texts/index.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS: [unit: Intl.RelativeTimeFormatUnit, length: number, upTo: number][] = [
  ['second', SECOND, MINUTE],
  ['minute', MINUTE, HOUR],
  ['hour', HOUR, DAY],
  ['day', DAY, 30 * DAY],
  ['month', 30 * DAY, 365 * DAY],
  ['year', 365 * DAY, Infinity],
];

/** `5 minutes ago`, `in 3 hours`. */
export function relativeTime(at: string, now: number, inLocale: string = locale.value): string {
  const distance = new Date(at).getTime() - now;
  const [unit, length] = STEPS.find(([, , upTo]) => Math.abs(distance) < upTo)!;
  const format = new Intl.RelativeTimeFormat(inLocale, { numeric: 'auto' });
  // Seconds would tick in steps of the page's clock.
  if (unit === 'second') return format.format(0, 'second');
  return format.format(Math.trunc(distance / length), unit);
}

/** Date and time of day, where the person is. */
export const localTime = (at: string, inLocale: string = locale.value): string =>
  new Intl.DateTimeFormat(inLocale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));

export const timeOfDay = (at: string, inLocale: string = locale.value): string =>
  new Intl.DateTimeFormat(inLocale, { timeStyle: 'short' }).format(new Date(at));

export const localDay = (at: string | number, inLocale: string = locale.value): string =>
  new Intl.DateTimeFormat(inLocale, { dateStyle: 'full' }).format(new Date(at));

/** `October 2, 2026`, where the person is. */
export const longDate = (at: string, inLocale: string = locale.value): string =>
  new Intl.DateTimeFormat(inLocale, { dateStyle: 'long' }).format(new Date(at));

/** `2026-03-01`: the day where the person is, to group by. */
export function dayKey(at: string | number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `350 ms`, `2.4 sec`, `3 min 5 sec`. */
export function duration(milliseconds: number, inLocale: string = locale.value): string {
  const unit = (value: number, name: string, maximumFractionDigits = 0) =>
    new Intl.NumberFormat(inLocale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits }).format(
      value,
    );
  if (milliseconds < SECOND) return unit(milliseconds, 'millisecond');
  if (milliseconds < MINUTE) return unit(milliseconds / SECOND, 'second', 1);
  const seconds = Math.round(milliseconds / SECOND);
  if (seconds < 3600) return `${unit(Math.floor(seconds / 60), 'minute')} ${unit(seconds % 60, 'second')}`;
  return `${unit(Math.floor(seconds / 3600), 'hour')} ${unit(Math.floor((seconds % 3600) / 60), 'minute')}`;
}

/** A calendar day as the API names it, `2026-01-30`, whatever the time zone. */
export const localDate = (date: string, inLocale: string = locale.value): string =>
  new Intl.DateTimeFormat(inLocale, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(date));
