import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDue } from './rhythm.js';
import { SEED } from '../../../test/support/rounds.js';

const MINUTE = 60_000;
const STEP = 5 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Change {
  zone: string;
  /** The first moment of the new offset. */
  at: number;
}

/** What the clocks of a zone show, read as if it were UTC. */
const clockOf = (zone: string): ((at: number) => number) => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (at) => {
    const [month, day, year, hour, minute] = format.format(at).match(/\d+/g)!.map(Number) as [number, ...number[]];
    return Date.UTC(year!, month - 1, day, hour, minute);
  };
};

function changesOf(zone: string): Change[] {
  const clock = clockOf(zone);
  const offset = (at: number) => clock(at) - at;
  const changes: Change[] = [];
  for (let from = Date.UTC(2024, 0, 1); from < Date.UTC(2031, 0, 1); from += 5 * DAY) {
    let [before, after] = [from, from + 5 * DAY];
    if (offset(before) === offset(after)) continue;
    while (after - before > STEP) {
      const middle = before + Math.floor((after - before) / 2 / STEP) * STEP;
      if (offset(middle) === offset(before)) before = middle;
      else after = middle;
    }
    changes.push({ zone, at: after });
  }
  return changes;
}

/** Every change of clocks from 2024 to 2030 in any zone, once for all zones that are changed at the same moments in the same way. */
function allChanges(): Change[] {
  const distinct = new Map<string, Change[]>();
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const clock = clockOf(zone);
    const changes = changesOf(zone);
    const key = JSON.stringify(changes.map(({ at }) => [at, clock(at - STEP), clock(at)]));
    if (changes.length > 0 && !distinct.has(key)) distinct.set(key, changes);
  }
  return [...distinct.values()].flat();
}

/** Field of a cron expression, and what it means. */
const field = (from: number, to: number, step: number) => {
  const values = (first: number, last: number, step: number) => {
    const found = [];
    for (let value = first; value <= last; value += step) found.push(value);
    return found;
  };
  const value = fc.integer({ min: 0, max: Math.floor((to - from) / step) }).map((n) => from + n * step);
  return fc.oneof(
    value.map((n) => ({ text: String(n), values: [n] })),
    fc.uniqueArray(value, { minLength: 2, maxLength: 4 }).map((list) => ({ text: list.join(), values: list })),
    fc.tuple(value, value).map(([a, b]) => {
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      return { text: `${first}-${last}/${step}`, values: values(first, last, step) };
    }),
    fc.constantFrom(1, 2, 3).map((times) => ({ text: `*/${times * step}`, values: values(from, to, times * step) })),
  );
};
const times = fc.record({ minute: field(0, 55, 5), hour: field(0, 23, 1) });

/** By walking through the day: due at the first moment at which the clock shows a time of the plan, or has passed one, that it has never shown. */
function dueBetween(from: number, to: number, zone: string, isTime: (shown: number) => boolean): number[] {
  const clock = clockOf(zone);
  const due: number[] = [];
  let latest = clock(from - DAY);
  for (let at = from - DAY + STEP; at <= to; at += STEP) {
    const shown = clock(at);
    let isDue = false;
    for (let time = latest + STEP; time <= shown; time += STEP) isDue ||= isTime(time);
    if (isDue && at > from) due.push(at);
    latest = Math.max(latest, shown);
  }
  return due;
}

describe('nextDue around the changes of clocks', () => {
  const changes = allChanges();

  it('knows them', () => {
    const zones = new Set(changes.map(({ zone }) => zone));
    expect(zones).toContain('Australia/Lord_Howe'); // by half an hour
    expect(zones).toContain('Africa/Cairo'); // at midnight
    expect(changes.length).toBeGreaterThan(400);
  });

  it('runs what comes twice once, and what is skipped at the first moment after', () => {
    // Every change, each with other times of day; those of the hours in which clocks are changed more often than others.
    const drawn = fc.sample(fc.tuple(times, fc.nat()), { seed: SEED, numRuns: changes.length });
    for (const [index, { zone, at }] of changes.entries()) {
      const clock = clockOf(zone);
      const [drawnTimes, chance] = drawn[index]!;
      const hours = [clock(at - STEP), clock(at), clock(at) - HOUR].map((shown) => new Date(shown).getUTCHours());
      const hour =
        chance % 4 === 3 ? drawnTimes.hour : { text: String(hours[chance % 3]), values: [hours[chance % 3]!] };
      const cron = `${drawnTimes.minute.text} ${hour.text} * * *`;
      const isTime = (shown: number) => {
        const date = new Date(shown);
        return drawnTimes.minute.values.includes(date.getUTCMinutes()) && hour.values.includes(date.getUTCHours());
      };
      const [from, to] = [at - 4 * HOUR, at + 4 * HOUR];
      const expected = dueBetween(from, to, zone, isTime);
      const where = `seed ${SEED}: ${cron} in ${zone} at ${new Date(at).toISOString()}`;
      const found: number[] = [];
      for (let due = nextDue({ cron, timeZone: zone }, new Date(from)).getTime(); due <= to;) {
        found.push(due);
        due = nextDue({ cron, timeZone: zone }, new Date(due)).getTime();
      }
      expect(found.map(iso), where).toEqual(expected.map(iso));
      // A process that starts at any moment, in the repeated hour too, finds the same.
      const anywhere = from + (chance % (to - from));
      const next = expected.find((due) => due > anywhere);
      if (next !== undefined)
        expect(iso(nextDue({ cron, timeZone: zone }, new Date(anywhere)).getTime()), where).toBe(iso(next));
    }
  });
});

const iso = (at: number): string => new Date(at).toISOString();
