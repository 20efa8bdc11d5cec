import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';

describe('canonical JSON', () => {
  it('has no white space, sorted names and no undefined fields', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'é"\n' }], a: undefined, '10': true, '9': -0.5 })).toBe(
      '{"10":true,"9":-0.5,"b":[1,{"c":"é\\"\\n","d":null}]}',
    );
  });

  it('says the same whatever the order of members, and loses nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const read = JSON.parse(canonicalJson(value)) as unknown;
        expect(read).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, reversed(member)]);
  return Object.fromEntries(members.reverse()) as unknown;
}
