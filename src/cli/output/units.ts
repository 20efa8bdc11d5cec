const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `1.4 MB`: powers of 1000. */
export function sizeInWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 999.95 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

const SPANS: [name: string, seconds: number][] = [
  ['day', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** `5 min`, `3 days`: the largest unit that fits. */
export function durationInWords(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const [name, length] = SPANS.find(([, span]) => seconds >= span) ?? ['s', 1];
  const count = Math.floor(seconds / length);
  return `${count} ${name}${name === 'day' && count !== 1 ? 's' : ''}`;
}

/** How long something took: `39 ms`, `4 s`. */
export const tookInWords = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : durationInWords(ms));

/** `1 table`, `3 tables`. */
export const countOf = (count: number, what: string): string =>
  `${countInWords(count)} ${what}${count === 1 ? '' : 's'}`;

/** `5 min ago`, `in 3 h`. */
export function ageInWords(iso: string, now: Date): string {
  const ms = now.getTime() - Date.parse(iso);
  return ms >= -500 ? `${durationInWords(ms)} ago` : `in ${durationInWords(ms)}`;
}

/** `2026-01-30 12:05:30 UTC`: the names of snapshots tell the time in UTC, too. */
export const timeInWords = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

/** `12 345`. */
export const countInWords = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
