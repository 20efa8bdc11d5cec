import { expect, it, vi } from 'vitest';
import type { Snapshot } from '../api/types.js';
import { byDay } from './days.js';

vi.stubGlobal('navigator', { languages: ['en'] });

it('each day comes once, also where a snapshot that took long stands after one of the next day', () => {
  const snapshot = (id: string, day: number) =>
    ({ id, created_at: `2026-01-${day}T12:00:00.000Z` }) as unknown as Snapshot;
  const days = byDay([snapshot('d', 31), snapshot('c', 30), snapshot('b', 31), snapshot('a', 30)]);
  expect(days.map(({ snapshots }) => snapshots.map(({ id }) => id))).toEqual([
    ['d', 'b'],
    ['c', 'a'],
  ]);
});
