import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { databaseOption } from './database-option.js';
import { commaSeparated, moment, wholeNumber } from './option-values.js';

describe('moment', () => {
  it.each([
    ['2026-01-30', '2026-01-30T00:00:00.000Z'],
    ['2026-01-30T12:00', '2026-01-30T12:00:00.000Z'],
    ['2026-01-30 12:00:05', '2026-01-30T12:00:05.000Z'],
    ['2026-01-30T12:00:00+03:00', '2026-01-30T09:00:00.000Z'],
  ])('reads %s as %s, whatever the time zone of the machine', (text, at) => expect(moment(text)).toBe(at));

  it.each(['', 'yesterday', '30.01.2026', '2026-13-01', '1'])('refuses %j', (text) => {
    expect(() => moment(text)).toThrow(InvalidArgumentError);
  });
});

describe('lists and numbers', () => {
  it('are joined over several options', () =>
    expect(commaSeparated('c', commaSeparated('a,b,', undefined))).toEqual(['a', 'b', 'c']));
  it.each(['-1', '1.5', '1e3', '', '0'])('refuses %j', (text) =>
    expect(() => wholeNumber(1)(text)).toThrow(InvalidArgumentError),
  );
  it('refuses an empty list', () => expect(() => commaSeparated(',', undefined)).toThrow(InvalidArgumentError));
});

describe('databaseOption', () => {
  const read = (address: string, env: NodeJS.ProcessEnv = {}) => databaseOption('--to', address, env);

  it('takes the password out of the environment of the database it is for', () => {
    const env = { PGPASSWORD: 'p@ss/w', MYSQL_PWD: 'm' };
    expect(read('postgres://app@db:5432/shop', env)).toBe('postgres://app:p%40ss%2Fw@db:5432/shop');
    expect(read('mysql://app@db/shop', env)).toBe('mysql://app:m@db/shop');
    expect(read('postgres://app@a:1,b:2/shop', env)).toBe('postgres://app:p%40ss%2Fw@a:1,b:2/shop');
    expect(read('postgres://%2Frun%2Fpostgresql/shop', env)).toBe('postgres://:p%40ss%2Fw@%2Frun%2Fpostgresql/shop');
    expect(read('postgres:///shop?host=/run', env)).toBe('postgres://:p%40ss%2Fw@/shop?host=/run');
    expect(read('postgres://app@db/shop')).toBe('postgres://app@db/shop');
    expect(read('sqlite:./a.sqlite', env)).toBe('sqlite:./a.sqlite');
  });

  it.each([
    'postgres://a:secret@db/x',
    'postgresql://a:se@cret@db/x',
    'mariadb://:secret@db/x',
    'mysql://a:sec/ret@db/x',
    'postgres://a@db/x?password=secret',
  ])('refuses %s and does not repeat it', (address) => {
    expect(() => read(address)).toThrow(/^--to contains a password/);
    expect(() => read(address)).not.toThrow(/secret|cret/);
  });

  it('refuses what is no address', () => expect(() => read('./a.sqlite')).toThrow('--to must be a URL'));
});
