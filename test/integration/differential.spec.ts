import { readFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { createTraps, dump } from '../support/sqlite-oracle.js';

let bench: EngineBench;

beforeEach(async () => {
  bench = await EngineBench.open(new InlineEngine());
});
afterEach(() => bench.close());

const change = (sql: string): void => {
  const database = new Database(bench.databasePath);
  database.exec(sql);
  database.close();
};

/** Enough rows for many chunks. */
const fill = (): void =>
  change(`CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE bare (a, b); CREATE TABLE keyed (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO items SELECT i * 10, 'name ' || i FROM n;
    INSERT INTO bare SELECT id % 7, name FROM items; INSERT INTO keyed SELECT name, id FROM items`);

describe('a differential', () => {
  it.each([
    ['nothing', 'SELECT 1', 0],
    ['an update', `UPDATE items SET name = 'other' WHERE id = 25000`, 1],
    ['an insert in the middle', `INSERT INTO items VALUES (25001, 'new')`, 1],
    ['an insert at the end', `INSERT INTO items VALUES (999999, 'last')`, 1],
    ['a deletion at the start', `DELETE FROM items WHERE id = 10`, 1],
    ['scattered updates', `UPDATE items SET name = name || '!' WHERE id % 7000 = 0`, 1],
    ['a change in a table without a key', `DELETE FROM bare WHERE b = 'name 77'; INSERT INTO bare VALUES (1, 2)`, 1],
    ['a change in a table without rowid', `UPDATE keyed SET v = -1 WHERE k = 'name 4000'`, 1],
  ])('holds what changed: %s', async (_what, sql, tables) => {
    fill();
    const base = await bench.capture();
    change(sql);
    const state = dump(bench.databasePath);
    const differential = await bench.captureAgainst(base);
    expect(differential.manifest).toMatchObject({ kind: 'differential', base: base.manifest.id, full_reason: null });
    const text = await readFile(differential.document.path, 'utf8');
    expect(Object.keys((JSON.parse(text) as { tables: object }).tables)).toHaveLength(tables);
    expect(text.length).toBeLessThan(5000);

    change('DELETE FROM items; DELETE FROM bare; UPDATE keyed SET v = 0');
    await bench.restore(differential);
    expect(dump(bench.databasePath)).toBe(state);
  });

  it.each([
    ['an emptied table', `DELETE FROM bare`],
    ['a third of the rows', `UPDATE bare SET a = a + 1 WHERE rowid % 5 = 0`],
  ])('is exact where much changed: %s', async (_what, sql) => {
    fill();
    const base = await bench.capture();
    change(sql);
    const state = dump(bench.databasePath);
    const later = await bench.captureAgainst(base);
    change('DELETE FROM items; DELETE FROM bare; UPDATE keyed SET v = 0');
    await bench.restore(later);
    expect(dump(bench.databasePath)).toBe(state);
  });

  it('of a database with every trap comes back exactly', async () => {
    createTraps(bench.databasePath);
    fill();
    const base = await bench.capture();
    change(`UPDATE bytes SET b = x'ff' WHERE id % 10 = 3; DELETE FROM no_key WHERE a = 1; INSERT INTO audited (v) VALUES ('d'); DELETE FROM tree WHERE id = 4;
      INSERT INTO without_rowid VALUES ('middle', 5, 'x'); UPDATE numbers SET r = 0.1 WHERE id = 2`);
    const state = dump(bench.databasePath);
    const differential = await bench.captureAgainst(base);
    expect(differential.manifest.kind).toBe('differential');
    change(`DELETE FROM bytes; DELETE FROM no_key; DELETE FROM audited; DELETE FROM numbers; DELETE FROM items`);
    await bench.restore(differential);
    expect(dump(bench.databasePath)).toBe(state);
  });
});

describe('a full one is made instead', () => {
  it.each([
    ['the schema changed', 'ALTER TABLE items ADD COLUMN extra', 'schema_changed'],
    ['a table came', 'CREATE TABLE more (a)', 'schema_changed'],
    ['too much changed', `UPDATE items SET name = hex(randomblob(40))`, 'too_much_changed'],
  ])('when %s', async (_what, sql, reason) => {
    fill();
    const base = await bench.capture();
    change(sql);
    const next = await bench.captureAgainst(base);
    expect(next.manifest).toMatchObject({ kind: 'full', base: null, full_reason: reason });
    const state = dump(bench.databasePath);
    change('DELETE FROM items');
    await bench.restore(next);
    expect(dump(bench.databasePath)).toBe(state);
  });
});
