import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Aligner, type Region } from './aligner.js';

const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { maxLength: 60 });

function regionsOf(base: readonly string[], now: readonly string[], flushAt: readonly number[] = []): Region<string>[] {
  const aligner = new Aligner<string>(base);
  const regions: (Region<string> | null)[] = [];
  now.forEach((key, n) => {
    regions.push(aligner.push(key, key));
    if (flushAt.includes(n)) regions.push(aligner.flush());
  });
  return [...regions, aligner.end()].filter((region) => region !== null);
}

function replaced(base: readonly string[], regions: readonly Region<string>[]): string[] {
  const result: string[] = [];
  let at = 0;
  for (const { from, to, added } of regions) {
    expect(from).toBeGreaterThanOrEqual(at);
    expect(to).toBeGreaterThanOrEqual(from);
    result.push(...base.slice(at, from), ...added);
    at = to;
  }
  return [...result, ...base.slice(at)];
}

describe('aligning', () => {
  it('gives regions that turn the base into the sequence, wherever pending items are given out', () => {
    fc.assert(
      fc.property(keys, keys, fc.array(fc.nat(60)), (base, now, flushAt) => {
        expect(replaced(base, regionsOf(base, now, flushAt))).toEqual(now);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives exactly what changed where every key is there once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(99), fc.nat(3), (length, place, dropped) => {
        const base = Array.from({ length }, (_, n) => String(n));
        const at = Math.min(place, length - 1);
        const now = [...base.slice(0, at), 'new', ...base.slice(at + dropped)];
        expect(regionsOf(base, now)).toEqual([{ from: at, to: Math.min(length, at + dropped), added: ['new'] }]);
      }),
    );
  });

  it('gives nothing where nothing changed', () => {
    fc.assert(
      fc.property(keys, (base) => {
        expect(regionsOf(base, base)).toEqual([]);
      }),
    );
  });

  it('stays usable with hundreds of thousands of items that are equal', () => {
    const base = Array.from({ length: 400_000 }, (_, n) => String(n % 3));
    expect(regionsOf(base, ['1', ...base.slice(5)])).toEqual([
      { from: 0, to: 1, added: [] },
      { from: 399_997, to: 400_000, added: [] },
    ]);
  });
});
