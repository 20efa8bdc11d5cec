import type { Snapshot } from '../api/types.js';
import { dayKey } from '../format/time.js';

export interface Day {
  key: string;
  snapshots: Snapshot[];
}

/** The snapshots of a page by the day they were made, in their order. */
export function byDay(snapshots: Snapshot[]): Day[] {
  const days: Day[] = [];
  for (const snapshot of snapshots) {
    const key = dayKey(snapshot.created_at);
    if (days.at(-1)?.key === key) days.at(-1)!.snapshots.push(snapshot);
    else days.push({ key, snapshots: [snapshot] });
  }
  return days;
}
