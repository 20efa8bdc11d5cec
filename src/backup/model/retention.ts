import { utcDay } from './snapshot-id.js';

const DAY_MS = 86_400_000;

/** What the decision needs to know of a snapshot. */
export interface RetentionSubject {
  id: string;
  created_at: string;
  base: string | null;
  pinned: boolean;
  /** False when its last verification found it damaged: then it is not the good backup that the floor keeps. */
  is_valid?: boolean | null;
}

export interface RetentionPolicy {
  retention_days: number;
  /** How many of the newest snapshots, damaged ones not counted, stay whatever their age: an outage must not age away the last good backup. */
  min_keep: number;
}

export interface KeptSnapshot {
  id: string;
  /** At least one of `within_retention`, `pinned`, `newest`, `base_of:<id>`. */
  reasons: string[];
}

export interface RetentionDecision {
  kept: KeptSnapshot[];
  expired: string[];
}

/**
 * Decides what stays and why; deciding is apart from deleting, and pure. A UTC day is kept or let go as a whole: it expires
 * `retention_days` after it ended, so that what lies together in one archive also leaves together.
 */
export function decideRetention(
  snapshots: readonly RetentionSubject[],
  policy: RetentionPolicy,
  now: Date,
): RetentionDecision {
  const newestFirst = [...snapshots].sort(newerFirst);
  const reasons = new Map<string, string[]>(snapshots.map(({ id }) => [id, []]));
  const floor = new Set(
    newestFirst
      .filter(({ is_valid }) => is_valid !== false)
      .slice(0, policy.min_keep)
      .map(({ id }) => id),
  );
  for (const snapshot of newestFirst) {
    const why = reasons.get(snapshot.id)!;
    if (!dayEndedLongerAgo(snapshot.created_at, policy.retention_days, now)) why.push('within_retention');
    if (snapshot.pinned) why.push('pinned');
    if (floor.has(snapshot.id)) why.push('newest');
  }
  for (const snapshot of newestFirst) {
    if (snapshot.base !== null && reasons.get(snapshot.id)!.length > 0)
      reasons.get(snapshot.base)?.push(`base_of:${snapshot.id}`);
  }
  const kept: KeptSnapshot[] = [];
  const expired: string[] = [];
  for (const { id } of newestFirst) {
    const why = reasons.get(id)!;
    if (why.length > 0) kept.push({ id, reasons: why });
    else expired.push(id);
  }
  return { kept, expired };
}

/** UTC days, oldest first, whose loose snapshots go into an archive: those that ended more than `afterDays` ago. */
export function daysToArchive(loose: readonly RetentionSubject[], afterDays: number, now: Date): string[] {
  const old = loose.filter(({ created_at }) => dayEndedLongerAgo(created_at, afterDays, now));
  return [...new Set(old.map(({ created_at }) => utcDay(new Date(created_at))))].sort();
}

function dayEndedLongerAgo(createdAt: string, days: number, now: Date): boolean {
  const endOfDay = Date.parse(`${utcDay(new Date(createdAt))}T00:00:00.000Z`) + DAY_MS;
  return now.getTime() - endOfDay > days * DAY_MS;
}

function newerFirst(a: RetentionSubject, b: RetentionSubject): number {
  const byTime = Date.parse(b.created_at) - Date.parse(a.created_at);
  return byTime !== 0 ? byTime : a.id < b.id ? 1 : -1;
}
