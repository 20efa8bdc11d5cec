import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { dump } from '../support/sqlite-oracle.js';

let bench: EngineBench;

beforeEach(async () => {
  bench = await EngineBench.open(new InlineEngine());
});
afterEach(() => bench.close());

/**
 * Plays the application: the sqlite3 program takes strings in double quotes, and has functions (`sha3`, `regexp`) and collations (`uint`) that our SQLite
 * has not.
 */
const application = (sql: string): string =>
  execFileSync('sqlite3', ['-bail', bench.databasePath], { input: sql, encoding: 'utf8' });

/** Writes statements into the schema that nobody would accept, as a database may have got them from an application with a module of its own. */
const smuggle = (type: string, name: string, sql: string): string =>
  application(`.dbconfig defensive off
    PRAGMA writable_schema = on; INSERT INTO sqlite_schema VALUES ('${type}', '${name}', '${name}', 0, '${sql}');`);

const removeDatabase = async () => {
  for (const ending of ['', '-wal', '-shm']) await rm(bench.databasePath + ending, { force: true });
};
const emptyDatabase = async () => {
  await removeDatabase();
  new Database(bench.databasePath).exec('CREATE TABLE x (y); DROP TABLE x').close();
};

const SCHEMAS: [string, string][] = [
  [
    'a CHECK',
    `CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT CHECK (s IN ("a","b"))); INSERT INTO t VALUES (1, 'a'), (2, 'b');`,
  ],
  [
    'a partial and an expression index',
    `CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'a');
     CREATE INDEX only_a ON t (id) WHERE s = "a"; CREATE UNIQUE INDEX longer ON t (s || "!" || id);`,
  ],
  [
    'constraints that bring indexes',
    `CREATE TABLE "or der" (a TEXT UNIQUE, b TEXT CHECK (b <> "x"), c, PRIMARY KEY (b, c DESC), UNIQUE (c, a));
     INSERT INTO "or der" VALUES ('1', 'b', 3), (NULL, 'c', 4), ('2', 'a', x'00');
     CREATE TABLE w (a TEXT UNIQUE, b TEXT CHECK (b <> "x"), c, UNIQUE (c), PRIMARY KEY (b COLLATE NOCASE, a)) WITHOUT ROWID;
     INSERT INTO w VALUES ('1', 'B', 3), ('2', 'a', 4), ('3', 'b', NULL); CREATE INDEX of_w ON w (c, a);
     CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, s CHECK (s <> "x")); INSERT INTO n (s) VALUES ('p'), ('q'); DELETE FROM n WHERE id = 2;
     CREATE TABLE st (id INT PRIMARY KEY, s TEXT CHECK (s <> "x"), x ANY) STRICT; INSERT INTO st VALUES (1, 's', 1.0);`,
  ],
  [
    'a generated column',
    `CREATE TABLE t (s TEXT, g TEXT AS (s || "!") STORED, h TEXT AS (s || "?"), UNIQUE (h)); INSERT INTO t VALUES ('a'), ('b'); CREATE INDEX by_g ON t (g);`,
  ],
  [
    'a view and triggers',
    `CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT); CREATE VIEW v AS SELECT id, sha3(s) AS s FROM t WHERE s <> "x";
     CREATE TRIGGER a AFTER INSERT ON t WHEN new.s = "a" BEGIN UPDATE t SET s = sha3("b") WHERE id = new.id; END;
     CREATE TRIGGER t INSTEAD OF INSERT ON v BEGIN INSERT INTO t (s) VALUES (new.s || "!"); END;
     INSERT INTO t (s) VALUES ('a'), ('c');`,
  ],
  [
    'functions in constraints and computed columns',
    `CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT CHECK (s REGEXP '^x'), h AS (sha3(s)), d DEFAULT (sha3('d'))); INSERT INTO t (s) VALUES ('xa'), ('xb');`,
  ],
  ['a collation that no index uses', `CREATE TABLE t (s TEXT COLLATE uint); INSERT INTO t VALUES ('a10'), ('a9');`],
];

describe('what our SQLite would not accept as a statement', () => {
  it.each(SCHEMAS)('comes back in place, whole and by tables: %s', async (_, schema) => {
    application(schema);
    const before = dump(bench.databasePath);
    const snapshot = await bench.capture();
    const tables = Object.keys(snapshot.manifest.tables).filter((name) => name !== 'sqlite_sequence');
    const disturb = () => application(tables.map((name) => `DELETE FROM "${name}";`).join(''));

    disturb();
    expect(await bench.engine.checkRestorable({ database: bench.target, snapshot, tables: null })).toEqual([]);
    expect(await bench.restore(snapshot)).toMatchObject({ warnings: [], missing: [] });
    expect(dump(bench.databasePath)).toBe(before);
    expect(application('PRAGMA integrity_check')).toBe('ok\n');

    disturb();
    expect(await bench.restore(snapshot, { tables })).toMatchObject({ warnings: [] });
    expect(application('PRAGMA integrity_check')).toBe('ok\n');
    expect((await bench.capture()).manifest.tables).toEqual(snapshot.manifest.tables);
  });

  it.each(SCHEMAS)('is built in an empty database: %s', async (_, schema) => {
    application(schema);
    const before = dump(bench.databasePath);
    const snapshot = await bench.capture();
    await emptyDatabase();
    expect(await bench.restore(snapshot, { allowSchemaChanges: true })).toMatchObject({ warnings: [], missing: [] });
    expect(dump(bench.databasePath)).toBe(before);
    expect(application('PRAGMA integrity_check')).toBe('ok\n');
    expect(await bench.engine.checkRestorable({ database: bench.target, snapshot, tables: null })).toEqual([]);
    expect(
      await bench.engine.compare({ before: { snapshot }, after: { database: bench.target, at: 'now' } }),
    ).toMatchObject({
      tables: Object.keys(snapshot.manifest.tables).map((table) => ({ table, inserted: 0, deleted: 0 })),
    });
  });

  it('is a virtual table of the application’s module: what it keeps in tables comes back', async () => {
    application(
      `CREATE TABLE found_data (id INTEGER PRIMARY KEY, block BLOB); INSERT INTO found_data VALUES (1, x'00')`,
    );
    smuggle('table', 'found', 'CREATE VIRTUAL TABLE found USING their_module(a, b)');
    const before = dump(bench.databasePath);
    const snapshot = await bench.capture();
    expect(Object.keys(snapshot.manifest.tables)).toEqual(['found_data']);
    application('DELETE FROM found_data');
    await bench.restore(snapshot);
    expect(dump(bench.databasePath)).toBe(before);
    await emptyDatabase();
    expect(await bench.restore(snapshot, { allowSchemaChanges: true })).toMatchObject({ warnings: [], missing: [] });
    expect(dump(bench.databasePath).split('\n').sort()).toEqual(before.split('\n').sort());
  });
});

/** Makes a constraint of a table that holds rows already, as if its statement had always been this one. */
const constrain = (table: string, sql: string): string =>
  `\n.dbconfig defensive off\nPRAGMA writable_schema = on; UPDATE sqlite_schema SET sql = '${sql}' WHERE name = '${table}';
   UPDATE sqlite_schema SET sql = replace(sql, 'CREATE INDEX', 'CREATE UNIQUE INDEX') WHERE sql LIKE 'CREATE INDEX became_unique%';
   UPDATE sqlite_schema SET sql = NULL, name = 'sqlite_autoindex_${table}_1' WHERE sql LIKE 'CREATE INDEX became_constraint%';
   PRAGMA writable_schema = reset;`;

describe('rows that break the rules of their own table', () => {
  it.each<[string, string]>([
    [
      'a foreign key whose parent has no such key',
      `PRAGMA foreign_keys = off; CREATE TABLE p (a INT); CREATE TABLE t (x INT REFERENCES p (a)); INSERT INTO p VALUES (1); INSERT INTO t VALUES (1), (2);`,
    ],
    [
      'a CHECK',
      `CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0)); PRAGMA ignore_check_constraints = on; INSERT INTO t VALUES (1, -1), (2, 2);`,
    ],
    [
      'NOT NULL',
      `CREATE TABLE t (id INTEGER PRIMARY KEY, n INT); INSERT INTO t VALUES (1, NULL), (2, 2), (9, NULL); CREATE INDEX by_n ON t (n DESC);
       ${constrain('t', 'CREATE TABLE t (id INTEGER PRIMARY KEY, n INT NOT NULL)')}`,
    ],
    [
      'NOT NULL, and a conflict clause that would change the rows',
      `CREATE TABLE t (a INT, b REAL, c AS (a + 1), d TEXT); INSERT INTO t VALUES (1, 1.0, 'x'), (NULL, 2.5, 'y'), (3, NULL, NULL);
       ${constrain('t', 'CREATE TABLE t (a INT NOT NULL ON CONFLICT IGNORE, b REAL NOT NULL ON CONFLICT REPLACE DEFAULT 7, c AS (a + 1), d TEXT)')}`,
    ],
    [
      'a unique index',
      `CREATE TABLE t (n INT, s TEXT); INSERT INTO t VALUES (1, 'a'), (1, 'a'), (2, 'b'); CREATE INDEX became_unique ON t (s COLLATE NOCASE, n);
       ${constrain('t', 'CREATE TABLE t (n INT, s TEXT)')}`,
    ],
    [
      'UNIQUE ON CONFLICT REPLACE',
      `CREATE TABLE t (n INT, s TEXT); INSERT INTO t VALUES (1, 'a'), (1, 'b'), (2, 'b'); CREATE INDEX became_constraint ON t (n);
       ${constrain('t', 'CREATE TABLE t (n INT UNIQUE ON CONFLICT REPLACE, s TEXT)')}`,
    ],
    [
      'a STRICT type',
      `CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, x ANY); INSERT INTO t VALUES (1, 'text', x'00'), (2, 2.5, 1), (3, 3, '1');
       ${constrain('t', 'CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, x ANY) STRICT')}`,
    ],
    [
      'NOT NULL without a rowid',
      `CREATE TABLE t (a TEXT COLLATE NOCASE, b, n INT, PRIMARY KEY (b DESC, a)) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1, NULL), ('X', 2, 2), ('a', 2, 3);
       ${constrain('t', 'CREATE TABLE t (a TEXT COLLATE NOCASE, b, n INT NOT NULL, PRIMARY KEY (b DESC, a)) WITHOUT ROWID')}`,
    ],
    [
      'a foreign key',
      `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (p INT REFERENCES p(id)); INSERT INTO t VALUES (7);`,
    ],
  ])('come back as they were, in place and into an empty database: %s', async (what, sql) => {
    application(sql);
    const before = dump(bench.databasePath);
    const state = application('PRAGMA integrity_check');
    if (!what.startsWith('a foreign key')) expect(state).not.toBe('ok\n');
    const snapshot = await bench.capture();
    application('DELETE FROM t');

    const inPlace = await bench.restore(snapshot);
    expect(dump(bench.databasePath)).toBe(before);
    expect(application('PRAGMA integrity_check')).toBe(state);

    await emptyDatabase();
    const intoEmpty = await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(dump(bench.databasePath)).toBe(before);
    expect(application('PRAGMA integrity_check')).toBe(state);
    const expected = what.startsWith('a foreign key')
      ? [expect.stringMatching(/"t" → "p" \(1 rows\)|could not be checked/)]
      : [];
    for (const outcome of [inPlace, intoEmpty]) expect(outcome).toMatchObject({ warnings: expected, missing: [] });
  });

  it('are refused by a constraint that the snapshot does not know', async () => {
    application(`CREATE TABLE t (n INT); INSERT INTO t VALUES (-1);`);
    const snapshot = await bench.capture();
    application(`DROP TABLE t; CREATE TABLE t (n INT CHECK (n > 0));`);
    const before = dump(bench.databasePath);
    await expect(bench.restore(snapshot)).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATION' });
    expect(dump(bench.databasePath)).toBe(before);
  });
});

describe('what only the application can write', () => {
  const UNWRITABLE: [string, string, RegExp][] = [
    [
      'an index of its collation',
      `CREATE TABLE t (s TEXT); INSERT INTO t VALUES ('a10'), ('a9'); CREATE INDEX i ON t (s COLLATE uint);`,
      /uint/,
    ],
    [
      'a unique column of its collation',
      `CREATE TABLE t (s TEXT COLLATE uint UNIQUE); INSERT INTO t VALUES ('a10'), ('a9');`,
      /uint/,
    ],
    [
      'a key of its collation',
      `CREATE TABLE t (s TEXT COLLATE uint PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES ('a10'), ('a9');`,
      /uint/,
    ],
    [
      'an index of its function',
      `CREATE TABLE t (s TEXT); INSERT INTO t VALUES ('a'); CREATE INDEX i ON t (s) WHERE regexp('a', s);`,
      /regexp/,
    ],
    [
      'a stored column of its function',
      `CREATE TABLE t (s TEXT, h AS (sha3(s)) STORED); INSERT INTO t VALUES ('a');`,
      /sha3/,
    ],
  ];
  const MORE = `CREATE TABLE other (v); INSERT INTO other VALUES (1); PRAGMA user_version = 3;`;

  it.each(UNWRITABLE)(
    '%s: refused when it is captured row by row, other tables of the database are not',
    async (_, sql, named) => {
      application(sql + MORE);
      await expect(bench.capture()).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/"t".*"native"/),
      });
      await expect(bench.capture()).rejects.toThrow(named);
      expect((await bench.captureOnly(['other'])).manifest.tables).toMatchObject({ other: { rows: 1 } });
    },
  );

  it.each(UNWRITABLE)('%s: comes back out of a native copy, in place and into a new file', async (_, sql) => {
    application(`PRAGMA journal_mode = wal; ${sql} ${MORE}`);
    const native = await EngineBench.open(new NativeEngine(new EngineHost()));
    try {
      const before = dump(bench.databasePath);
      const snapshot = await native.capture(bench.target);
      const host = new Database(bench.databasePath);
      application('DELETE FROM t; DELETE FROM other;');
      const { warnings } = await native.restore(snapshot, { target: bench.target });
      expect(warnings).toEqual([
        expect.stringMatching(/Only the application can write "t", .* copied back as a whole/),
      ]);
      expect(host.prepare('SELECT count(*) FROM other').pluck().get()).toBe(1);
      host.close();
      expect(dump(bench.databasePath)).toBe(before);
      expect(application('PRAGMA integrity_check; PRAGMA journal_mode')).toBe('ok\nwal\n');
      await removeDatabase();
      await writeFile(bench.databasePath, '');
      await native.restore(snapshot, { target: bench.target, allowSchemaChanges: true });
      expect(dump(bench.databasePath)).toBe(before);
      await native.restore(snapshot, { target: bench.target, tables: ['other'] });
      await expect(native.restore(snapshot, { target: bench.target, tables: ['t'] })).rejects.toMatchObject({
        code: expect.stringMatching(/UNSUPPORTED|TABLE_NOT_FOUND/),
      });
    } finally {
      await native.close();
    }
  });
});

describe('what a database file says beside its tables', () => {
  const SAID = ['user_version', 'application_id', 'page_size', 'auto_vacuum', 'journal_mode'];
  const pragmas = () => SAID.map((name) => application(`PRAGMA ${name}`).trim());
  const FILE = `PRAGMA page_size = 8192; PRAGMA auto_vacuum = 2; PRAGMA journal_mode = wal; PRAGMA user_version = -7; PRAGMA application_id = 252006673;
    CREATE TABLE t (a); INSERT INTO t VALUES (1);`;

  it('comes back into a file that is not there yet, in an emptied one what identifies it', async () => {
    application(FILE);
    const before = pragmas();
    expect(before).toEqual(['-7', '252006673', '8192', '2', 'wal']);
    const snapshot = await bench.capture();
    await removeDatabase();
    await writeFile(bench.databasePath, '');
    await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(pragmas()).toEqual(before);
    expect(await bench.engine.checkRestorable({ database: bench.target, snapshot, tables: null })).toEqual([]);
    await emptyDatabase();
    await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(pragmas()).toEqual(['-7', '252006673', '4096', '0', 'delete']);
  });

  it('is schema as far as it counts migrations: another user_version is a difference', async () => {
    application(FILE);
    const snapshot = await bench.capture();
    application('PRAGMA user_version = 3; PRAGMA application_id = 9');
    expect(await bench.engine.checkRestorable({ database: bench.target, snapshot, tables: null })).toEqual([
      { table: '(user_version)', column: null, difference: 'it was -7 when the snapshot was taken and is 3 now' },
    ]);
    await expect(bench.restore(snapshot)).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
    await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(pragmas().slice(0, 2)).toEqual(['3', '9']);
  });

  it('is not compared with a snapshot of a version that did not note it', async () => {
    application(FILE);
    const snapshot = await bench.capture();
    application('PRAGMA user_version = 3');
    const { pragmas, ...schema } = snapshot.manifest.schema;
    expect(pragmas).toBeDefined();
    await bench.restore({ ...snapshot, manifest: { ...snapshot.manifest, schema } });
  });
});

describe('an empty database', () => {
  it.each([
    ['no table', 'PRAGMA user_version = 5;'],
    ['a view only', 'CREATE VIEW v AS SELECT 1 AS one;'],
    ['tables without rows', 'CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE INDEX i ON t (id);'],
  ])('with %s is captured, comes back in place and as a new file', async (_, sql) => {
    application(sql);
    const state = () => [dump(bench.databasePath), application('PRAGMA user_version')];
    const before = state();
    const snapshot = await bench.capture();
    expect(await bench.restore(snapshot)).toMatchObject({ warnings: [], missing: [] });
    expect(state()).toEqual(before);
    await removeDatabase();
    await writeFile(bench.databasePath, '');
    expect(await bench.restore(snapshot, { allowSchemaChanges: true })).toMatchObject({ warnings: [], missing: [] });
    expect(state()).toEqual(before);
  });

  it('is what a restore empties a database to', async () => {
    application('CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);');
    const snapshot = await bench.capture();
    const before = dump(bench.databasePath);
    application('INSERT INTO t DEFAULT VALUES');
    await bench.restore(snapshot);
    expect(dump(bench.databasePath)).toBe(before);
  });
});
