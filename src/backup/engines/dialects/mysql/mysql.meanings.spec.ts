import { describe, expect, it } from 'vitest';
import type { ServerTarget } from '../../database-target.js';
import { explain as explainDriver } from './mysql.errors.js';
import { explain as explainProgram } from '../../native/mysql/mysql.errors.js';
import { MYSQL_MEANINGS, type MysqlMeaning } from './mysql.meanings.js';

const TARGET: ServerTarget = {
  type: 'mysql',
  host: 'db.example.com',
  port: 3306,
  user: 'app',
  password: 's3cret',
  database: 'shop',
  tls: 'off',
  busyTimeoutMs: 5000,
  migrationsTable: 'migrations',
};

const EVERY_NUMBER = (Object.keys(MYSQL_MEANINGS) as MysqlMeaning[]).flatMap((meaning) =>
  MYSQL_MEANINGS[meaning].numbers.map((number) => [number, meaning] as const),
);

describe('an error of a MySQL or MariaDB server', () => {
  it('has one meaning', () => {
    const numbers = EVERY_NUMBER.map(([number]) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it.each(EVERY_NUMBER)('%i is %s, whoever asked', (number, meaning) => {
    const driver = Object.assign(new Error('what the server said'), { errno: number, code: 'ER_X', sql: 's3cret' });
    const thrown = explainDriver(driver, TARGET);
    const printed = [
      explainProgram(`ERROR ${number} (HY000) at line 3: what the server said\nINSERT 's3cret'`, 1, TARGET),
      explainProgram(`mariadb-dump: Got error: ${number}: "what the server said" when trying to connect`, 2, TARGET),
    ];
    for (const error of [thrown, ...printed]) {
      expect(error.code).toBe(MYSQL_MEANINGS[meaning].code);
      expect(JSON.stringify([error, error.message])).not.toContain('s3cret');
    }
    expect(printed[0]!.message).toContain(thrown.message.slice(0, 20));
  });

  it('that is read-only says so', () => {
    const reason = 'The MariaDB server is running with the --read-only option so it cannot execute this statement';
    const driver = Object.assign(new Error(reason), { errno: 1290, code: 'ER_OPTION_PREVENTS_STATEMENT' });
    for (const error of [
      explainDriver(driver, TARGET),
      explainProgram(`ERROR 1290 (HY000) at line 1: ${reason}`, 1, TARGET),
    ])
      expect(error.message).toMatch(/accepts no writes.*primary/);
  });

  it.each([
    [1142, 'DATABASE_UNAVAILABLE', /user "app" may not/],
    [1290, 'DATABASE_UNAVAILABLE', /refuses this: .*what the server said/],
    [1064, 'ENGINE_FAILED', /what the server said/],
  ])('%i is told as what it is', (number, code, sentence) => {
    const driver = Object.assign(new Error('what the server said'), { errno: number, code: 'ER_X' });
    for (const error of [
      explainDriver(driver, TARGET),
      explainProgram(`ERROR ${number} (42000) at line 1: what the server said`, 1, TARGET),
    ])
      expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) });
  });
});
