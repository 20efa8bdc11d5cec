import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { TableComparison } from '../../src/backup/model/comparison.js';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { createTraps, disturb } from '../support/sqlite-oracle.js';

const UNCHANGED = { inserted: 0, updated: 0, deleted: 0 };

describe('comparing', () => {
  let bench: EngineBench;

  beforeEach(async () => {
    bench = await EngineBench.open();
  });
  afterEach(() => bench.close());

  function sql(statements: string): void {
    const database = new Database(bench.databasePath);
    database.exec(statements);
    database.close();
  }

  const live = () => ({ database: bench.target, at: '2026-01-30T12:00:00.000Z' });

  async function compare(before: StoredSnapshot, after: StoredSnapshot): Promise<Record<string, TableComparison>> {
    const { tables } = await bench.engine.compare({ before: { snapshot: before }, after: { snapshot: after } });
    return Object.fromEntries(tables.map((table) => [table.table, table]));
  }

  async function rows(before: StoredSnapshot, after: StoredSnapshot, table: string, offset = 0, limit = 100) {
    const request = { before: { snapshot: before }, after: { snapshot: after }, table, offset, limit };
    const page = JSON.parse(await text(await bench.engine.compareRows(request))) as { rows: unknown[]; total: number };
    return page;
  }

  /** Two snapshots of one table, which is made by the one statement and changed by the other. */
  async function twoSnapshots(made: string, changed: string): Promise<[StoredSnapshot, StoredSnapshot]> {
    sql(made);
    const before = await bench.capture();
    sql(changed);
    return [before, await bench.capture()];
  }

  it('tells keys apart that are one number to JavaScript, and sorts them as numbers', async () => {
    const [before, after] = await twoSnapshots(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (9007199254740992, 1), (9007199254740993, 1), (10, 1), (9, 1)',
      'UPDATE t SET v = 2 WHERE id <> 9007199254740992',
    );
    expect((await compare(before, after))['t']).toMatchObject({ ...UNCHANGED, updated: 3, matched_by: 'primary_key' });
    const page = await text(
      await bench.engine.compareRows({
        before: { snapshot: before },
        after: { snapshot: after },
        table: 't',
        offset: 0,
        limit: 10,
      }),
    );
    expect([...page.matchAll(/"before":\{"id":(\d+)/g)].map(([, id]) => id)).toEqual(['9', '10', '9007199254740993']);
  });

  it('counts equal rows of a table without a key one by one', async () => {
    const [before, after] = await twoSnapshots(
      `CREATE TABLE t (a); INSERT INTO t VALUES (1), (1), (1), (2), (x'00'), (1e999)`,
      `DELETE FROM t WHERE rowid < 3; INSERT INTO t VALUES (2), (2), (x'01')`,
    );
    expect((await compare(before, after))['t']).toMatchObject({
      inserted: 3,
      updated: 0,
      deleted: 2,
      matched_by: 'row',
    });
    expect((await rows(before, after, 't')).rows).toEqual([
      { kind: 'deleted', before: { a: 1 }, after: null },
      { kind: 'deleted', before: { a: 1 }, after: null },
      { kind: 'inserted', before: null, after: { a: 2 } },
      { kind: 'inserted', before: null, after: { a: 2 } },
      { kind: 'inserted', before: null, after: { a: { $hex: '01' } } },
    ]);
  });

  it('pairs rows whose key holds NULL, of which SQLite allows several', async () => {
    const [before, after] = await twoSnapshots(
      `CREATE TABLE t (a, b, v, PRIMARY KEY (a, b)); INSERT INTO t VALUES (NULL, 1, 'a'), (NULL, 1, 'b'), (NULL, 1, 'c'), (1, 1, 'd')`,
      `DELETE FROM t WHERE v = 'a'; UPDATE t SET v = 'B' WHERE v = 'b'; INSERT INTO t VALUES (NULL, 2, 'e')`,
    );
    expect((await compare(before, after))['t']).toMatchObject({ inserted: 1, updated: 1, deleted: 1 });
  });

  it('knows values of different types apart', async () => {
    const [before, after] = await twoSnapshots(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (2, NULL), (3, ''), (4, x''), (5, 'x')`,
      `UPDATE t SET v = CASE id WHEN 1 THEN 1.0 WHEN 2 THEN '' WHEN 3 THEN x'' WHEN 4 THEN '{"$hex":""}' ELSE v END`,
    );
    expect((await compare(before, after))['t']).toMatchObject({ ...UNCHANGED, updated: 4 });
  });

  it('looks at common columns only where the others differ, and shows whole rows', async () => {
    const [before, after] = await twoSnapshots(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, "odd ""name" TEXT, old INT); INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)`,
      `ALTER TABLE t DROP COLUMN old; ALTER TABLE t ADD COLUMN new INT DEFAULT 7; UPDATE t SET "odd ""name" = 'B' WHERE id = 2`,
    );
    expect((await compare(before, after))['t']).toMatchObject({
      ...UNCHANGED,
      updated: 1,
      columns_only_before: ['old'],
      columns_only_after: ['new'],
    });
    expect((await rows(before, after, 't')).rows).toEqual([
      { kind: 'updated', before: { id: 2, 'odd "name': 'b', old: 2 }, after: { id: 2, 'odd "name': 'B', new: 7 } },
    ]);
  });

  it('compares rows as a whole where the key is another one, and gives up where no column is common', async () => {
    const [before, after] = await twoSnapshots(
      `CREATE TABLE k (a PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO k VALUES (1, 1), (2, 2); CREATE TABLE n (a); INSERT INTO n VALUES (1)`,
      `DROP TABLE k; CREATE TABLE k (a, b PRIMARY KEY) WITHOUT ROWID; INSERT INTO k VALUES (1, 1), (2, 3);
       ALTER TABLE n RENAME COLUMN a TO b`,
    );
    const found = await compare(before, after);
    expect(found['k']).toMatchObject({ inserted: 1, updated: 0, deleted: 1, matched_by: 'row' });
    expect(found['n']).toMatchObject({ comparable: false, inserted: null, updated: null, deleted: null });
    expect(await rows(before, after, 'n')).toMatchObject({ comparable: false, total: 0, rows: [] });
  });

  it('counts and shows all rows of a table that one side lacks', async () => {
    const [before, after] = await twoSnapshots(
      'CREATE TABLE gone (id INTEGER PRIMARY KEY); INSERT INTO gone VALUES (2), (1); CREATE TABLE empty (a)',
      'DROP TABLE gone; DROP TABLE empty; CREATE TABLE come (a); INSERT INTO come VALUES (1)',
    );
    const found = await compare(before, after);
    expect(Object.keys(found)).toEqual(['come', 'empty', 'gone']);
    expect(found['gone']).toMatchObject({ ...UNCHANGED, deleted: 2, rows_before: 2, rows_after: null });
    expect(found['come']).toMatchObject({ ...UNCHANGED, inserted: 1, rows_before: null, rows_after: 1 });
    expect(found['empty']).toMatchObject({ ...UNCHANGED, rows_before: 0, rows_after: null });
    expect(await rows(before, after, 'gone', 1)).toMatchObject({
      total: 2,
      matched_by: 'primary_key',
      rows: [{ kind: 'deleted', before: { id: 2 }, after: null }],
    });
    await expect(rows(before, after, 'nothing')).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
  });

  it('takes every trap for what it is', async () => {
    createTraps(bench.databasePath);
    const before = await bench.capture();
    const same = await bench.engine.compare({ before: { snapshot: before }, after: live() });
    expect(same.tables.filter(({ inserted, updated, deleted }) => inserted || updated || deleted)).toEqual([]);
    disturb(bench.databasePath);
    const after = await bench.capture();
    const found = await compare(before, after);
    for (const [name, { rows_before, deleted, updated, comparable }] of Object.entries(found)) {
      expect(comparable, name).toBe(true);
      // All rows were deleted; what was inserted since took the place of some.
      if (!name.startsWith('audit') && name !== 'sqlite_sequence') expect(deleted! + updated!, name).toBe(rows_before);
      const { total } = await rows(before, after, name, 0, 10_000);
      expect(total).toBe(found[name]!.inserted! + updated! + deleted!);
    }
  });

  it('is exact where much more waits for its equal than is kept in memory', async () => {
    const numbered = (from: number, to: number, where = 'true') =>
      `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
       INSERT INTO t SELECT i, 'row ' || (i % 9000), hex(zeroblob(200)) FROM n WHERE ${where}`;
    const [before, after] = await twoSnapshots(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, filling TEXT); ${numbered(1, 40_000)};
       CREATE TABLE bare (v TEXT, filling TEXT); INSERT INTO bare SELECT v, filling FROM t`,
      `${numbered(-20_000, 0)}; DELETE FROM t WHERE id BETWEEN 100 AND 199; UPDATE t SET v = 'x' WHERE id % 1000 = 0 AND id > 0;
       CREATE TEMP TABLE turned AS SELECT v, filling FROM bare ORDER BY rowid DESC;
       DELETE FROM bare; INSERT INTO bare SELECT * FROM turned; DELETE FROM bare WHERE rowid IN (1, 2, 3); INSERT INTO bare VALUES ('new', '')`,
    );
    const found = await compare(before, after);
    expect(found['t']).toMatchObject({ inserted: 20_001, updated: 40, deleted: 100 });
    expect(found['bare']).toMatchObject({ inserted: 1, updated: 0, deleted: 3 });
    expect(await rows(before, after, 't', 20_001, 1)).toMatchObject({
      rows: [{ kind: 'deleted', before: { id: 100 } }],
    });
  });

  it('leaves out what a snapshot of chosen tables did not look at', async () => {
    sql(`CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT)`);
    const some = await bench.captureOnly(['a']);
    sql('INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)');
    const all = await bench.capture();
    const found = await compare(some, all);
    expect(Object.keys(found)).toEqual(['a', 'sqlite_sequence']);
    expect(found['a']).toMatchObject({ ...UNCHANGED, inserted: 1 });
    expect(Object.keys(await compare(all, some))).toEqual(['a', 'sqlite_sequence']);
    await expect(rows(some, all, 'b')).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    const preview = await bench.engine.previewRestore({ ...live(), snapshot: some, tables: null });
    expect(preview.tables).toEqual([expect.objectContaining({ table: 'a', ...UNCHANGED, deleted: 1 })]);
    expect(preview.schema_differences).toEqual([]);
  });

  it('refuses databases of different types', async () => {
    const [before, after] = await twoSnapshots('CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)');
    const database = { ...after.manifest.database, type: 'postgres' };
    const other = { ...after, manifest: { ...after.manifest, database } };
    await expect(compare(before, other)).rejects.toMatchObject({ code: 'NOT_COMPARABLE' });
  });

  it('refuses a damaged document, wherever the damage is', async () => {
    const [before, after] = await twoSnapshots(
      `CREATE TABLE a (id INTEGER PRIMARY KEY, v); INSERT INTO a VALUES (1, 'x'), (2, 'y'); CREATE TABLE b (v); INSERT INTO b VALUES (1)`,
      `UPDATE a SET v = 'z' WHERE id = 2`,
    );
    const sound = await readFile(after.document.path);
    const outcomes = new Set<string>();
    for (let place = 0; place < sound.length; place += 5) {
      const damaged = Buffer.from(sound);
      damaged[place] = damaged[place]! ^ 0x04;
      await writeFile(after.document.path, damaged);
      const compared = new InlineEngine().compare({ before: { snapshot: before }, after: { snapshot: after } });
      outcomes.add(await compared.then(JSON.stringify, ({ code }: { code: string }) => code));
    }
    expect([...outcomes]).toEqual(['SNAPSHOT_CORRUPT']);
  });

  it('leaves nothing behind', async () => {
    const [before, after] = await twoSnapshots(
      'CREATE TABLE t (a); INSERT INTO t VALUES (1)',
      'INSERT INTO t VALUES (2)',
    );
    const folder = await readdir(bench.folder);
    const temporary = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('etilqs'));
    const known = await temporary();
    await compare(before, after);
    expect(await readdir(bench.folder)).toEqual(folder);
    expect((await temporary()).filter((name) => !known.includes(name))).toEqual([]);
  });

  describe('a restore preview', () => {
    const preview = (snapshot: StoredSnapshot, tables: string[] | null = null) =>
      bench.engine.previewRestore({ ...live(), snapshot, tables });

    it('says what a restore of everything changes, after which nothing is left to change', async () => {
      createTraps(bench.databasePath);
      const snapshot = await bench.capture();
      disturb(bench.databasePath);
      const before = await preview(snapshot);
      expect(before.schema_differences).toEqual([]);
      expect(before.tables.find(({ table }) => table === 'no_key')).toMatchObject({ inserted: 6, deleted: 1 });
      await bench.restore(snapshot);
      const after = await preview(snapshot);
      expect(after.tables.map(({ table }) => table)).toEqual(
        Object.keys(snapshot.manifest.tables).filter((name) => name !== 'sqlite_sequence'),
      );
      expect(after.tables.filter(({ inserted, updated, deleted }) => inserted || updated || deleted)).toEqual([]);
    });

    it('refuses a damaged snapshot even where nothing would change', async () => {
      sql('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
      const snapshot = await bench.capture();
      await writeFile(snapshot.document.path, 'something else');
      await expect(preview(snapshot)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    });
  });
});
