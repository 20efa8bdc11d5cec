import { describe, expect, it } from 'vitest';
import { barHeight, everyDay } from './trend.js';

describe('the storage trend', () => {
  it('has every day up to today, across months, with nothing where nothing is kept', () => {
    const kept = [
      { date: '2026-02-27', count: 3, size_bytes: 300 },
      { date: '2026-03-02', count: 1, size_bytes: 50 },
    ];
    expect(everyDay(kept, new Date('2026-03-02T23:59:00Z'), 5)).toEqual([
      { date: '2026-02-26', count: 0, size_bytes: 0 },
      kept[0],
      { date: '2026-02-28', count: 0, size_bytes: 0 },
      { date: '2026-03-01', count: 0, size_bytes: 0 },
      kept[1],
    ]);
  });

  it('leaves out what is older', () => {
    const days = everyDay([{ date: '2026-01-01', count: 1, size_bytes: 1 }], new Date('2026-03-02T00:00:00Z'));
    expect(days).toHaveLength(30);
    expect(days.every(({ count }) => count === 0)).toBe(true);
  });

  it('shows a little next to a lot, and nothing as nothing', () => {
    expect([barHeight(0, 10), barHeight(1, 1_000_000), barHeight(5, 10), barHeight(0, 0)]).toEqual([0, 0.03, 0.5, 0]);
  });
});
