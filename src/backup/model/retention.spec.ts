import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  daysToArchive,
  decideRetention,
  type PlanRetention,
  type RetentionPolicy,
  type RetentionSubject,
} from './retention.js';
import { utcDay } from './snapshot-id.js';

const DAY_MS = 86_400_000;
const POLICY: RetentionPolicy = { retention_days: 30, min_keep: 1 };

const snapshot = (created_at: string, more: Partial<RetentionSubject> = {}): RetentionSubject => ({
  id: created_at,
  created_at,
  sequence: null,
  base: null,
  pinned: false,
  plan: 'auto',
  part_of: null,
  trigger: { type: 'scheduled' },
  ...more,
});

/** One that is newer than all others, so that the floor does not keep what the test is about. */
const newest = (now: string) => snapshot(now, { id: 'the newest' });

const isKept = (subject: RetentionSubject, now: string): boolean =>
  decideRetention([subject, newest(now)], POLICY, new Date(now)).kept.some(({ id }) => id === subject.id);

describe('decideRetention', () => {
  it('lets a whole day go when it ended more than retention_days ago, to the millisecond', () => {
    for (const time of ['00:00:00.000Z', '12:00:00.000Z', '23:59:59.999Z']) {
      const subject = snapshot(`2026-01-01T${time}`); // its day ends at 2026-01-02T00:00
      expect(isKept(subject, '2026-02-01T00:00:00.000Z')).toBe(true);
      expect(isKept(subject, '2026-02-01T00:00:00.001Z')).toBe(false);
    }
  });

  it('parts two days at midnight UTC', () => {
    const now = '2026-02-01T12:00:00.000Z';
    expect(isKept(snapshot('2026-01-01T23:59:59.999Z'), now)).toBe(false);
    expect(isKept(snapshot('2026-01-02T00:00:00.000Z'), now)).toBe(true);
    expect(isKept(snapshot('2026-01-02T01:00:00.000+02:00'), now)).toBe(false); // still the first of January in UTC
  });

  it('says every reason why something stays', () => {
    const base = snapshot('2026-01-01T00:00:00.000Z', { id: 'base', pinned: true });
    const child = snapshot('2026-01-01T00:10:00.000Z', { id: 'child', base: 'base' });
    const now = new Date('2026-01-01T01:00:00.000Z');
    expect(decideRetention([base, child], POLICY, now)).toEqual({
      kept: [
        { id: 'child', reasons: ['within_retention', 'newest'] },
        { id: 'base', reasons: ['within_retention', 'pinned', 'base_of:child'] },
      ],
      expired: [],
    });
  });

  it('keeps the last good backups through an outage, with the base they need', () => {
    const base = snapshot('2020-01-01T00:00:00.000Z', { id: 'base' });
    const older = snapshot('2020-01-01T06:00:00.000Z', { id: 'older', base: 'base' });
    const last = snapshot('2020-01-01T12:00:00.000Z', { id: 'last', base: 'base' });
    expect(decideRetention([older, last, base], POLICY, new Date('2026-01-01T00:00:00.000Z'))).toEqual({
      kept: [
        { id: 'last', reasons: ['newest'] },
        { id: 'base', reasons: ['base_of:last'] },
      ],
      expired: ['older'],
    });
  });

  it('needs no base for what goes anyway, and bears one that is missing', () => {
    const base = snapshot('2020-01-01T00:00:00.000Z', { id: 'base' });
    const child = snapshot('2020-01-01T12:00:00.000Z', { id: 'child', base: 'base' });
    const orphan = snapshot('2026-01-01T00:00:00.000Z', { id: 'orphan', base: 'lost' });
    const { kept, expired } = decideRetention([base, child, orphan], POLICY, new Date('2026-01-02T00:00:00.000Z'));
    expect(kept.map(({ id }) => id)).toEqual(['orphan']);
    expect(expired).toEqual(['child', 'base']);
  });

  it('decides on nothing', () => {
    expect(decideRetention([], POLICY, new Date())).toEqual({ kept: [], expired: [] });
  });
});

const NOW = Date.parse('2026-03-01T10:30:00.000Z');
const policies = fc.record({
  retention_days: fc.integer({ min: 1, max: 40 }),
  min_keep: fc.integer({ min: 1, max: 8 }),
});

/** Some weeks of snapshots as they really are: a differential's base is a full one of the same or an earlier time. */
const histories: fc.Arbitrary<RetentionSubject[]> = fc
  .array(
    fc.record({
      age: fc.integer({ min: 0, max: 60 * DAY_MS }),
      pinned: fc.boolean(),
      differential: fc.boolean(),
      pick: fc.nat(),
    }),
    { maxLength: 40 },
  )
  .map((drawn) => {
    const oldestFirst = [...drawn].sort((a, b) => b.age - a.age);
    const fulls: string[] = [];
    return oldestFirst.map(({ age, pinned, differential, pick }, index) => {
      const id = `s${index}`;
      const base = differential && fulls.length > 0 ? fulls[pick % fulls.length]! : null;
      if (base === null) fulls.push(id);
      return snapshot(new Date(NOW - age).toISOString(), { id, base, pinned });
    });
  })
  .chain((subjects) => fc.shuffledSubarray(subjects, { minLength: subjects.length }));

describe('decideRetention, whatever the history', () => {
  const check = (
    property: (subjects: RetentionSubject[], policy: RetentionPolicy, kept: Map<string, string[]>) => void,
  ) =>
    fc.assert(
      fc.property(histories, policies, (subjects, policy) => {
        const { kept } = decideRetention(subjects, policy, new Date(NOW));
        property(subjects, policy, new Map(kept.map(({ id, reasons }) => [id, reasons])));
      }),
    );

  it('decides on each snapshot exactly once, newest first, and gives a reason for whatever stays', () => {
    fc.assert(
      fc.property(histories, policies, (subjects, policy) => {
        const { kept, expired } = decideRetention(subjects, policy, new Date(NOW));
        const decided = [...kept.map(({ id }) => id), ...expired];
        expect([...decided].sort()).toEqual(subjects.map(({ id }) => id).sort());
        for (const { reasons } of kept) expect(reasons.length).toBeGreaterThan(0);
        const ages = kept.map(({ id }) => Date.parse(subjects.find((subject) => subject.id === id)!.created_at));
        expect(ages).toEqual([...ages].sort((a, b) => b - a));
      }),
    );
  });

  it('never removes the newest min_keep', () => {
    check((subjects, { min_keep }, kept) => {
      const times = subjects.map(({ created_at }) => Date.parse(created_at)).sort((a, b) => b - a);
      const newest = subjects.filter(({ created_at }) => Date.parse(created_at) > (times[min_keep] ?? -Infinity));
      for (const { id } of newest) expect(kept.get(id)).toContain('newest');
      expect(kept.size).toBeGreaterThanOrEqual(Math.min(min_keep, subjects.length));
      expect([...kept.values()].filter((reasons) => reasons.includes('newest'))).toHaveLength(
        Math.min(min_keep, subjects.length),
      );
    });
  });

  it('never removes what is pinned, nor the base of what stays', () => {
    check((subjects, _policy, kept) => {
      for (const { id, base, pinned } of subjects) {
        if (pinned) expect(kept.get(id)).toContain('pinned');
        if (base !== null && kept.has(id)) expect(kept.get(base)).toContain(`base_of:${id}`);
      }
    });
  });

  it('never removes what is within its time, and by age alone treats a day as one', () => {
    check((subjects, { retention_days }, kept) => {
      const verdicts = new Map<string, boolean>();
      for (const { id, created_at } of subjects) {
        const within = kept.get(id)?.includes('within_retention') ?? false;
        if (NOW - Date.parse(created_at) <= retention_days * DAY_MS) expect(within).toBe(true);
        if (NOW - Date.parse(created_at) > (retention_days + 1) * DAY_MS) expect(within).toBe(false);
        const day = utcDay(new Date(created_at));
        expect(verdicts.get(day) ?? within).toBe(within);
        verdicts.set(day, within);
      }
    });
  });

  it('keeps nothing without one of these reasons, each of them true', () => {
    check((subjects, _policy, kept) => {
      for (const [id, reasons] of kept) {
        for (const reason of reasons) {
          if (reason === 'pinned') expect(subjects.find((subject) => subject.id === id)!.pinned).toBe(true);
          else if (reason.startsWith('base_of:')) {
            const child = subjects.find((subject) => subject.id === reason.slice('base_of:'.length))!;
            expect(child.base).toBe(id);
            expect(kept.has(child.id)).toBe(true);
          } else expect(['within_retention', 'newest']).toContain(reason);
        }
      }
    });
  });

  it('does not depend on the order it is given', () => {
    fc.assert(
      fc.property(histories, policies, (subjects, policy) => {
        const sorted = [...subjects].sort((a, b) => (a.id < b.id ? -1 : 1));
        expect(decideRetention(subjects, policy, new Date(NOW))).toEqual(
          decideRetention(sorted, policy, new Date(NOW)),
        );
      }),
    );
  });
});

describe('the limits of plans', () => {
  const now = new Date('2026-01-10T00:00:00.000Z');
  const daily = (plan: string, days: number[], more: Partial<RetentionSubject> = {}) =>
    days.map((day) => snapshot(`2026-01-0${day}T12:00:00.000Z`, { id: `${plan}${day}`, plan, ...more }));
  const keptOf = (subjects: RetentionSubject[], plans: PlanRetention[], policy = POLICY) =>
    decideRetention(subjects, policy, now, plans)
      .kept.map(({ id }) => id)
      .sort();

  it('keep at most so many of a plan, whatever the others keep', () => {
    const plans = [{ name: 'a', keepLast: 2, retentionDays: null }];
    expect(keptOf([...daily('a', [1, 2, 3, 4]), ...daily('b', [1, 2, 3])], plans)).toEqual([
      'a3',
      'a4',
      'b1',
      'b2',
      'b3',
    ]);
  });

  it('apply together: the stricter of number and age', () => {
    const subjects = daily('a', [1, 2, 5, 7, 8]);
    expect(keptOf(subjects, [{ name: 'a', keepLast: 5, retentionDays: 3 }])).toEqual(['a7', 'a8']);
    expect(keptOf(subjects, [{ name: 'a', keepLast: 1, retentionDays: 3 }])).toEqual(['a8']);
  });

  it('never go below the floor, which every plan has for itself and no plan has above its own number', () => {
    const old = [...daily('a', [1, 2, 3]), ...daily('b', [1, 2, 3])];
    const policy = { retention_days: 1, min_keep: 2 };
    expect(keptOf(old, [], policy)).toEqual(['a2', 'a3', 'b2', 'b3']);
    expect(keptOf(old, [{ name: 'a', keepLast: 1, retentionDays: null }], policy)).toEqual(['a3', 'b2', 'b3']);
  });

  it('spare the base that a kept one needs', () => {
    const subjects = [...daily('a', [1]), ...daily('a', [2, 3], { base: 'a1' })];
    expect(keptOf(subjects, [{ name: 'a', keepLast: 1, retentionDays: null }])).toEqual(['a1', 'a3']);
  });

  it('count a snapshot of several parts as one, whose parts stay and go with it', () => {
    const whole = (day: number) =>
      [
        ...daily('full', [day]),
        ...daily('full', [day], { id: `database${day}`, part_of: `full${day}` }),
        ...daily('full', [day], { id: `files${day}`, part_of: `full${day}` }),
      ].map((subject) => (subject.part_of ? { ...subject, id: `${subject.id.replace(/\d/, '')}${day}` } : subject));
    const plans = [{ name: 'full', keepLast: 1, retentionDays: null }];
    expect(keptOf([...whole(1), ...whole(2)], plans)).toEqual(['database2', 'files2', 'full2']);
    const lonely = daily('full', [1], { id: 'lonely', part_of: 'never-made' });
    expect(keptOf(lonely, plans)).toEqual(['lonely']);
  });

  it('let neither what failed captures leave, nor what undoes restores, drive out the last whole backup', () => {
    const plans = [{ name: 'a', keepLast: 2, retentionDays: null }];
    const lonely = daily('a', [3, 4, 5], { part_of: 'never-made' });
    expect(keptOf([...daily('a', [1, 2]), ...lonely], plans)).toEqual(['a1', 'a2', 'a4', 'a5']);
    const safety = daily('a', [3, 4, 5], { trigger: { type: 'safety' } });
    expect(keptOf([...daily('a', [1, 2]), ...safety], plans)).toEqual(['a1', 'a2', 'a4', 'a5']);
    const old = { retention_days: 1, min_keep: 1 };
    expect(keptOf([...daily('a', [1, 2]), ...lonely], [], old)).toEqual(['a2', 'a5']);
    expect(keptOf([...lonely, ...daily('a', [6, 7])], plans)).toEqual(['a6', 'a7']);
  });
});

describe('daysToArchive', () => {
  it('takes whole days that ended long enough ago, oldest first, each once', () => {
    const regular = [
      '2026-01-03T00:00:00.000Z',
      '2026-01-01T23:59:59.999Z',
      '2026-01-01T00:00:00.000Z',
      '2026-01-02T08:00:00.000Z',
    ];
    const now = (text: string) =>
      daysToArchive(
        regular.map((at) => snapshot(at)),
        14,
        new Date(text),
      );
    expect(now('2026-01-16T00:00:00.000Z')).toEqual([]);
    expect(now('2026-01-16T00:00:00.001Z')).toEqual(['2026-01-01']);
    expect(now('2026-01-17T00:00:00.001Z')).toEqual(['2026-01-01', '2026-01-02']);
    expect(now('2026-01-19T00:00:00.000Z')).toEqual(['2026-01-01', '2026-01-02', '2026-01-03']);
  });

  it('never takes today', () => {
    expect(daysToArchive([snapshot('2026-01-01T00:00:00.000Z')], 0, new Date('2026-01-01T23:59:59.999Z'))).toEqual([]);
  });
});

describe('the floor of newest snapshots', () => {
  it('is made of sound ones: a damaged snapshot does not stand in for a good backup', () => {
    const old = (id: string, hour: number, is_valid: boolean | null) => ({
      id,
      created_at: `2020-01-01T0${hour}:00:00.000Z`,
      sequence: null,
      base: null,
      pinned: false,
      plan: 'auto',
      part_of: null,
      trigger: { type: 'scheduled' as const },
      is_valid,
    });
    const { kept, expired } = decideRetention(
      [old('sound', 1, true), old('unchecked', 2, null), old('damaged', 3, false)],
      { retention_days: 30, min_keep: 2 },
      new Date('2026-01-01T00:00:00.000Z'),
    );
    expect(kept.map(({ id }) => id)).toEqual(['unchecked', 'sound']);
    expect(expired).toEqual(['damaged']);
  });
});
