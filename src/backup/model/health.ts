import type { JobStatus } from './job.js';
import type { SnapshotWarning } from './snapshot-warning.js';
import { nextDue, periodMs, type Rhythm } from './rhythm.js';

/** From best to worst. `caution` and `warning` are about age, `critical` about backups that are missing or damaged. */
export const HEALTH_STATUSES = ['healthy', 'caution', 'warning', 'critical'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

export interface Judgement {
  status: HealthStatus;
  /** In words, the worst first; empty when healthy. */
  reasons: string[];
}

/** What is known of one plan. */
export interface PlanCondition {
  rhythm: Rhythm;
  enabled: boolean;
  /** Whether snapshots are missing in the list, so that it may have others than those that are known. */
  indexing: boolean;
  /** Its newest snapshot; null when there is none. */
  newest: { id: string; created_at: string; is_valid: boolean | null; warnings: readonly SnapshotWarning[] } | null;
  /** When the newest of those was taken that are not dated after now: by it the age is told. Null when there is none. */
  newestDated: Date | null;
  /** Why the files of the newest one cannot be what they should be, going by a look at the folder; null when nothing speaks against them. */
  fault: string | null;
  /** When its first snapshot is, or was, due; null when no application has seen the plan. */
  firstDue: Date | null;
  lastRun: { status: JobStatus; message: string | null } | null;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const worst = (statuses: readonly HealthStatus[]): HealthStatus =>
  HEALTH_STATUSES[Math.max(0, ...statuses.map((status) => HEALTH_STATUSES.indexOf(status)))]!;

/**
 * Judges one plan: healthy while its newest snapshot is younger than a day and nothing speaks against it, `caution` up to two days, `warning` beyond;
 * a plan that runs less often than daily has its own period and an hour instead of the day.
 */
export function judgePlan(plan: PlanCondition, now: Date): Judgement {
  if (!plan.enabled) return { status: 'healthy', reasons: [] };
  const found = [...judgeNewest(plan, now), ...judgeLastRun(plan)];
  found.sort(([a], [b]) => HEALTH_STATUSES.indexOf(b) - HEALTH_STATUSES.indexOf(a));
  return { status: worst(found.map(([status]) => status)), reasons: found.map(([, reason]) => reason) };
}

type Finding = [HealthStatus, string];

function judgeNewest({ indexing, newest, newestDated, fault, rhythm, firstDue }: PlanCondition, now: Date): Finding[] {
  if (!newest) {
    if (indexing) return [['caution', 'Its snapshots are not listed yet.']];
    if (firstDue === null || now.getTime() >= firstDue.getTime() + HOUR_MS)
      return [['critical', 'There is no backup.']];
    const due = firstDue > now ? `at ${firstDue.toISOString()}` : 'now';
    return [['caution', `There is no backup yet; the first one is due ${due}.`]];
  }
  const findings: Finding[] = [];
  if (fault !== null) findings.push(['critical', `The newest backup, ${newest.id}, cannot be used: ${fault}.`]);
  else if (newest.is_valid === false)
    findings.push(['critical', `The newest backup, ${newest.id}, was found damaged when it was last verified.`]);
  for (const { message } of newest.warnings) findings.push(['caution', `The newest backup, ${newest.id}: ${message}`]);
  if (!newestDated) return findings; // that they are dated after now is said of the whole
  const age = now.getTime() - newestDated.getTime();
  const limit = Math.max(DAY_MS, longestWaitMs(rhythm, newestDated) + HOUR_MS);
  if (age > limit) {
    const hours = Math.floor(age / HOUR_MS);
    findings.push([age > 2 * limit ? 'warning' : 'caution', `The newest backup is ${hours} hours old.`]);
  }
  return findings;
}

/** From one run to the next: a schedule has gaps of many lengths, such as weekends, and what counts is the one that the newest backup stands before. */
const longestWaitMs = (rhythm: Rhythm, from: Date): number =>
  Math.max(periodMs(rhythm, from), nextDue(rhythm, from).getTime() - from.getTime());

function judgeLastRun({ lastRun }: PlanCondition): Finding[] {
  if (lastRun?.status !== 'failed') return [];
  return [['caution', `The last run failed: ${lastRun.message ?? 'no reason was recorded'}`]];
}
