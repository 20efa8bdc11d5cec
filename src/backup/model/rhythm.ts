import { Cron } from 'croner';
import { changeOfOffset, offsetMs } from './zone-offset.js';

/** When a plan runs: so many minutes after the last time, or when a cron expression says. */
export type Rhythm = { everyMinutes: number } | { cron: string; timeZone: string };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const FIELDS = 'must have five fields: minute, hour, day of the month, month, day of the week; for example "0 2 * * *"';

/** What a field may hold. The parser knows more (`L`, `W`, `#`, `?`), which is promised nowhere. */
const FIELD = /^(?:[\d*,/-]|sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)+$/i;

/** Why a cron expression cannot be used, or undefined. */
export function faultOfSchedule(cron: string): string | undefined {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) return FIELDS;
  const strange = fields.find((field) => !FIELD.test(field));
  if (strange !== undefined)
    return `is not a cron expression: "${strange}" may contain only numbers, names such as SUN or JAN, "*", ",", "-" and "/"`;
  try {
    if (parse(cron).nextRun(new Date(0))) return undefined;
    return 'never matches any date: none of its months has such a day';
  } catch (error) {
    return `is not a cron expression: ${(error as Error).message.replace(/^CronPattern: /, '')}`;
  }
}

/** Why a time zone cannot be used, or undefined. */
export function faultOfTimeZone(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return undefined;
  } catch {
    return 'must be a time zone known to the system, such as "Europe/Moscow" or "UTC"';
  }
}

/**
 * The first time after `from` at which a plan of this rhythm is due. By a cron expression it is due when the clock of its time zone first shows the time,
 * or first shows a later one: what the clocks jump over is due at the first moment after, what they show twice is due once.
 */
export function nextDue(rhythm: Rhythm, from: Date): Date {
  if ('everyMinutes' in rhythm) return new Date(from.getTime() + rhythm.everyMinutes * MINUTE_MS);
  const { cron, timeZone } = rhythm;
  const shown = parse(cron).nextRun(new Date(latestShown(timeZone, from.getTime())));
  if (!shown) throw new Error(`The cron expression "${cron}" never matches any date.`);
  return new Date(firstShown(timeZone, shown.getTime()));
}

/** How long it is between one time and the next, counted from `from`, in milliseconds. */
export function periodMs(rhythm: Rhythm, from: Date): number {
  const first = nextDue(rhythm, from);
  return nextDue(rhythm, first).getTime() - first.getTime();
}

/** In words, as a schedule lists it: `10 minutes`, `0 2 * * * (Europe/Moscow)`. */
export function inWords(rhythm: Rhythm): string {
  if ('cron' in rhythm) return `${rhythm.cron.trim()} (${rhythm.timeZone})`;
  return rhythm.everyMinutes === 1 ? '1 minute' : `${rhythm.everyMinutes} minutes`;
}

/**
 * Only for what a clock shows, which is read as if it were UTC: the parser's own arithmetic with time zones runs a list or a step twice when the clocks go
 * back, and leaves out what a jump over midnight skips.
 */
const parse = (cron: string): Cron =>
  new Cron(cron.trim(), { mode: '5-part', utcOffset: 0, sloppyRanges: true, paused: true });

/** The latest that the clock of the zone has shown until `at`: when it was set back, more than it shows now. */
function latestShown(timeZone: string, at: number): number {
  const now = at + offsetMs(timeZone, at);
  const change = changeOfOffset(timeZone, at - DAY_MS, at);
  return change ? Math.max(now, change.at + change.before - 1) : now;
}

/** The first moment at which the clock of the zone shows this time or a later one. */
function firstShown(timeZone: string, shown: number): number {
  const change = changeOfOffset(timeZone, shown - DAY_MS, shown + DAY_MS);
  if (!change) return shown - offsetMs(timeZone, shown);
  const before = shown - change.before;
  return before < change.at ? before : Math.max(change.at, shown - change.after);
}
