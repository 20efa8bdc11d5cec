import { describe, expect, it } from 'vitest';
import { matchingOf } from './matching.js';

const table = (columns: string[], primaryKey: string[] = []) => ({
  columns: columns.map((name) => ({ name, type: '' })),
  primaryKey,
});

describe('matchingOf', () => {
  it('takes the primary key where both have the same, and rows as they are printed', () => {
    expect(matchingOf(table(['a', 'b'], ['a']), table(['a', 'b'], ['a']))).toEqual({
      key: ['a'],
      columns: null,
      onlyBefore: [],
      onlyAfter: [],
    });
  });

  it.each([
    ['none has a key', [], []],
    ['only one has a key', ['a'], []],
    ['the keys differ', ['a'], ['b']],
    ['the keys are in another order', ['a', 'b'], ['b', 'a']],
  ])('takes the whole row where %s', (_, before, after) => {
    expect(matchingOf(table(['a', 'b'], before), table(['a', 'b'], after))).toMatchObject({ key: null, columns: null });
  });

  it('compares the common columns where the others differ, and names those', () => {
    expect(matchingOf(table(['id', 'old', 'b'], ['id']), table(['b', 'id', 'new'], ['id']))).toEqual({
      key: ['id'],
      columns: ['id', 'b'],
      onlyBefore: ['old'],
      onlyAfter: ['new'],
    });
  });

  it('compares column by column where only their order differs', () => {
    expect(matchingOf(table(['a', 'b']), table(['b', 'a']))).toMatchObject({ columns: ['a', 'b'], onlyBefore: [] });
  });

  it('gives up where no column is common, but not on tables without any', () => {
    expect(matchingOf(table(['a']), table(['b']))).toBeNull();
    expect(matchingOf(table([]), table([]))).toMatchObject({ key: null, columns: null });
  });
});
