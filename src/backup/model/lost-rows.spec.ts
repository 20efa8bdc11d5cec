import { describe, expect, it } from 'vitest';
import { lostRows } from './lost-rows.js';

const holding = (rows: Record<string, number>) =>
  Object.fromEntries(Object.entries(rows).map(([table, count]) => [table, { rows: count }]));
const warning = (had: Record<string, number>, left: Record<string, number>, chosen: string[] | null = null) =>
  lostRows({ id: 'earlier', tables: holding(had) }, holding(left), chosen)?.message ?? null;

describe('lostRows', () => {
  it('tells when all tables are empty, or gone', () => {
    expect(warning({ a: 5, b: 1 }, { a: 0, b: 0 })).toMatch(/^All 6 rows in snapshot earlier are missing/);
    expect(warning({ a: 1 }, {})).toMatch(/^All 1 rows/);
  });

  it('tells when nine tenths of the rows are gone, however they were spread', () => {
    expect(warning({ a: 50, b: 50 }, { a: 0, b: 10 })).toMatch(/^90 of the 100 rows/);
    expect(warning({ a: 50, b: 50 }, { a: 1, b: 10 })).toBeNull();
    expect(warning({ a: 90, b: 10 }, { a: 0, b: 11 })).toBeNull();
  });

  it('says nothing of a database that was empty, or grew', () => {
    expect(warning({ a: 0 }, { a: 0 })).toBeNull();
    expect(warning({}, {})).toBeNull();
    expect(warning({ a: 1 }, { a: 2, b: 0 })).toBeNull();
  });

  it('looks at the chosen tables only', () => {
    expect(warning({ a: 1, b: 1000 }, { a: 1 }, ['a'])).toBeNull();
    expect(warning({ a: 10, b: 1000 }, { a: 1, b: 1000 }, ['a'])).toMatch(/^9 of the 10 rows/);
  });
});
