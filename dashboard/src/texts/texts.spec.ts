import { describe, expect, it } from 'vitest';
import { en } from './en.js';
import { plurals } from './plural.js';
import { ru } from './ru.js';

/** Every text by its path; of a text with blanks, the names of nothing but that it is one. */
function paths(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [`${path} ${typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, path ? `${path}.${key}` : key));
}

describe('the languages', () => {
  it('have the same texts, those that are looked up by a code of the API included', () => {
    expect(paths(ru)).toEqual(paths(en));
  });

  it('leave none empty', () => {
    for (const texts of [en, ru]) {
      const empty: string[] = [];
      JSON.stringify(texts, (key, value: unknown) => {
        if (typeof value === 'string' && value.trim() === '') empty.push(key);
        return value;
      });
      expect(empty).toEqual([]);
    }
  });

  it('pick the form that the number asks for', () => {
    expect([1, 2, 5, 21, 1000].map(ru.common.rows)).toEqual([
      '1 строка',
      '2 строки',
      '5 строк',
      '21 строка',
      `${new Intl.NumberFormat('ru').format(1000)} строк`,
    ]);
    expect([0, 1, 2].map((count) => plurals('en')(count, { one: 'row', other: 'rows' }))).toEqual([
      '0 rows',
      '1 row',
      '2 rows',
    ]);
  });
});
