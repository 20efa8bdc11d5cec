import { describe, expect, it } from 'vitest';
import { bytes } from './bytes.js';
import { percent } from './number.js';
import { plainText } from './plain-text.js';
import { dayKey, duration, relativeTime } from './time.js';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const before = (milliseconds: number) => relativeTime(new Date(NOW - milliseconds).toISOString(), NOW, 'en');

it('what somebody has to judge hides nothing', () => {
  expect(plainText('CREATE\n\tTABLE \u202eusers\u200b -- \u0007\u{e0041}данные')).toBe(
    'CREATE\n\tTABLE \\u{202e}users\\u{200b} -- \\u{7}\\u{e0041}данные',
  );
});

describe('sizes', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1, '1 byte'],
    [1000, '1 kB'],
    [1234, '1.2 kB'],
    [99_949, '99.9 kB'],
    [123_456, '123 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [5_600_000_000, '5.6 GB'],
    [-2_000_000, '-2 MB'],
  ])('%d is %s', (count, text) => expect(bytes(count, 'en')).toBe(text));

  it('are in the words of the language', () => expect(bytes(1_500_000, 'ru')).toBe('1,5 МБ'));
});

describe('shares', () => {
  it.each([
    [1, '100%'],
    [0.9999, '99.9%'],
    [0.5, '50%'],
    [0, '0%'],
  ])('%d is %s', (part, text) => expect(percent(part, 'en')).toBe(text));
});

describe('relative time', () => {
  it.each([
    [10_000, 'now'],
    [59_999, 'now'],
    [60_000, '1 minute ago'],
    [3_599_999, '59 minutes ago'],
    [3_600_000, '1 hour ago'],
    [86_400_000, 'yesterday'],
    [40 * 86_400_000, 'last month'],
    [-600_000, 'in 10 minutes'],
  ])('%d ms before is %s', (distance, text) => expect(before(distance)).toBe(text));
});

describe('durations', () => {
  it.each([
    [21, '21 ms'],
    [2_449, '2.4 sec'],
    [185_000, '3 min 5 sec'],
    [7_380_000, '2 hr 3 min'],
  ])('%d ms is %s', (milliseconds, text) => expect(duration(milliseconds, 'en')).toBe(text));
});

it('a day is that of the person who looks', () => {
  expect(dayKey(new Date(2026, 0, 5, 0, 1).getTime())).toBe('2026-01-05');
  expect(dayKey(new Date(2026, 0, 5, 23, 59).getTime())).toBe('2026-01-05');
});
