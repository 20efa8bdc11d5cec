import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookAtClock, newClockHistory, type ClockHistory } from './clock-history.js';
import { decideRetention, type RetentionSubject } from './retention.js';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1, 12);
const POLICY = { retention_days: 10, min_keep: 1 };

const snapshot = (day: number, sequence: number, id = `${sequence}`): RetentionSubject => ({
  id,
  created_at: new Date(START + day * DAY_MS).toISOString(),
  sequence,
  base: null,
  pinned: false,
  plan: 'auto',
  part_of: null,
  trigger: { type: 'scheduled' },
});
const at = (day: number): Date => new Date(START + day * DAY_MS);
const keepLast = (count: number) => [{ name: 'auto', keepLast: count, retentionDays: null }];

describe('retention and wrong clocks', () => {
  it('lets snapshots from the future drive no other out', () => {
    const good = Array.from({ length: 12 }, (_, day) => snapshot(day, day + 1));
    const ahead = [312, 313, 314].map((day, n) => snapshot(day, 13 + n));
    const { kept, expired } = decideRetention(
      [...good, ...ahead],
      { retention_days: 30, min_keep: 1 },
      at(12),
      keepLast(3),
    );
    expect(kept.map(({ id }) => id)).toEqual(['15', '14', '13', '12', '11', '10']);
    expect(kept[0]!.reasons).toEqual(['dated_ahead', 'newest']);
    expect(expired).toHaveLength(9);
  });

  it('counts by the order of taking once the clock is right again', () => {
    const snapshots = [snapshot(30, 1), snapshot(31, 2), snapshot(1, 3), snapshot(1.1, 4)];
    const { kept } = decideRetention(snapshots, POLICY, at(40), keepLast(2));
    expect(kept.map(({ id }) => id)).toEqual(['4', '3']);
  });

  it('takes a snapshot that was dated too early as no older than those taken before it', () => {
    const snapshots = [snapshot(20, 1), snapshot(-9000, 2), snapshot(21, 3)];
    expect(decideRetention(snapshots, POLICY, at(22)).expired).toEqual([]);
  });

  it('ages nothing by a jump that nobody confirmed', () => {
    const snapshots = [snapshot(0, 1), snapshot(5, 2), snapshot(45, 3)];
    const doubts = { jumps: [{ from: at(5).toISOString(), to: at(45).toISOString() }], set_backs: [] };
    expect(decideRetention(snapshots, POLICY, at(46), [], doubts).expired).toEqual([]);
    expect(decideRetention(snapshots, POLICY, at(52), [], doubts).expired).toEqual(['1']);
    expect(decideRetention(snapshots, POLICY, at(46)).expired).toEqual(['2', '1']);
  });

  it('never deletes what a right clock would have kept, however the clock walks', () => {
    // One step of the world: time that really passes, on or off, and where the clock is set to afterwards (0: right).
    const step = fc.record({
      hours: fc.integer({ min: 1, max: 24 }),
      offDays: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: 2, max: 70 })),
      offsetDays: fc.option(
        fc.oneof(fc.constant(0), fc.integer({ min: 2, max: 400 }), fc.integer({ min: -20_000, max: -2 })),
        {
          freq: 4,
        },
      ),
    });
    const world = fc.record({
      steps: fc.array(step, { minLength: 5, maxLength: 60 }),
      last: fc.option(fc.integer({ min: 1, max: 5 })),
    });
    fc.assert(
      fc.property(world, ({ steps, last }) => {
        const plans = last === null ? [] : keepLast(last);
        let [time, offset, sequence] = [0, 0, 1];
        let history: ClockHistory = newClockHistory(at(0));
        let held = [snapshot(0, 1)];
        const takenAt = new Map([['1', 0]]);
        for (const { hours, offDays, offsetDays } of steps) {
          time += offDays + hours / 24;
          offset = offsetDays ?? offset;
          const now = at(time + offset);
          history = lookAtClock(history, now, { rhythmMs: DAY_MS, retentionMs: POLICY.retention_days * DAY_MS });
          const taken = snapshot(time + offset, ++sequence);
          takenAt.set(taken.id, time);
          held.push(taken);
          const expired = new Set(decideRetention(held, POLICY, now, plans, history).expired);
          for (const id of expired) {
            const isOld = time - takenAt.get(id)! > POLICY.retention_days;
            const isDrivenOut = last !== null && sequence - Number(id) >= last;
            expect(isOld || isDrivenOut, `${id}, taken on day ${takenAt.get(id)}, deleted on day ${time}`).toBe(true);
          }
          held = held.filter(({ id }) => !expired.has(id));
        }
      }),
      { numRuns: Number(process.env['CLOCK_RUNS'] ?? 1000) },
    );
  });

  it('lets everything go in the end that a right clock lets go, without anybody confirming anything', () => {
    let history = newClockHistory(at(0));
    let held = Array.from({ length: 5 }, (_, day) => snapshot(day, day + 1));
    for (let day = 70; day <= 81; day++) {
      history = lookAtClock(history, at(day), { rhythmMs: DAY_MS, retentionMs: POLICY.retention_days * DAY_MS });
      held.push(snapshot(day, day));
      const expired = new Set(decideRetention(held, POLICY, at(day), [], history).expired);
      held = held.filter(({ id }) => !expired.has(id));
    }
    expect(held.map(({ id }) => Number(id))).toEqual([71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81]);
  });
});
