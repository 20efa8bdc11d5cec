import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupConfig } from '../model/backup-config.js';
import type { SnapshotOutline } from '../model/snapshot.js';
import { archiveName, utcDay } from '../model/snapshot-id.js';
import { countArchived, countDeleted, isIdle, planCleanup } from './cleanup-plan.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const DAY_MS = 86_400_000;
const config = Object.assign(new BackupConfig(), { min_keep: 1 });

function snapshot(id: string, daysAgo: number, changes: Partial<SnapshotOutline> = {}): SnapshotOutline {
  const created_at = new Date(NOW.getTime() - daysAgo * DAY_MS).toISOString();
  return {
    id,
    created_at,
    base: null,
    pinned: false,
    plan: 'auto',
    part_of: null,
    source: 'database',
    trigger: { type: 'scheduled' },
    location: 'regular',
    archive: null,
    size_bytes: 10,
    ...changes,
  } as SnapshotOutline;
}

const archived = (id: string, daysAgo: number, changes: Partial<SnapshotOutline> = {}): SnapshotOutline => {
  const plain = snapshot(id, daysAgo);
  return { ...plain, location: 'archived', archive: archiveName(utcDay(new Date(plain.created_at))), ...changes };
};

const ids = (snapshots: SnapshotOutline[]): string[] => snapshots.map(({ id }) => id);

describe('planCleanup', () => {
  it('looks at each snapshot a few times, however many days there are', () => {
    const looksAt = (count: number) => {
      let looks = 0;
      const watched = Array.from({ length: count }, (_, n) => {
        const { created_at, ...rest } = snapshot(`s${n}`, n / 4);
        return Object.defineProperty(rest, 'created_at', {
          enumerable: true,
          get: () => {
            looks++;
            return created_at;
          },
        }) as SnapshotOutline;
      });
      planCleanup(watched, Object.assign(new BackupConfig(), { retention_days: 365 }), NOW);
      return looks;
    };
    expect(looksAt(1200)).toBeLessThan(2.6 * looksAt(600));
  });

  it('has nothing to do while everything is young', () => {
    const plan = planCleanup([snapshot('a', 0), snapshot('b', 14)], config, NOW);
    expect(isIdle(plan)).toBe(true);
    expect(plan.kept.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('packs old days whole and does not pack what it deletes', () => {
    const plan = planCleanup(
      [snapshot('new', 0), snapshot('x', 15.9), snapshot('y', 15.6), snapshot('gone', 32)],
      config,
      NOW,
    );
    expect(plan.days.map(({ day, snapshots }) => [day, ids(snapshots)])).toEqual(
      [['2026-02-13', ['x', 'y']]].map(([d, s]) => [d, s]),
    );
    expect(ids(plan.expiredRegular)).toEqual(['gone']);
    expect([countArchived(plan), countDeleted(plan)]).toEqual([2, 1]);
  });

  it('does not try again and again to pack a snapshot that is known to be damaged', () => {
    const plan = planCleanup([snapshot('new', 0), snapshot('x', 15.9, { is_valid: false })], config, NOW);
    expect(isIdle(plan)).toBe(true);
  });

  it('deletes differentials before the full one they build on', () => {
    const plan = planCleanup(
      [snapshot('new', 0), snapshot('full', 33), snapshot('diff', 32.9, { base: 'full' })],
      config,
      NOW,
    );
    expect(ids(plan.expiredRegular)).toEqual(['diff', 'full']);
  });

  it('deletes a snapshot of several parts before its parts, whatever these build on', () => {
    const parts = [
      snapshot('part-diff', 32.8, { base: 'part', part_of: 'whole' }),
      snapshot('part', 32.8, { part_of: 'whole' }),
    ];
    const plan = planCleanup([snapshot('new', 0), ...parts, snapshot('whole', 32.9, { source: 'full' })], config, NOW);
    expect(ids(plan.expiredRegular)).toEqual(['whole', 'part-diff', 'part']);
  });

  it('empties archives of what has expired and leaves a pinned snapshot in its archive', () => {
    const pinned = archived('pinned', 40, { pinned: true });
    const plan = planCleanup([snapshot('new', 0), pinned, archived('old', 40)], config, NOW);
    expect(plan.expiredArchived).toEqual([
      { archive: pinned.archive, snapshots: [expect.objectContaining({ id: 'old' })] },
    ]);
    expect(plan.kept).toContainEqual({ id: 'pinned', reasons: ['pinned'] });
  });

  it('keeps the base of what it keeps', () => {
    const plan = planCleanup(
      [snapshot('new', 0), archived('full', 40), archived('diff', 40, { base: 'full', pinned: true })],
      config,
      NOW,
    );
    expect(countDeleted(plan)).toBe(0);
    expect(plan.kept).toContainEqual({ id: 'full', reasons: ['base_of:diff'] });
  });

  it('never empties the folder, and packs, deletes or keeps each snapshot without contradiction', () => {
    const some = fc.array(
      fc.record({
        daysAgo: fc.double({ min: 0, max: 80, noNaN: true }),
        isArchived: fc.boolean(),
        pinned: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(some, (specs) => {
        const all = specs.map(({ daysAgo, isArchived, pinned }, n) =>
          (isArchived ? archived : snapshot)(`s${n}`, daysAgo, { pinned }),
        );
        const plan = planCleanup(all, config, NOW);
        const deleted = [
          ...ids(plan.expiredRegular),
          ...plan.expiredArchived.flatMap(({ snapshots }) => ids(snapshots)),
        ];
        const packed = plan.days.flatMap(({ snapshots }) => ids(snapshots));
        const kept = plan.kept.map(({ id }) => id);
        expect(kept.length).toBeGreaterThan(0);
        expect([...kept, ...deleted].sort()).toEqual(ids(all).sort());
        expect(packed.every((id) => kept.includes(id))).toBe(true);
        expect(all.filter(({ pinned }) => pinned).every(({ id }) => kept.includes(id))).toBe(true);
      }),
    );
  });
});
