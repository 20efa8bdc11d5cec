import { locale, t } from '../texts/index.js';

/** The API tells a rhythm as `10 minutes`, or as a cron expression with its time zone; the first has words in every language. */
export function every(rhythm: string): string {
  const [, minutes] = /^(\d+) minutes?$/.exec(rhythm) ?? [];
  if (minutes === undefined) return rhythm;
  const format = new Intl.NumberFormat(locale.value, { style: 'unit', unit: 'minute', unitDisplay: 'long' });
  return t.value.overview.everyMinutes(format.format(Number(minutes)));
}
