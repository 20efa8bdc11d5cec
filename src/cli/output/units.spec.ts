import { describe, expect, it } from 'vitest';
import { ageInWords, countInWords, countOf, sizeInWords, timeInWords, tookInWords } from './units.js';

describe('what people read', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.0 MB'],
    [5e9, '5.0 GB'],
  ])('%i bytes are %s', (bytes, words) => expect(sizeInWords(bytes)).toBe(words));

  it.each([
    ['2026-01-30T12:00:00.000Z', '0 s ago'],
    ['2026-01-30T11:58:31.000Z', '1 min ago'],
    ['2026-01-29T12:00:00.000Z', '1 day ago'],
    ['2026-01-27T12:00:00.000Z', '3 days ago'],
    ['2026-01-30T15:00:00.000Z', 'in 3 h'],
  ])('%s was %s', (at, words) => expect(ageInWords(at, new Date('2026-01-30T12:00:00.000Z'))).toBe(words));

  it('counts, times and durations', () => {
    expect([countInWords(999), countInWords(1_234_567)]).toEqual(['999', '1 234 567']);
    expect([countOf(1, 'row'), countOf(0, 'row')]).toEqual(['1 row', '0 rows']);
    expect([tookInWords(39.4), tookInWords(61_000)]).toEqual(['39 ms', '1 min']);
    expect(timeInWords('2026-01-30T12:05:30.123Z')).toBe('2026-01-30 12:05:30 UTC');
  });
});
