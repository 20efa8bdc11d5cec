import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupConfig } from '../model/backup-config.js';
import type { PlanSettings } from '../model/plan.js';
import type { Snapshot } from '../model/snapshot.js';
import { planCleanup } from './cleanup-plan.js';
import { assertConfirmed, consequencesOf, deletedBy } from './config-consequences.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const DAY_MS = 86_400_000;

const snapshot = (n: number, daysAgo: number, plan = 'auto'): Snapshot =>
  ({
    id: `${plan}_${n}`,
    created_at: new Date(NOW.getTime() - daysAgo * DAY_MS).toISOString(),
    sequence: 1000 - n,
    base: null,
    pinned: false,
    plan,
    part_of: null,
    source: 'database',
    trigger: { type: 'scheduled' },
    location: 'regular',
    archive: null,
    size_bytes: 10,
    is_valid: null,
    warnings: [],
  }) as unknown as Snapshot;

const config = (changes: Partial<BackupConfig> = {}): BackupConfig =>
  Object.assign(new BackupConfig(), { min_keep: 1 }, changes);
const plans = (...settings: PlanSettings[]) => ({ plans: settings });
const daily = Array.from({ length: 40 }, (_, n) => snapshot(n, n));
const nightly = Array.from({ length: 40 }, (_, n) => snapshot(n, n, 'nightly'));

interface Drawn {
  retention_days: number;
  min_keep: number;
  own: { keep_last: number; retention_days: number } | undefined;
}

describe('the consequences of changed settings', () => {
  it('are what they delete and archive beside what is deleted and archived anyway', () => {
    // By thirty days 31 stay, by ten 11; what is older than 14 days is packed anyway.
    const after = config({ retention_days: 10, auto_archive_after_days: 3 });
    expect(consequencesOf(daily, config(), after, NOW)).toEqual({
      deleted: 20,
      oldest_deleted: '2026-01-30T12:00:00.000Z',
      archived: 7,
    });
    expect(consequencesOf(daily, config(), config({ retention_days: 60 }), NOW)).toEqual({
      deleted: 0,
      oldest_deleted: null,
      archived: 9, // instead of being deleted
    });
  });

  it.each<[string, Partial<BackupConfig>, Partial<BackupConfig>, number]>([
    ['keep_last is lowered', plans({ name: 'nightly', keep_last: 20 }), plans({ name: 'nightly', keep_last: 5 }), 15],
    ['keep_last is new', plans({ name: 'nightly' }), plans({ name: 'nightly', keep_last: 5 }), 26],
    ['its own days are lowered', plans({ name: 'nightly', retention_days: 90 }), plans({ name: 'nightly' }), 9],
    [
      'a plan with days of its own is removed',
      plans({ name: 'nightly', retention_days: 90 }),
      plans({ name: 'auto' }),
      9,
    ],
    ['it is renamed', plans({ name: 'nightly', retention_days: 90 }), plans({ name: 'daily', retention_days: 90 }), 9],
    [
      'min_keep is lowered',
      { ...plans({ name: 'nightly', retention_days: 1 }), min_keep: 30 },
      { ...plans({ name: 'nightly', retention_days: 1 }), min_keep: 5 },
      25,
    ],
    ['a plan is disabled', plans({ name: 'nightly' }), plans({ name: 'nightly', enabled: false }), 0],
  ])('count where %s', (_, before, after, deleted) => {
    expect(consequencesOf(nightly, config(before), config(after), NOW).deleted).toBe(deleted);
  });

  it('are exactly the snapshots that go by the one and not by the other', () => {
    const drawnConfig: fc.Arbitrary<Drawn> = fc.record({
      retention_days: fc.integer({ min: 1, max: 50 }),
      min_keep: fc.integer({ min: 1, max: 10 }),
      own: fc.option(
        fc.record({ keep_last: fc.integer({ min: 1, max: 40 }), retention_days: fc.integer({ min: 1, max: 50 }) }),
        { nil: undefined },
      ),
    });
    const toConfig = ({ own, ...general }: Drawn) =>
      config({ ...general, auto_archive_after_days: 1, ...(own && plans({ name: 'nightly', ...own })) });
    fc.assert(
      fc.property(drawnConfig, drawnConfig, (one, other) => {
        const [before, after] = [toConfig(one), toConfig(other)];
        const gone = (rules: BackupConfig) => deletedBy(planCleanup(nightly, rules, NOW)).map(({ id }) => id);
        const added = gone(after).filter((id) => !gone(before).includes(id));
        expect(consequencesOf(nightly, before, after, NOW).deleted).toBe(added.length);
      }),
      { numRuns: 40 },
    );
  });

  it('need to be confirmed by their number, and by no other', () => {
    const cleanup = { deleted: 133, oldest_deleted: '2026-10-02T00:00:00.000Z', archived: 92 };
    expect(() => assertConfirmed(cleanup, 133)).not.toThrow();
    expect(() => assertConfirmed({ ...cleanup, deleted: 0 }, undefined)).not.toThrow();
    for (const confirmed of [undefined, 0, 132])
      expect(() => assertConfirmed(cleanup, confirmed)).toThrow(/133 snapshots, the oldest of 2026-10-02/);
  });
});
