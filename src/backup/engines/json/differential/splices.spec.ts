import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spliceLines, splitLines } from './splices.js';

const line = fc.oneof(
  fc.constantFrom('{}', '{"a":1}', '{"a":2}', '{"a":3}', '{"a":",\\n"}'),
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => JSON.stringify({ text })),
);
const lines = fc.array(line, { maxLength: 40 }).map((rows) => rows.map((row) => `${row}\n`));

describe('splices of lines', () => {
  it('turn the base into what is there now, in ascending order', () => {
    fc.assert(
      fc.property(lines, lines, fc.nat(1000), (base, now, at) => {
        const result: string[] = [];
        let next = at;
        for (const splice of spliceLines(at, Buffer.from(base.join('')), Buffer.from(now.join('')))) {
          expect(splice.at).toBeGreaterThanOrEqual(next);
          expect(splice.drop + splice.lines.length).toBeGreaterThan(0);
          result.push(...base.slice(next - at, splice.at - at), ...splitLines(splice.lines).map(String));
          next = splice.at + splice.drop;
        }
        expect([...result, ...base.slice(next - at)]).toEqual(now);
      }),
      { numRuns: 1000 },
    );
  });

  it('tell lines apart by their bytes', () => {
    const [base, now] = ['e\u0301\n', '\u00e9\n'].map((text) => Buffer.from(text));
    expect([...spliceLines(0, base!, now!)]).toEqual([{ at: 0, drop: 1, lines: now }]);
  });

  it('are none where nothing changed', () => {
    fc.assert(
      fc.property(lines, (rows) => {
        const bytes = Buffer.from(rows.join(''));
        expect([...spliceLines(7, bytes, bytes)]).toEqual([]);
      }),
    );
  });
});
