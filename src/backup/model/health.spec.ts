import { describe, expect, it } from 'vitest';
import { judgePlan, worst, type PlanCondition } from './health.js';

const NOW = new Date('2026-01-30T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * HOUR_MS);

const plan = (more: Partial<PlanCondition> = {}): PlanCondition => ({
  rhythm: { everyMinutes: 10 },
  enabled: true,
  indexing: false,
  newest: { id: 'newest', created_at: hoursAgo(1).toISOString(), is_valid: null, warnings: [] },
  newestDated: hoursAgo(1),
  fault: null,
  firstDue: hoursAgo(100),
  lastRun: { status: 'completed', message: null },
  ...more,
});
const aged = (hours: number, more: Partial<PlanCondition> = {}): PlanCondition =>
  plan({
    newest: { id: 'newest', created_at: hoursAgo(hours).toISOString(), is_valid: true, warnings: [] },
    newestDated: hoursAgo(hours),
    ...more,
  });
const statusOf = (condition: PlanCondition) => judgePlan(condition, NOW).status;

describe('judgePlan', () => {
  it('goes by the age of the newest backup', () => {
    expect(judgePlan(plan(), NOW)).toEqual({ status: 'healthy', reasons: [] });
    expect(statusOf(aged(24))).toBe('healthy');
    expect(judgePlan(aged(24.01), NOW)).toEqual({ status: 'caution', reasons: ['The newest backup is 24 hours old.'] });
    expect(statusOf(aged(48))).toBe('caution');
    expect(statusOf(aged(48.01))).toBe('warning');
  });

  it('lets a plan that runs seldom have its time', () => {
    const daily = { rhythm: { cron: '0 2 * * *', timeZone: 'UTC' } };
    const weekly = { rhythm: { cron: '0 3 * * 0', timeZone: 'UTC' } };
    expect([24.9, 25.1, 50.1].map((hours) => statusOf(aged(hours, daily)))).toEqual(['healthy', 'caution', 'warning']);
    expect([168, 170, 339].map((hours) => statusOf(aged(hours, weekly)))).toEqual(['healthy', 'caution', 'warning']);
  });

  it('expects nothing in the gaps of a schedule', () => {
    const newest = { id: 'newest', created_at: '2026-01-30T02:00:03.000Z', is_valid: null, warnings: [] }; // a Friday
    const workdays = plan({
      newest,
      newestDated: new Date(newest.created_at),
      rhythm: { cron: '0 2 * * 1-5', timeZone: 'UTC' },
    });
    const at = (time: string) => judgePlan(workdays, new Date(time)).status;
    expect(at('2026-02-01T12:00:00.000Z')).toBe('healthy');
    expect(at('2026-02-02T02:59:00.000Z')).toBe('healthy');
    expect(at('2026-02-02T03:01:00.000Z')).toBe('caution');
  });

  it('is critical where the newest is damaged or its files are not there', () => {
    const damaged = plan({
      newest: { id: 'newest', created_at: hoursAgo(1).toISOString(), is_valid: false, warnings: [] },
    });
    expect(judgePlan(damaged, NOW)).toEqual({
      status: 'critical',
      reasons: ['The newest backup, newest, was found damaged when it was last verified.'],
    });
    const missing = judgePlan(aged(30, { fault: 'its document is missing' }), NOW);
    expect(missing.status).toBe('critical');
    expect(missing.reasons).toEqual([
      'The newest backup, newest, cannot be used: its document is missing.',
      'The newest backup is 30 hours old.',
    ]);
  });

  it('is never healthy without any backup, and critical once there should have been one', () => {
    const unlisted = plan({ newest: null, indexing: true, firstDue: hoursAgo(100) });
    expect(judgePlan(unlisted, NOW)).toEqual({ status: 'caution', reasons: ['Its snapshots are not listed yet.'] });
    const never = (firstDue: Date | null) => judgePlan(plan({ newest: null, firstDue }), NOW);
    expect(never(hoursAgo(-14))).toEqual({
      status: 'caution',
      reasons: ['There is no backup yet; the first one is due at 2026-01-31T02:00:00.000Z.'],
    });
    expect(never(hoursAgo(0.9)).reasons).toEqual(['There is no backup yet; the first one is due now.']);
    expect(never(hoursAgo(1))).toEqual({ status: 'critical', reasons: ['There is no backup.'] });
    expect(never(null).status).toBe('critical');
    expect(statusOf(plan({ newest: null, firstDue: null, enabled: false }))).toBe('healthy');
  });

  it('tells of a last run that failed', () => {
    const { status, reasons } = judgePlan(plan({ lastRun: { status: 'failed', message: 'The disk is full.' } }), NOW);
    expect(status).toBe('caution');
    expect(reasons).toEqual(['The last run failed: The disk is full.']);
    expect(statusOf(plan({ lastRun: { status: 'cancelled', message: null } }))).toBe('healthy');
    expect(statusOf(plan({ lastRun: null }))).toBe('healthy');
  });

  it('expects nothing of a plan that is switched off', () => {
    expect(judgePlan(aged(1000, { enabled: false }), NOW)).toEqual({ status: 'healthy', reasons: [] });
  });
});

describe('worst', () => {
  it('is the worst of all', () => {
    expect(worst(['caution', 'critical', 'healthy'])).toBe('critical');
    expect(worst([])).toBe('healthy');
  });
});
