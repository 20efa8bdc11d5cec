import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { dump } from '../support/sqlite-oracle.js';

let bench: EngineBench;

beforeEach(async () => {
  bench = await EngineBench.open(new InlineEngine());
});
afterEach(() => bench.close());

function sql<T = unknown>(run: (database: Database.Database) => T): T {
  const database = new Database(bench.databasePath);
  try {
    return run(database);
  } finally {
    database.close();
  }
}
const execute = (statements: string) => sql((database) => void database.exec(statements));
const query = (statement: string) => sql((database) => database.prepare(statement).raw().all());

describe('full-text and R-tree indexes', () => {
  it.each([
    ['fts5', 'USING fts5(title, body, extra UNINDEXED)', `title MATCH 'hello'`],
    [
      'fts5 with options',
      `USING fts5(title, body, extra, tokenize = 'porter unicode61', prefix='2 3')`,
      `title MATCH 'hel*'`,
    ],
    ['fts4', 'USING fts4(title, body, extra)', `title MATCH 'hello'`],
    ['fts3', 'USING fts3(title, body, extra)', `title MATCH 'hello'`],
  ])('%s with content of its own comes back with its rowids', async (_, definition, condition) => {
    const queries = [
      `SELECT rowid, title, typeof(extra), hex(extra) FROM notes WHERE ${condition} ORDER BY rowid`,
      `SELECT rowid, * FROM notes ORDER BY rowid`,
    ];
    execute(`CREATE VIRTUAL TABLE notes ${definition};
      INSERT INTO notes (rowid, title, body, extra) VALUES (-7, 'hello world', 'a', 1), (42, 'hello', '日本', 'x'), (9000000000, 'bye', NULL, NULL);
      INSERT INTO notes (title) VALUES ('hello again'); DELETE FROM notes WHERE rowid = 42;`);
    const before = queries.map(query);
    expect(before[0]).toHaveLength(2);
    const snapshot = await bench.capture();
    execute(`DELETE FROM notes; INSERT INTO notes (rowid, title) VALUES (1, 'hello nobody')`);

    const { warnings } = await bench.restore(snapshot);

    expect(queries.map(query)).toEqual(before);
    expect(warnings).toEqual([]);
    expect(Object.keys(snapshot.manifest.tables)).toEqual(['notes']);
    execute(`INSERT INTO notes (notes) VALUES ('integrity-check')`);
  });

  it('keeps the language of an FTS4 row', async () => {
    execute(
      `CREATE VIRTUAL TABLE notes USING fts4(body, languageid="lid"); INSERT INTO notes (body, lid) VALUES ('hello', 3)`,
    );
    const snapshot = await bench.capture();
    execute('DELETE FROM notes');
    await bench.restore(snapshot);
    expect(query(`SELECT docid, body, lid FROM notes WHERE body MATCH 'hello' AND lid = 3`)).toEqual([[1, 'hello', 3]]);
  });

  it.each([
    ['fts5', `CREATE VIRTUAL TABLE search USING fts5(title, content='posts', content_rowid='id')`],
    [
      'fts5 over a view',
      `CREATE VIEW shown AS SELECT id, title FROM posts; CREATE VIRTUAL TABLE search USING fts5(title, content=shown, content_rowid=id)`,
    ],
    ['fts4', `CREATE VIRTUAL TABLE search USING fts4(title, content="posts")`],
  ])('%s over another table follows its new rows', async (_, definition) => {
    execute(`CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT); ${definition};
      CREATE TRIGGER indexed AFTER INSERT ON posts BEGIN INSERT INTO search (rowid, title) VALUES (new.id, new.title); END;
      INSERT INTO posts VALUES (5, 'hello'), (6, 'world')`);
    const found = () => query(`SELECT rowid, title FROM search WHERE search MATCH 'hello' ORDER BY rowid`);
    const before = found();
    expect(before).toEqual([[5, 'hello']]);
    const snapshot = await bench.capture();
    expect(Object.keys(snapshot.manifest.tables)).toEqual(['posts']);
    execute(`INSERT INTO search (search) VALUES ('rebuild'); UPDATE posts SET title = 'other'; INSERT INTO posts VALUES (7, 'hello');
      INSERT INTO search (search) VALUES ('rebuild')`);
    expect(found()).toEqual([[7, 'hello']]);

    const { warnings } = await bench.restore(snapshot);

    expect(found()).toEqual(before);
    expect(warnings).toEqual([]);
  });

  it('restores the rest where a full-text index has lost the table it describes', async () => {
    execute(`CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO posts VALUES (1, 'a');
      CREATE VIRTUAL TABLE search USING fts5(title, content='gone', content_rowid='id')`);
    const snapshot = await bench.capture();
    execute('DELETE FROM posts');
    const { warnings } = await bench.restore(snapshot);
    expect(query('SELECT * FROM posts')).toEqual([[1, 'a']]);
    expect(warnings).toEqual([expect.stringMatching(/"search" could not be rebuilt/)]);
  });

  it('leaves a contentless index alone and says so', async () => {
    execute(`CREATE VIRTUAL TABLE search USING fts5(title, content=''); INSERT INTO search (rowid, title) VALUES (1, 'hello');
      CREATE TABLE posts (id INTEGER PRIMARY KEY)`);
    const snapshot = await bench.capture();
    expect(Object.keys(snapshot.manifest.tables)).toEqual(['posts']);
    const { warnings } = await bench.restore(snapshot);
    expect(query(`SELECT rowid FROM search WHERE search MATCH 'hello'`)).toEqual([[1]]);
    expect(warnings).toEqual([expect.stringMatching(/"search" stores no content/)]);
  });

  it.each([
    [
      'R-tree',
      `USING rtree(id, x0, x1, y0, y1, +name TEXT, +bytes BLOB)`,
      `(1, 0.1, 1.5, -2, 3e30, 'é', x'00ff'), (-9, 0, 0, 0, 0, NULL, 'text')`,
    ],
    [
      'integer R-tree',
      `USING rtree_i32(id, x0, x1, y0, y1, +name, +bytes)`,
      `(1, 1, 2, -2147483648, 2147483647, 1.5, x'')`,
    ],
  ])('%s comes back with its auxiliary columns', async (_, definition, rows) => {
    execute(`CREATE VIRTUAL TABLE area ${definition}; INSERT INTO area VALUES ${rows}`);
    const content = () => [
      query('SELECT * FROM area ORDER BY id'),
      query('SELECT id FROM area WHERE x0 >= 0 AND x1 <= 2 ORDER BY id'),
    ];
    const before = content();
    const snapshot = await bench.capture();
    execute('DELETE FROM area; INSERT INTO area (id, x0, x1, y0, y1) VALUES (77, 1, 2, 3, 4)');
    await bench.restore(snapshot);
    expect(content()).toEqual(before);
    expect(query(`SELECT rtreecheck('area')`)).toEqual([['ok']]);
  });

  it('geopoly comes back with its shapes', async () => {
    execute(
      `CREATE VIRTUAL TABLE shapes USING geopoly(name); INSERT INTO shapes (_shape, name) VALUES ('[[0,0],[1,0],[0.5,1],[0,0]]', 'a')`,
    );
    const content = () => query('SELECT rowid, geopoly_json(_shape), name FROM shapes ORDER BY rowid');
    const before = content();
    const snapshot = await bench.capture();
    execute('DELETE FROM shapes');
    await bench.restore(snapshot);
    expect(content()).toEqual(before);
  });

  it('restores after a VACUUM, which lists virtual tables behind their shadow tables', async () => {
    execute(
      `CREATE VIRTUAL TABLE notes USING fts5(body); INSERT INTO notes VALUES ('hello'); CREATE TABLE t (a); VACUUM`,
    );
    const snapshot = await bench.capture();
    execute('DELETE FROM notes');
    await bench.restore(snapshot);
    expect(query(`SELECT * FROM notes WHERE notes MATCH 'hello'`)).toEqual([['hello']]);
  });
});

describe('indexes, triggers and views', () => {
  const SCHEMA = `
    CREATE TABLE audit (what TEXT);
    CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE, role TEXT);
    CREATE INDEX by_role ON users (role) WHERE role <> 'x';
    CREATE VIEW admins AS SELECT * FROM users WHERE role = 'admin';
    CREATE TRIGGER log_insert AFTER INSERT ON users BEGIN INSERT INTO audit VALUES ('+' || new.email); END;
    CREATE TABLE other (id INTEGER PRIMARY KEY, user INTEGER REFERENCES users(id) ON DELETE CASCADE);
    CREATE INDEX other_user ON other (user);
    CREATE TRIGGER log_delete BEFORE DELETE ON users BEGIN INSERT INTO audit VALUES ('-' || old.email); END;
    CREATE TRIGGER through INSTEAD OF INSERT ON admins BEGIN INSERT INTO users (email, role) VALUES (new.email, 'admin'); END;
    CREATE TRIGGER users AFTER UPDATE ON users BEGIN INSERT INTO audit VALUES ('named like its table'); END;
    CREATE UNIQUE INDEX expression ON users (lower(email), id DESC);
    INSERT INTO users (email, role) VALUES ('a', 'admin'), ('b', 'student'), ('c', 'admin');
    INSERT INTO other VALUES (1, 1), (2, 2);`;
  const schema = () =>
    query(
      `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL ORDER BY rowid`,
    );
  const statistics = () => [
    query('SELECT * FROM sqlite_stat1 ORDER BY 1, 2'),
    query('SELECT * FROM sqlite_stat4 ORDER BY 1, 2, 3, 4, 5'),
  ];

  it('stay as they were, in their order, with what the planner knows; no trigger fires', async () => {
    execute(`${SCHEMA} ANALYZE`);
    const before = { dump: dump(bench.databasePath), schema: schema(), statistics: statistics() };
    expect(before.statistics[1]!.length).toBeGreaterThan(0);
    const snapshot = await bench.capture();
    execute(`PRAGMA foreign_keys = on; DELETE FROM users; INSERT INTO admins (email) VALUES ('new')`);

    await bench.restore(snapshot);

    expect(dump(bench.databasePath)).toBe(before.dump);
    expect({ schema: schema(), statistics: statistics() }).toEqual({
      schema: before.schema,
      statistics: before.statistics,
    });
    expect(query('PRAGMA integrity_check')).toEqual([['ok']]);
    execute(`INSERT INTO admins (email) VALUES ('after')`);
    expect(query('SELECT * FROM users ORDER BY id DESC LIMIT 1')).toEqual([[4, 'after', 'admin']]);
    expect(query('SELECT what FROM audit')).toContainEqual(['+after']);
  });

  it('of a chosen table work as before, and those of others are not touched', async () => {
    execute(`${SCHEMA} ANALYZE`);
    const before = { schema: schema(), statistics: statistics(), audit: query('SELECT * FROM audit') };
    const snapshot = await bench.capture();
    execute(`UPDATE other SET user = 2`);
    await bench.restore(snapshot, { tables: ['users'] });
    const byName = (rows: unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
    expect(byName(schema())).toEqual(byName(before.schema));
    expect(statistics()).toEqual(before.statistics);
    expect(query('SELECT * FROM audit')).toEqual(before.audit);
    expect(query('SELECT * FROM other')).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it.each([
    ['higher than any key', 100],
    ['lower than the highest key', 1],
    ['at its end', '9223372036854775807'],
  ])('an AUTOINCREMENT sequence %s comes back', async (_, seq) => {
    execute(
      `CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO a VALUES (3), (7); UPDATE sqlite_sequence SET seq = ${seq}`,
    );
    const before = dump(bench.databasePath);
    const snapshot = await bench.capture();
    execute('DELETE FROM a; DELETE FROM sqlite_sequence; INSERT INTO a DEFAULT VALUES');
    await bench.restore(snapshot);
    expect(dump(bench.databasePath)).toBe(before);
  });

  it('a table that had never a key drawn has none afterwards', async () => {
    execute(`CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)`);
    const before = dump(bench.databasePath);
    const snapshot = await bench.capture();
    execute('INSERT INTO a DEFAULT VALUES');
    await bench.restore(snapshot);
    expect(dump(bench.databasePath)).toBe(before);
  });

  it.each([
    ['a table that is not there', 'CREATE TABLE child (parent REFERENCES nowhere(id))'],
    ['a column that is not unique', 'CREATE TABLE parent (id); CREATE TABLE child (parent REFERENCES parent(id))'],
  ])('a foreign key to %s does not stand in the way', async (_, definition) => {
    execute(`PRAGMA foreign_keys = off; ${definition}; INSERT INTO child VALUES (1)`);
    const before = dump(bench.databasePath);
    const snapshot = await bench.capture();
    execute('PRAGMA foreign_keys = off; DELETE FROM child');
    const { warnings } = await bench.restore(snapshot);
    expect(dump(bench.databasePath)).toBe(before);
    expect(warnings).toEqual([expect.stringMatching(/"child"/)]);
  });
});
