import type { Plan } from '../api/types.js';
import type { Texts } from '../texts/index.js';

type Words = Texts['settings']['words'];

/** When a plan runs, in plain words; a cron expression that has none is shown as it is. */
export function rhythmInWords(
  { interval_minutes, schedule, time_zone }: Pick<Plan, 'interval_minutes' | 'schedule' | 'time_zone'>,
  generalMinutes: number,
  words: Words,
  locale: string,
): string {
  if (schedule === undefined) return minutesInWords(interval_minutes ?? generalMinutes, words);
  return words.zone(cronInWords(schedule, words, locale) ?? schedule.trim(), time_zone ?? 'UTC');
}

const minutesInWords = (minutes: number, words: Words): string =>
  minutes % 60 === 0 && minutes > 0 ? words.everyHours(minutes / 60) : words.everyMinutes(minutes);

/** The common shapes of cron expressions in words; undefined for the others. */
export function cronInWords(cron: string, words: Words, locale: string): string | undefined {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  if (month !== '*') return undefined;
  const isAnyDay = day === '*' && weekday === '*';
  if (isAnyDay && hour === '*') return withinHour(minute, words);
  if (!isBelow(minute, 60) || !isBelow(hour, 24)) return undefined;
  const time = timeInWords(Number(hour), Number(minute), locale);
  if (isAnyDay) return words.daily(time);
  if (day === '*') return weekly(weekday, time, words, locale);
  return weekday === '*' && /^([1-9]|[12]\d|3[01])$/.test(day) ? words.monthly(day, time) : undefined;
}

function withinHour(minute: string, words: Words): string | undefined {
  if (minute === '*') return words.everyMinutes(1);
  const step = /^\*\/(\d+)$/.exec(minute)?.[1];
  // Other steps begin anew at each hour: */25 is not every 25 minutes.
  if (step !== undefined) return 60 % Number(step) === 0 ? words.everyMinutes(Number(step)) : undefined;
  if (minute === '0') return words.everyHours(1);
  return isBelow(minute, 60) ? words.hourlyAt(minute) : undefined;
}

function weekly(weekday: string, time: string, words: Words, locale: string): string | undefined {
  const days = weekday.split(',');
  if (!days.every((day) => /^[0-7]$/.test(day))) return undefined;
  // 2023-01-01 was a Sunday, which is 0, and 7 as well.
  const name = (day: string) =>
    new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' }).format(
      Date.UTC(2023, 0, 1 + (Number(day) % 7)),
    );
  return words.weekly(new Intl.ListFormat(locale).format(days.map(name)), time);
}

const isBelow = (text: string, limit: number): boolean => /^\d{1,2}$/.test(text) && Number(text) < limit;

const timeInWords = (hour: number, minute: number, locale: string): string =>
  new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: 'UTC' }).format(Date.UTC(2023, 0, 1, hour, minute));
