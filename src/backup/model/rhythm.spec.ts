import { describe, expect, it } from 'vitest';
import { faultOfSchedule, faultOfTimeZone, inWords, nextDue, periodMs } from './rhythm.js';

const iso = (at: Date): string => at.toISOString();

describe('nextDue', () => {
  it('is so many minutes later', () => {
    expect(iso(nextDue({ everyMinutes: 10 }, new Date('2026-01-30T23:55:00.123Z')))).toBe('2026-01-31T00:05:00.123Z');
  });

  it.each([
    ['0 2 * * *', 'UTC', '2026-01-30T02:00:00.000Z', '2026-01-31T02:00:00.000Z'], // not the very moment
    ['0 2 * * *', 'UTC', '2026-01-30T01:59:59.999Z', '2026-01-30T02:00:00.000Z'],
    ['0 3 * * 0', 'UTC', '2026-01-30T12:00:00.000Z', '2026-02-01T03:00:00.000Z'], // a Sunday
    ['0 2 * * *', 'Europe/Moscow', '2026-01-30T12:00:00.000Z', '2026-01-30T23:00:00.000Z'],
    ['*/15 * * * *', 'Asia/Kolkata', '2026-01-30T12:07:00.000Z', '2026-01-30T12:15:00.000Z'],
  ])('%s in %s after %s is %s', (cron, timeZone, from, due) => {
    expect(iso(nextDue({ cron, timeZone }, new Date(from)))).toBe(due);
  });

  it('makes up a time that the clocks jump over, and does not repeat the one they run twice', () => {
    const nightly = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
    const jump = nextDue(nightly, new Date('2026-03-28T12:00:00.000Z'));
    expect(iso(jump)).toBe('2026-03-29T01:00:00.000Z'); // 02:30 does not exist; 03:00 summer time
    expect(iso(nextDue(nightly, jump))).toBe('2026-03-30T00:30:00.000Z');
    const twice = nextDue(nightly, new Date('2026-10-24T12:00:00.000Z'));
    expect(iso(nextDue(nightly, twice))).toBe('2026-10-26T01:30:00.000Z');
  });
});

describe('periodMs', () => {
  it('is the time between two runs', () => {
    const from = new Date('2026-01-30T12:00:00.000Z');
    expect(periodMs({ everyMinutes: 10 }, from)).toBe(600_000);
    expect(periodMs({ cron: '0 3 * * 0', timeZone: 'UTC' }, from)).toBe(7 * 86_400_000);
  });
});

describe('inWords', () => {
  it.each([
    [{ everyMinutes: 1 }, '1 minute'],
    [{ everyMinutes: 90 }, '90 minutes'],
    [{ cron: ' 0 2 * * * ', timeZone: 'UTC' }, '0 2 * * * (UTC)'],
  ])('%j → %s', (rhythm, words) => {
    expect(inWords(rhythm)).toBe(words);
  });
});

describe('faultOfSchedule', () => {
  it.each(['0 2 * * *', '*/10 * * * *', '0 3 * * SUN', ' 5  4 1,15 * * '])('accepts %j', (cron) => {
    expect(faultOfSchedule(cron)).toBeUndefined();
  });

  it.each(['', 'daily', '@daily', '0 0 2 * * *', '61 2 * * *', '* * * * MOO', '*/0 * * * *', '0 0 30 2 *'])(
    'refuses %j',
    (cron) => {
      expect(faultOfSchedule(cron)).toMatch(/^(must have five fields|is not a cron expression)/);
      expect(faultOfSchedule(cron)).not.toContain('\n');
    },
  );
});

describe('faultOfTimeZone', () => {
  it('knows the zones of the system', () => {
    expect(faultOfTimeZone('Europe/Moscow')).toBeUndefined();
    expect(faultOfTimeZone('Mars/Olympus')).toMatch(/must be a time zone/);
  });
});
