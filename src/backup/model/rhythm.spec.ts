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

describe('nextDue on days when clocks change', () => {
  const runs = (cron: string, timeZone: string, from: string, count: number): string[] => {
    const found: Date[] = [];
    while (found.length < count) found.push(nextDue({ cron, timeZone }, found.at(-1) ?? new Date(from)));
    return found.map((at) => iso(at).slice(5, 16));
  };

  it.each([
    // Set back from 02:00 to 01:00, and from 03:00 to 02:00: the times after the repeated hour, too.
    ['30 2 * * *', 'America/New_York', '2026-10-31T12:00Z', ['11-01T07:30', '11-02T07:30']],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['11-01T05:30', '11-02T06:30']],
    ['30 3 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['10-25T02:30', '10-26T02:30']],
    ['0,30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['10-25T00:00', '10-25T00:30', '10-26T01:00']],
    // Forward from 02:00 to 03:00: what is skipped is one run.
    ['*/30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['03-08T07:00', '03-09T06:00']],
    ['30 2,3 * * *', 'America/New_York', '2026-03-07T12:00Z', ['03-08T07:00', '03-08T07:30', '03-09T06:30']],
    // By half an hour at 02:00, and over midnight.
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-03T12:00Z', ['04-03T14:45', '04-04T14:45', '04-05T15:15']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00Z', ['10-03T15:30', '10-04T15:15']],
    ['0 0 * * *', 'Africa/Cairo', '2026-04-23T12:00Z', ['04-23T22:00', '04-24T21:00']],
    ['30 23 * * *', 'America/Godthab', '2024-03-30T12:00Z', ['03-31T01:00', '04-01T00:30']],
    // Every time of day counts once; only an interval in minutes goes on.
    ['*/30 * * * *', 'Europe/Berlin', '2026-10-25T00:10Z', ['10-25T00:30', '10-25T02:00', '10-25T02:30']],
  ])('%s in %s after %s', (cron, timeZone, from, expected) => {
    expect(runs(cron, timeZone, from, expected.length)).toEqual(expected);
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
  it.each([
    '0 2 * * *',
    '*/10 * * * *',
    '5/15 * * * *',
    '0 3 * * SUN',
    '0 3 * jan-mar 7',
    ' 5  4 1,15 * * ',
    '0 0 29 2 *',
    '0 0 1 1 *',
    '0 0 31 2 1', // or a Monday
  ])('accepts %j', (cron) => {
    expect(faultOfSchedule(cron)).toBeUndefined();
  });

  it.each([
    '',
    'daily',
    '@daily',
    '0 0 2 * * *',
    '61 2 * * *',
    '* * * * MOO',
    '*/0 * * * *',
    '*/90 * * * *',
    '0 0 30 2 *',
    '0 0 31 2,4,6 *',
    '0 2 L * *',
    '0 2 ? * *',
    '0 2 * * 1#2',
    '0 2 32 * *',
    '0 24 * * *',
  ])('refuses %j', (cron) => {
    expect(faultOfSchedule(cron)).toMatch(/^(must have five fields|is not a cron expression|never matches any date)/);
    expect(faultOfSchedule(cron)).not.toContain('\n');
  });
});

describe('faultOfTimeZone', () => {
  it('knows the zones of the system', () => {
    expect(faultOfTimeZone('Europe/Moscow')).toBeUndefined();
    expect(faultOfTimeZone('Mars/Olympus')).toMatch(/must be a time zone/);
  });
});
