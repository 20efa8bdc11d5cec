import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineBench } from '../support/engine-bench.js';
import { dump, everyValue } from '../support/sqlite-oracle.js';

let bench: EngineBench;

beforeEach(async () => {
  bench = await EngineBench.open();
});
afterEach(() => bench.close());

function sql<T>(run: (database: Database.Database) => T): T {
  const database = new Database(bench.databasePath);
  try {
    return run(database);
  } finally {
    database.close();
  }
}
const execute = (statements: string) => sql((database) => void database.exec(statements));

/** For databases that are too large to print. */
function fingerprint(): string {
  return sql((database) => {
    const hash = createHash('sha256');
    for (const row of database.prepare('SELECT * FROM t ORDER BY id').raw().safeIntegers().iterate() as Iterable<
      unknown[]
    >)
      for (const value of row) hash.update(value instanceof Buffer ? value : String(value)).update('\0');
    return hash.digest('hex');
  });
}

describe('sizes', () => {
  it.each([0, 1, 400, 401, 1200, 1999])('a table of %i columns beside its key', async (count) => {
    const columns = Array.from({ length: count }, (_, n) => `"column ${n}"`);
    execute(`CREATE TABLE t (${['id INTEGER PRIMARY KEY', ...columns].join(', ')})`);
    sql((database) => {
      const insert = (value: (n: number) => unknown) =>
        database.prepare(`INSERT INTO t VALUES (NULL${', ?'.repeat(count)})`).run(columns.map((_, n) => value(n)));
      insert((n) => n);
      insert((n) => [null, 'text', 1.5, Buffer.from([0]), Infinity][n % 5]);
      if (count > 0)
        database.prepare('UPDATE t SET "column 0" = CAST(? AS TEXT) WHERE id = 2').run(Buffer.from([0x61, 0xff]));
    });
    const before = everyValue(bench.databasePath);
    const snapshot = await bench.capture();
    execute('DELETE FROM t');
    await bench.restore(snapshot);
    expect(everyValue(bench.databasePath)).toEqual(before);
  });

  it.each<[string, (database: Database.Database) => void]>([
    [
      'a row with a blob of 30 MB',
      (database) => database.exec('INSERT INTO t VALUES (1, randomblob(30000000)), (2, 1)'),
    ],
    [
      'a text of 30 MB',
      (database) => database.exec(`INSERT INTO t VALUES (1, hex(zeroblob(15000000)) || char(10, 34)), (2, 'é')`),
    ],
    [
      '40 rows of 3 MB after many small ones',
      (database) =>
        database.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT i, 'small' FROM n;
          WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO t SELECT 10000 + i, hex(randomblob(1500000)) FROM n`),
    ],
    [
      '100,000 tiny rows',
      (database) =>
        database.exec(
          'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO t SELECT i * 3, i FROM n',
        ),
    ],
  ])('%s', async (_, fill) => {
    execute('CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)');
    sql(fill);
    const before = fingerprint();
    const snapshot = await bench.capture();
    expect((await stat(snapshot.document.path)).size).toBe(snapshot.manifest.file_size_bytes);
    execute('DELETE FROM t WHERE id > 1; UPDATE t SET v = NULL');
    await bench.restore(snapshot);
    expect(fingerprint()).toBe(before);
  });

  it.each<[string, string, Record<string, number>]>([
    ['an empty database', '', {}],
    ['a table without rows', 'CREATE TABLE t (id INTEGER PRIMARY KEY)', { t: 0 }],
    [
      'an empty table between others',
      'CREATE TABLE a (x); CREATE TABLE b (x); CREATE TABLE c (x); INSERT INTO a VALUES (1); INSERT INTO c VALUES (1)',
      { a: 1, b: 0, c: 1 },
    ],
    ['only virtual tables that keep nothing', `CREATE VIRTUAL TABLE f USING fts5(x, content='')`, {}],
    [
      'names of 500 characters',
      `CREATE TABLE "${'t'.repeat(500)}" ("${'ü'.repeat(500)}" TEXT, b); INSERT INTO "${'t'.repeat(500)}" VALUES ('x', 1)`,
      { ['t'.repeat(500)]: 1 },
    ],
    [
      '500 tables',
      Array.from({ length: 500 }, (_, n) => `CREATE TABLE t${n} (id INTEGER PRIMARY KEY AUTOINCREMENT)`).join(';'),
      { ...Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`t${n}`, 0])), sqlite_sequence: 0 },
    ],
  ])('%s', async (_, statements, rows) => {
    execute(`PRAGMA user_version = 7; ${statements}`);
    const before = dump(bench.databasePath);
    const snapshot = await bench.capture();
    expect(
      Object.fromEntries(Object.entries(snapshot.manifest.tables).map(([name, table]) => [name, table.rows])),
    ).toEqual(rows);
    await bench.restore(snapshot);
    expect(dump(bench.databasePath)).toBe(before);
  });
});
