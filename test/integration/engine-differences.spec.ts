import { rm } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SchemaDifference } from '../../src/backup/engines/database.engine.js';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { useChildren } from '../support/inline-tasks.js';
import { createTraps, dump } from '../support/sqlite-oracle.js';

let bench: EngineBench;

beforeEach(async () => {
  bench = await EngineBench.open(new InlineEngine());
});
afterEach(() => bench.close());

function execute(statements: string): void {
  const database = new Database(bench.databasePath);
  try {
    database.pragma('foreign_keys = off');
    database.exec(statements);
  } finally {
    database.close();
  }
}
function query(statement: string): unknown[] {
  const database = new Database(bench.databasePath);
  try {
    return database.prepare(statement).raw().all();
  } finally {
    database.close();
  }
}
const differences = async (restoring: Promise<unknown>): Promise<SchemaDifference[]> => {
  const error = (await restoring.then(
    () => undefined,
    (reason: unknown) => reason,
  )) as { code: string; details: { differences: SchemaDifference[] } };
  expect(error).toMatchObject({ code: 'SCHEMA_MISMATCH' });
  return error.details.differences;
};

const MIGRATIONS = `CREATE TABLE migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, "timestamp" bigint NOT NULL, name varchar NOT NULL);
  INSERT INTO migrations ("timestamp", name) VALUES (1700000000000, 'First1700000000000');`;
const USERS = `CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INT); INSERT INTO users VALUES (1, 'a', 30), (2, 'b', NULL);`;

describe('a schema that is not the snapshot’s', () => {
  it.each<[string, string, Partial<SchemaDifference>[]]>([
    ['a table is gone', 'DROP TABLE users', [{ table: 'users', column: null }]],
    ['a table is new', 'CREATE TABLE extra (a)', [{ table: 'extra', column: null }]],
    ['a column is new', 'ALTER TABLE users ADD COLUMN name TEXT', [{ table: 'users', column: 'name' }]],
    ['a column is gone', 'ALTER TABLE users DROP COLUMN age', [{ table: 'users', column: 'age' }]],
    [
      'a column is renamed',
      'ALTER TABLE users RENAME COLUMN age TO years',
      [
        { table: 'users', column: 'age' },
        { table: 'users', column: 'years' },
      ],
    ],
    [
      'a type differs',
      'DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age REAL)',
      [{ table: 'users', column: 'age' }],
    ],
    [
      'null is not allowed any more',
      `DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL DEFAULT '', age INT)`,
      [{ table: 'users', column: 'email' }],
    ],
    [
      'a column is computed now',
      `DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INT AS (id))`,
      [{ table: 'users', column: 'age' }],
    ],
    [
      'the key is another one',
      'DROP TABLE users; CREATE TABLE users (id INTEGER, email TEXT PRIMARY KEY, age INT)',
      [{ table: 'users', column: null }],
    ],
    [
      'the table is STRICT now',
      'DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INT) STRICT',
      [{ table: 'users', column: null }],
    ],
    [
      'the table is WITHOUT ROWID now',
      'DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INT) WITHOUT ROWID',
      [
        { table: 'users', column: 'id' },
        { table: 'users', column: null },
      ],
    ],
    [
      'a key is sorted the other way',
      'DROP TABLE pairs; CREATE TABLE pairs (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID',
      [{ table: 'pairs', column: null }],
    ],
    [
      'a migration ran',
      `INSERT INTO migrations ("timestamp", name) VALUES (1800000000000, 'Second1800000000000')`,
      [{ table: '(migrations)', column: null }],
    ],
    ['a migration was taken back', 'DELETE FROM migrations', [{ table: '(migrations)', column: null }]],
  ])('is refused and told: %s', async (_, change, expected) => {
    execute(`${MIGRATIONS} ${USERS} CREATE TABLE pairs (a, b, PRIMARY KEY (a DESC, b)) WITHOUT ROWID`);
    const snapshot = await bench.capture();
    execute(change);
    const before = dump(bench.databasePath);
    const found = await differences(bench.restore(snapshot));
    expect(found).toEqual(expected.map((difference) => expect.objectContaining(difference)));
    expect(await bench.engine.checkRestorable({ database: bench.target, snapshot, tables: null })).toEqual(found);
    expect(dump(bench.databasePath)).toBe(before);
  });

  it('concerns only the chosen tables where tables are chosen', async () => {
    execute(`${USERS} CREATE TABLE posts (id INTEGER PRIMARY KEY)`);
    const snapshot = await bench.capture();
    execute('DROP TABLE posts; DELETE FROM users');
    expect(await differences(bench.restore(snapshot))).toHaveLength(1);
    await bench.restore(snapshot, { tables: ['users'] });
    expect(query('SELECT count(*) FROM users')).toEqual([[2]]);
  });

  describe('by a process of its own', () => {
    useChildren();

    it('sees a migration that was under way when the restore asked for the lock', async () => {
      execute(`PRAGMA journal_mode = wal; ${USERS}`);
      const snapshot = await bench.capture();
      const migration = new Database(bench.databasePath);
      migration.exec('BEGIN IMMEDIATE; ALTER TABLE users ADD COLUMN name TEXT');
      const child = await EngineBench.open();
      const restoring = child.engine.restore({
        database: bench.target,
        snapshot,
        tables: null,
        allowSchemaChanges: false,
      });
      const found = differences(restoring);
      await new Promise((resolve) => setTimeout(resolve, 600)); // long enough for the child to be waiting; too short still passes
      migration.exec('COMMIT');
      migration.close();
      expect(await found).toEqual([expect.objectContaining({ table: 'users', column: 'name' })]);
      await child.close();
    });
  });
});

describe('a restore that may meet another schema', () => {
  const restoreAnyway = async (snapshot: Awaited<ReturnType<EngineBench['capture']>>, tables?: string[]) =>
    bench.restore(snapshot, { allowSchemaChanges: true, ...(tables && { tables }) });

  it('gives new columns their default, leaves out old ones, and says so', async () => {
    execute(USERS);
    const snapshot = await bench.capture();
    execute(
      `ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'student'; ALTER TABLE users DROP COLUMN age; DELETE FROM users`,
    );
    const { warnings } = await restoreAnyway(snapshot);
    expect(query('SELECT id, email, role FROM users')).toEqual([
      [1, 'a', 'student'],
      [2, 'b', 'student'],
    ]);
    expect(warnings).toContainEqual(expect.stringMatching(/"users" no longer has "age"/));
  });

  it('creates again what was dropped, with its indexes and triggers, and leaves a new table alone', async () => {
    execute(`${USERS} CREATE TABLE kept (a); CREATE INDEX dropped_on_purpose ON kept (a); CREATE UNIQUE INDEX by_email ON users (email);
      CREATE TRIGGER users_trigger AFTER INSERT ON users BEGIN INSERT INTO kept VALUES (new.id); END; CREATE VIEW grown_up AS SELECT * FROM users WHERE age > 17`);
    const before = query('SELECT type, name FROM sqlite_schema ORDER BY 1, 2').filter(
      (row) => (row as string[])[1] !== 'dropped_on_purpose',
    );
    const snapshot = await bench.capture();
    execute(
      'DROP TABLE users; DROP VIEW grown_up; DROP INDEX dropped_on_purpose; CREATE TABLE extra (a); INSERT INTO extra VALUES (1)',
    );
    const { warnings } = await restoreAnyway(snapshot);
    expect(query('SELECT * FROM users')).toEqual([
      [1, 'a', 30],
      [2, 'b', null],
    ]);
    expect(query(`SELECT type, name FROM sqlite_schema WHERE name <> 'extra' ORDER BY 1, 2`)).toEqual(before);
    expect(query('SELECT * FROM extra')).toEqual([[1]]);
    expect(query('SELECT * FROM kept')).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('creates a chosen table again with its indexes, and nothing else', async () => {
    execute(`${USERS} CREATE TABLE posts (id INTEGER PRIMARY KEY, t); CREATE UNIQUE INDEX by_email ON users (email); CREATE INDEX by_t ON posts (t);
      CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END; CREATE VIEW v AS SELECT * FROM users`);
    const snapshot = await bench.capture();
    execute('DROP VIEW v; DROP TABLE users; DROP TABLE posts');
    const { warnings } = await restoreAnyway(snapshot, ['users']);
    expect(query('SELECT name FROM sqlite_schema ORDER BY name')).toEqual([['by_email'], ['t'], ['users']]);
    expect(query('SELECT count(*) FROM users')).toEqual([[2]]);
    expect(warnings).toEqual([]);
  });

  it('undoes everything where a new column must have a value and has no default', async () => {
    execute(USERS);
    const snapshot = await bench.capture();
    execute(
      `DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INT, role TEXT NOT NULL); INSERT INTO users VALUES (9, 'x', 1, 'r')`,
    );
    const before = dump(bench.databasePath);
    await expect(restoreAnyway(snapshot)).rejects.toMatchObject({
      code: 'CONSTRAINT_VIOLATION',
      message: expect.stringMatching(/users\.role/),
    });
    expect(dump(bench.databasePath)).toBe(before);
  });

  it.each([
    ['unique', 'CREATE UNIQUE INDEX u ON users (age)'],
    ['check', 'DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INT CHECK (age > 40))'],
    [
      'foreign key',
      'CREATE TABLE roles (id INTEGER PRIMARY KEY); DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INT REFERENCES roles(id))',
    ],
    ['type', 'DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY, email INT, age INT) STRICT'],
  ])('undoes everything where the rows break a new constraint (%s)', async (_, change) => {
    execute(`${USERS} INSERT INTO users VALUES (3, 'c', 30)`);
    const snapshot = await bench.capture();
    execute(`DELETE FROM users; ${change}`);
    const before = dump(bench.databasePath);
    await expect(restoreAnyway(snapshot)).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATION' });
    expect(dump(bench.databasePath)).toBe(before);
  });

  it('takes a STRICT table’s rows into one that is not, as far as that keeps them', async () => {
    execute(`CREATE TABLE t (a ANY) STRICT; INSERT INTO t VALUES ('1'), (1.5)`);
    const snapshot = await bench.capture();
    execute('DROP TABLE t; CREATE TABLE t (a ANY)');
    const { warnings } = await restoreAnyway(snapshot);
    expect(query('SELECT a FROM t')).toEqual([[1], [1.5]]); // NUMERIC affinity makes a number of the text
    expect(warnings).toEqual([expect.stringMatching(/"t" has another schema now/)]);
  });

  it('brings everything back into an empty database, broken references and migrations too', async () => {
    createTraps(bench.databasePath);
    execute(`CREATE VIRTUAL TABLE notes USING fts5(body); INSERT INTO notes (rowid, body) VALUES (5, 'hello');
      CREATE VIRTUAL TABLE found USING fts5(v, content='audited', content_rowid='id'); INSERT INTO found (found) VALUES ('rebuild');
      INSERT INTO tree VALUES (90, 91); DROP TABLE sqlite_stat1; DROP TABLE sqlite_stat4`);
    const before = dump(bench.databasePath).split('\n').filter(isComparable).sort();
    const snapshot = await bench.capture();
    for (const ending of ['', '-wal', '-shm']) await rm(bench.databasePath + ending, { force: true });
    execute('');
    expect(dump(bench.databasePath)).not.toContain('CREATE');

    const { warnings } = await restoreAnyway(snapshot);

    expect(dump(bench.databasePath).split('\n').filter(isComparable).sort()).toEqual(before);
    expect(query(`SELECT rowid FROM notes WHERE notes MATCH 'hello'`)).toEqual([[5]]);
    expect(query(`SELECT rowid FROM found WHERE found MATCH 'a'`)).toEqual([[1]]);
    expect(warnings).toEqual([expect.stringMatching(/"tree" → "tree" \(1 rows\)/)]);
    expect((await bench.capture()).manifest.tables).toEqual(snapshot.manifest.tables);
    expect(await bench.engine.checkRestorable({ database: bench.target, snapshot, tables: null })).toEqual([]);
  });

  /** The order in the schema may differ, and so may how an index has laid itself out in its shadow tables. */
  const isComparable = (line: string) => !/(notes|found)_(data|idx|docsize|config|content)/.test(line);
});

describe('chosen tables', () => {
  const SCHEMA = `CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
    CREATE TABLE posts (id INTEGER PRIMARY KEY AUTOINCREMENT, author INTEGER REFERENCES users(id) ON DELETE CASCADE);
    INSERT INTO users (name) VALUES ('a'), ('b'); INSERT INTO posts (author) VALUES (1), (2), (2);`;

  it('are the only ones that change, with their sequences', async () => {
    execute(SCHEMA);
    const snapshot = await bench.capture();
    execute(
      `INSERT INTO users (name) VALUES ('c'); UPDATE users SET name = 'changed'; DELETE FROM posts WHERE id = 3; INSERT INTO posts (author) VALUES (1)`,
    );
    const { tables } = await bench.restore(snapshot, { tables: ['users'] });
    expect(tables).toEqual({ users: { rows: 2 } });
    expect(query('SELECT * FROM users')).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(query('SELECT * FROM posts')).toEqual([
      [1, 1],
      [2, 2],
      [4, 1],
    ]);
    expect(query('SELECT name, seq FROM sqlite_sequence ORDER BY name')).toEqual([
      ['posts', 4],
      ['users', 2],
    ]);
  });

  it('are refused where they would break a foreign key, naming both tables', async () => {
    execute(SCHEMA);
    const snapshot = await bench.capture();
    execute(`INSERT INTO users (name) VALUES ('c'); INSERT INTO posts (author) VALUES (3)`);
    const before = dump(bench.databasePath);
    await expect(bench.restore(snapshot, { tables: ['users'] })).rejects.toMatchObject({
      code: 'CONSTRAINT_VIOLATION',
      message: expect.stringMatching(/"posts" → "users" \(1 rows\)/),
    });
    expect(dump(bench.databasePath)).toBe(before);
  });

  it('are not refused for a reference that was broken before', async () => {
    execute(`${SCHEMA} INSERT INTO posts (author) VALUES (77)`);
    const snapshot = await bench.capture();
    execute(`UPDATE users SET name = 'changed'`);
    await bench.restore(snapshot, { tables: ['users'] });
    expect(query('SELECT name FROM users')).toEqual([['a'], ['b']]);
  });

  it('may bring a broken reference of their own back, which is then told', async () => {
    execute(`${SCHEMA} INSERT INTO posts (author) VALUES (77)`);
    const snapshot = await bench.capture();
    execute('DELETE FROM posts');
    const { warnings } = await bench.restore(snapshot, { tables: ['posts', 'users'] });
    expect(warnings).toEqual([expect.stringMatching(/"posts" → "users" \(1 rows\)/)]);
  });

  it.each([['nobody'], ['sqlite_sequence'], ['sqlite_schema'], ['USERS'], ['__proto__'], ['']])(
    'that the snapshot does not have are refused: %j',
    async (table) => {
      execute(SCHEMA);
      const snapshot = await bench.capture();
      const before = dump(bench.databasePath);
      await expect(bench.restore(snapshot, { tables: ['users', table] })).rejects.toMatchObject({
        code: 'TABLE_NOT_FOUND',
      });
      expect(dump(bench.databasePath)).toBe(before);
    },
  );

  it('may be none, which changes nothing', async () => {
    execute(SCHEMA);
    const snapshot = await bench.capture();
    execute('DELETE FROM posts');
    const before = dump(bench.databasePath);
    await bench.restore(snapshot, { tables: [] });
    expect(dump(bench.databasePath)).toBe(before);
  });
});
