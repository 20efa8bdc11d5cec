import { isSetBack, unexplainedSince, type ClockHistory } from './clock-history.js';
import { takenLastFirst } from './order-of-taking.js';
import { isDatedAhead } from './dated-ahead.js';
import { utcDay } from './snapshot-id.js';
import type { Trigger } from './trigger.js';

const DAY_MS = 86_400_000;

/** What the decision needs to know of a snapshot. */
export interface RetentionSubject {
  id: string;
  created_at: string;
  sequence: number | null;
  base: string | null;
  pinned: boolean;
  plan: string;
  /** The full snapshot that this is a part of: while that is there, the two stay and go together. */
  part_of: string | null;
  trigger: Pick<Trigger, 'type'>;
  /** False when its last verification found it damaged: then it is not the good backup that the floor keeps. */
  is_valid?: boolean | null;
}

/** What one plan says for its own snapshots. */
export interface PlanRetention {
  name: string;
  /** At most so many of its newest stay; the bases that they need come on top, and newer ones that are no backup by the plan. */
  keepLast: number | null;
  /** Instead of the `retention_days` of all. */
  retentionDays: number | null;
}

export interface RetentionPolicy {
  retention_days: number;
  /**
   * How many of a plan's newest snapshots, damaged ones not counted, stay whatever their age: an outage must not age away the last good backup. A
   * plan that keeps fewer keeps those.
   */
  min_keep: number;
}

/** What may be wrong with the clock. */
export type ClockDoubts = Pick<ClockHistory, 'jumps' | 'set_backs'>;
export const NO_DOUBTS: ClockDoubts = { jumps: [], set_backs: [] };

export interface KeptSnapshot {
  id: string;
  /** At least one of `within_retention`, `dated_ahead`, `pinned`, `newest`, `part_of:<id>`, `base_of:<id>`. */
  reasons: string[];
}

export interface RetentionDecision {
  kept: KeptSnapshot[];
  expired: string[];
}

/**
 * Decides what stays and why; deciding is apart from deleting, and pure. A UTC day is kept or let go as a whole: it expires
 * `retention_days` after it ended, so that what lies together in one archive also leaves together. Only a plan's `keepLast` counts single ones.
 *
 * A clock that was wrong deletes nothing that a right one would have kept (docs/decisions/0030-clocks.md). "Newest" means taken last. A snapshot dated after now,
 * or after a jump of the clock that nobody confirmed, drives no other out; one that is dated before others that were taken earlier is as young as those; and
 * no snapshot ages by a jump.
 * @param clock what is remembered of it
 */
export function decideRetention(
  snapshots: readonly RetentionSubject[],
  policy: RetentionPolicy,
  now: Date,
  plans: readonly PlanRetention[] = [],
  clock: ClockDoubts = NO_DOUBTS,
): RetentionDecision {
  const newestFirst = takenLastFirst(snapshots);
  const ages = agesOf(newestFirst, now, clock);
  const isDoubtful = ({ created_at }: RetentionSubject) =>
    isDatedAhead(created_at, now) || clock.jumps.some(({ to }) => Date.parse(created_at) >= Date.parse(to));
  const reasons = new Map<string, string[]>(newestFirst.map(({ id }) => [id, []]));
  const isPart = ({ part_of }: RetentionSubject) => part_of !== null && reasons.has(part_of);
  for (const ofPlan of byPlan(newestFirst.filter((snapshot) => !isPart(snapshot)))) {
    const limits = plans.find(({ name }) => name === ofPlan[0]?.plan);
    for (const counted of [ofPlan.filter((one) => !isDoubtful(one)), ofPlan.filter(isDoubtful)])
      for (const [id, why] of ownReasons(counted, policy, limits, now, ages)) reasons.get(id)!.push(...why);
  }
  for (const { id, pinned } of newestFirst) if (pinned) reasons.get(id)!.push('pinned');
  for (const { id, part_of } of newestFirst)
    if (part_of !== null && reasons.get(part_of)?.length) reasons.get(id)!.push(`part_of:${part_of}`);
  for (const { id, base } of newestFirst)
    if (base !== null && reasons.get(id)!.length > 0) reasons.get(base)?.push(`base_of:${id}`);
  const kept: KeptSnapshot[] = [];
  const expired: string[] = [];
  for (const { id } of newestFirst) {
    const why = reasons.get(id)!;
    if (why.length > 0) kept.push({ id, reasons: why });
    else expired.push(id);
  }
  return { kept, expired };
}

function byPlan(snapshots: readonly RetentionSubject[]): RetentionSubject[][] {
  const plans = new Map<string, RetentionSubject[]>();
  for (const snapshot of snapshots) {
    const ofPlan = plans.get(snapshot.plan);
    if (ofPlan) ofPlan.push(snapshot);
    else plans.set(snapshot.plan, [snapshot]);
  }
  return [...plans.values()];
}

/** Why the snapshots of one plan, newest first, stay for their own sake. */
function ownReasons(
  newestFirst: readonly RetentionSubject[],
  { retention_days, min_keep }: RetentionPolicy,
  limits: PlanRetention | undefined,
  now: Date,
  ages: ReadonlyMap<string, number>,
): [id: string, reasons: string[]][] {
  const days = limits?.retentionDays ?? retention_days;
  const most = limits?.keepLast ?? Infinity;
  const counted = newestOf(newestFirst, most);
  const sound = newestFirst.filter(({ is_valid }) => is_valid !== false);
  const floor = newestOf(sound, Math.min(min_keep, most));
  return newestFirst.map((snapshot) => {
    const why: string[] = [];
    if (counted.has(snapshot) && isDatedAhead(snapshot.created_at, now)) why.push('dated_ahead');
    else if (counted.has(snapshot) && ages.get(snapshot.id)! <= days * DAY_MS) why.push('within_retention');
    if (floor.has(snapshot)) why.push('newest');
    return [snapshot.id, why];
  });
}

/** So many of the newest, and as many of those that the plan is there for: no number of others may drive the last of these out. */
function newestOf(newestFirst: readonly RetentionSubject[], count: number): Set<RetentionSubject> {
  return new Set([...newestFirst.slice(0, count), ...newestFirst.filter(isByPlan).slice(0, count)]);
}

/** Not the part that a snapshot of several left when it failed, and not taken to undo a restore. */
const isByPlan = ({ part_of, trigger }: RetentionSubject): boolean => part_of === null && trigger.type !== 'safety';

/**
 * How long ago the day of each snapshot ended at least, in milliseconds. What was taken after another snapshot is not older than that one, whatever its date says.
 */
function agesOf(newestFirst: readonly RetentionSubject[], now: Date, clock: ClockDoubts): ReadonlyMap<string, number> {
  const ages = new Map<string, number>();
  let earliest = -Infinity;
  for (const { id, created_at } of newestFirst.toReversed()) {
    if (isSetBack(clock) || !isDatedAhead(created_at, now)) earliest = Math.max(earliest, Date.parse(created_at));
    const taken = Math.max(earliest, Date.parse(created_at), ...heldBack(created_at, clock));
    ages.set(id, now.getTime() - endOfDay(taken) - unexplainedSince(clock.jumps, taken));
  }
  return ages;
}

/** Where the clock had stood already when it gave the snapshot a date from before that. */
const heldBack = (createdAt: string, { set_backs }: ClockDoubts): number[] =>
  set_backs.filter(({ from, to }) => createdAt >= from && createdAt <= to).map(({ at }) => Date.parse(at));

/** UTC days, oldest first, whose regular snapshots go into an archive: those that ended more than `afterDays` ago. */
export function daysToArchive(
  regular: readonly Pick<RetentionSubject, 'created_at'>[],
  afterDays: number,
  now: Date,
  { jumps }: ClockDoubts = NO_DOUBTS,
): string[] {
  const age = (created: number) => now.getTime() - endOfDay(created) - unexplainedSince(jumps, created);
  const old = regular.filter(({ created_at }) => age(Date.parse(created_at)) > afterDays * DAY_MS);
  return [...new Set(old.map(({ created_at }) => utcDay(new Date(created_at))))].sort();
}

const endOfDay = (time: number): number => (Math.floor(time / DAY_MS) + 1) * DAY_MS;
