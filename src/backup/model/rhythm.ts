import { CronTime } from 'cron';

/** When a plan runs: so many minutes after the last time, or when a cron expression says. */
export type Rhythm = { everyMinutes: number } | { cron: string; timeZone: string };

const MINUTE_MS = 60_000;
const FIELDS = 'must have five fields: minute, hour, day of the month, month, day of the week; for example "0 2 * * *"';

/** Why a cron expression cannot be used, or undefined. */
export function faultOfSchedule(cron: string): string | undefined {
  if (cron.trim().split(/\s+/).length !== 5) return FIELDS;
  try {
    new CronTime(cron.trim(), 'UTC').getNextDateFrom(new Date(0));
    return undefined;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n'); // the rest asks to report it
    return `is not a cron expression that ever comes true: ${reason}`;
  }
}

/** Why a time zone cannot be used, or undefined. */
export function faultOfTimeZone(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return undefined;
  } catch {
    return 'must be a time zone that the system knows, such as "Europe/Moscow" or "UTC"';
  }
}

/** The first time after `from` at which a plan of this rhythm is due. */
export function nextDue(rhythm: Rhythm, from: Date): Date {
  if ('everyMinutes' in rhythm) return new Date(from.getTime() + rhythm.everyMinutes * MINUTE_MS);
  return new CronTime(rhythm.cron.trim(), rhythm.timeZone).getNextDateFrom(from, rhythm.timeZone).toJSDate();
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
