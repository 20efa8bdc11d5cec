import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takenLastFirst, type TakenSnapshot } from './order-of-taking.js';

const at = (day: number, sequence: number | null, id = `s${day}`): TakenSnapshot => ({
  id,
  created_at: new Date(Date.UTC(2026, 0, day)).toISOString(),
  sequence,
});
const ids = (snapshots: readonly TakenSnapshot[]): string[] => takenLastFirst(snapshots).map(({ id }) => id);

describe('the order of taking', () => {
  it('is that of the sequence, whatever the clock said', () => {
    expect(ids([at(1, 1), at(300, 2), at(2, 3)])).toEqual(['s2', 's300', 's1']);
  });

  it('is that of the time where nothing was counted, then of the id', () => {
    expect(ids([at(2, null), at(1, null), at(3, null, 'a'), at(3, null, 'b')])).toEqual(['b', 'a', 's2', 's1']);
  });

  it('puts what an older version took between the counted ones by its time', () => {
    expect(ids([at(1, null), at(2, 1), at(3, null), at(300, 2), at(4, 3), at(5, null)])).toEqual([
      's5',
      's4',
      's300',
      's3',
      's2',
      's1',
    ]);
  });

  it('does not depend on the order of the list', () => {
    const snapshots = fc.uniqueArray(
      fc.record({
        day: fc.integer({ min: 1, max: 20 }),
        sequence: fc.option(fc.integer({ min: 1, max: 20 })),
        id: fc.string(),
      }),
      { selector: ({ id }) => id, maxLength: 12 },
    );
    fc.assert(
      fc.property(snapshots, (drawn) => {
        const list = drawn.map(({ day, sequence, id }) => at(day, sequence, id));
        expect(ids([...list].reverse())).toEqual(ids(list));
      }),
    );
  });
});
