import type { Snapshot } from '../api/types.js';
import { dayKey } from '../format/time.js';

export interface Day {
  key: string;
  snapshots: Snapshot[];
}

/** The snapshots of a page by the day they were made, in their order: one that took long may stand after those of the next day. */
export function byDay(snapshots: Snapshot[]): Day[] {
  const days = new Map<string, Day>();
  for (const snapshot of snapshots) {
    const key = dayKey(snapshot.created_at);
    const day = days.get(key) ?? { key, snapshots: [] };
    day.snapshots.push(snapshot);
    days.set(key, day);
  }
  return [...days.values()];
}
