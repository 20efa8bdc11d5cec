import { describe, expect, it } from 'vitest';
import { COUNTERS, isCounter, MARIADB_SEQUENCES, withoutCounters } from './counters.js';

describe('Counters', () => {
  it.each([...Object.entries(COUNTERS), ['mysql', MARIADB_SEQUENCES]] as [string, string][])(
    'of %s are told from its tables',
    (type, name) => {
      expect(isCounter(type, name)).toBe(true);
      expect(isCounter(type, 'users')).toBe(false);
      expect(Object.keys(withoutCounters(type, { users: 1, [name]: 2 }))).toEqual(['users']);
    },
  );

  it('are those of their own database only: another one may have a table of that name', () => {
    expect(isCounter('postgres', 'sqlite_sequence')).toBe(false);
    expect(isCounter('mysql', 'sqlite_sequence')).toBe(false);
    expect(isCounter('sqlite', 'pg_catalog.pg_sequences')).toBe(false);
    expect(isCounter('__proto__', 'sqlite_sequence')).toBe(false);
  });
});
