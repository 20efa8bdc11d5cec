import { describe, expect, it } from 'vitest';
import {
  confirmClock,
  lookAtClock,
  newClockHistory,
  parseClockHistory,
  unexplainedSince,
  type ClockHistory,
} from './clock-history.js';

const DAY_MS = 86_400_000;
const LIMITS = { rhythmMs: 600_000, retentionMs: 30 * DAY_MS };
const day = (days: number): Date => new Date(Date.UTC(2026, 0, 1) + days * DAY_MS);
const jump = (from: number, to: number) => ({ from: day(from).toISOString(), to: day(to).toISOString() });

const looks = (...days: number[]): ClockHistory =>
  days.slice(1).reduce((history, at) => lookAtClock(history, day(at), LIMITS), newClockHistory(day(days[0]!)));

describe('the history of the clock', () => {
  it('knows no jump while the clock is looked at daily', () => {
    expect(looks(0, 1, 2.01, 3).jumps).toEqual([]);
  });

  it('notes a jump ahead, and forgets it once it is taken back', () => {
    expect(looks(0, 1, 41).jumps).toEqual([jump(1, 41)]);
    expect(looks(0, 1, 41, 41.5, 42, 2)).toEqual(newClockHistory(day(2)));
  });

  it('keeps the rest of a jump that is taken back in part', () => {
    expect(looks(0, 301, 200).jumps).toEqual([jump(0, 200)]);
  });

  it('lets an unconfirmed jump be once everything from before it is old anyway', () => {
    const running = Array.from({ length: 31 }, (_, n) => 60 + n);
    expect(looks(0, ...running.slice(0, 30)).jumps).toHaveLength(1);
    expect(looks(0, ...running, 91).jumps).toEqual([]);
  });

  it('bears a clock that starts in the past, such as one without a battery, and is set soon after', () => {
    expect(looks(100, -10_000, 100.5).jumps).toEqual([]);
    expect(looks(100, -10_000, 105).jumps).toEqual([jump(100, 105)]);
  });

  it('takes no notice of moments', () => {
    const history = newClockHistory(day(1));
    expect(lookAtClock(history, new Date(day(1).getTime() - 60_000), LIMITS)).toBe(history);
    expect(lookAtClock(history, new Date(day(1).getTime() - 60_001), LIMITS).set_backs).toHaveLength(1);
  });

  it('believes a lower time after a day of it', () => {
    const ahead = looks(300, 1, 2, 3);
    expect(ahead.set_backs).toEqual([]);
    expect(lookAtClock(ahead, day(43), LIMITS).jumps).toEqual([jump(3, 43)]);
  });

  it('finds a week usual that was confirmed once, and no more', () => {
    const rested = confirmClock(looks(0, 4), day(4));
    expect(lookAtClock(rested, day(8), LIMITS).jumps).toEqual([]);
    const away = confirmClock(looks(0, 60), day(60));
    expect(lookAtClock(away, day(67), LIMITS).jumps).toEqual([]);
    expect(lookAtClock(away, day(70), LIMITS).jumps).toEqual([jump(60, 70)]);
  });

  it('waits for a plan that runs seldom', () => {
    const monthly = { rhythmMs: 31 * DAY_MS, retentionMs: 400 * DAY_MS };
    expect(lookAtClock(newClockHistory(day(0)), day(31), monthly).jumps).toEqual([]);
    expect(lookAtClock(newClockHistory(day(0)), day(32), monthly).jumps).toHaveLength(1);
  });

  it('says how much of an age is not explained', () => {
    const jumps = [jump(10, 20), jump(30, 35)];
    const since = (at: number) => unexplainedSince(jumps, day(at).getTime()) / DAY_MS;
    expect([0, 10, 15, 20, 30, 40].map(since)).toEqual([15, 15, 10, 5, 5, 0]);
  });

  it('is read back as it was written, and is none when damaged', () => {
    const history = looks(0, 41, 42);
    expect(parseClockHistory(JSON.stringify(history))).toEqual(history);
    for (const text of ['', '{', 'null', '[]', '{"seen":"x"}', JSON.stringify({ ...history, jumps: [{ from: 1 }] })])
      expect(parseClockHistory(text), text).toBeUndefined();
  });
});
