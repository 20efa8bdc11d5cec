import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

const SCHEMA = `CREATE TABLE items (id serial PRIMARY KEY, v text); INSERT INTO items (v) SELECT 'v' || i FROM generate_series(1, 9000) AS i;
  CREATE TABLE bare (a integer); INSERT INTO bare VALUES (1), (2); CREATE SEQUENCE alone`;

describe.skipIf(!hasPostgres)('the state of a PostgreSQL database', () => {
  let bench: PostgresBench;
  let application: pg.Client;

  beforeEach(async () => {
    bench = await PostgresBench.open();
    application = await bench.connect();
    await application.query(SCHEMA);
  });
  afterEach(() => bench.close());

  async function state(): Promise<string> {
    await bench.capture();
    const found = bench.lastCapture.state;
    expect(found).not.toBeNull();
    return found!;
  }

  /** Transaction numbers are the whole server's: other tests, and its own housekeeping, may take one in between. */
  async function quietState(): Promise<string> {
    let [before, now] = ['', await state()];
    for (let attempt = 0; before !== now && attempt < 50; attempt++) [before, now] = [now, await state()];
    expect(now).toBe(before);
    return now;
  }

  it.each([
    ['an insert', `INSERT INTO items (v) VALUES ('new')`],
    ['an update', `UPDATE items SET v = 'other' WHERE id = 7`],
    ['an update that changes nothing', 'UPDATE items SET v = v WHERE id = 7'],
    ['a deletion', 'DELETE FROM items WHERE id = 8'],
    ['a truncation', 'TRUNCATE bare'],
    ['a truncation that restarts', 'TRUNCATE items RESTART IDENTITY'],
    ['a bulk load', `COPY bare FROM PROGRAM 'echo 5'`],
    ['a new table', 'CREATE TABLE more (a integer)'],
    ['a table out of a query', 'CREATE TABLE more AS SELECT 1 AS a'],
    ['a new column', 'ALTER TABLE bare ADD b integer DEFAULT 5'],
    ['a rewrite', 'ALTER TABLE bare ALTER a TYPE bigint'],
    ['a dropped table', 'DROP TABLE bare'],
    ['a renamed column', 'ALTER TABLE bare RENAME a TO b'],
    [
      'an exchange of names',
      'ALTER TABLE bare RENAME TO other; ALTER TABLE items RENAME TO bare; ALTER TABLE other RENAME TO items',
    ],
    ['a comment on nothing but a table', `COMMENT ON TABLE bare IS 'x'`],
    ['nextval', `SELECT nextval('alone')`],
    ['nextval within what the log already allows', `SELECT nextval('items_id_seq')`],
    ['setval', `SELECT setval('alone', 5, false)`],
    ['a function that writes', `DO $$ BEGIN INSERT INTO bare VALUES (3); END $$`],
    [
      'a subtransaction',
      `DO $$ BEGIN BEGIN INSERT INTO bare VALUES (3); EXCEPTION WHEN division_by_zero THEN NULL; END; END $$`,
    ],
    [
      'an asynchronous commit',
      `SET synchronous_commit = off; INSERT INTO bare VALUES (3); SET synchronous_commit = on`,
    ],
  ])('is another one after %s', async (_what, sql) => {
    const before = await quietState();
    await application.query(sql);
    expect(await state()).not.toBe(before);
  });

  it('is another one after every single nextval, also those that the log has room for', async () => {
    const seen = new Set([await quietState()]);
    for (let n = 0; n < 40; n++) {
      await application.query(`SELECT nextval('alone')`);
      seen.add(await state());
    }
    expect(seen.size).toBe(41);
  });

  it('is another one when a transaction commits that was under way, or is taken back', async () => {
    for (const end of ['COMMIT', 'ROLLBACK']) {
      await application.query(`BEGIN; INSERT INTO items (v) VALUES ('under way')`);
      const during = await quietState();
      await application.query(end);
      const after = await state();
      expect(after).not.toBe(during);
    }
  });

  it('is another one when one of two transactions commits, the older or the younger', async () => {
    const second = await bench.connect();
    for (const [first, last] of [
      [application, second],
      [second, application],
    ] as const) {
      await application.query(`BEGIN; INSERT INTO bare VALUES (7)`);
      await second.query(`BEGIN; INSERT INTO bare VALUES (8)`);
      const states = [await quietState()];
      await first.query('COMMIT');
      states.push(await quietState());
      await last.query('COMMIT');
      states.push(await quietState());
      expect(new Set(states).size).toBe(3);
    }
  });

  it('is another one when a prepared transaction ends', async (context) => {
    const [[allowed] = []] = await bench.query('SHOW max_prepared_transactions');
    if (allowed === '0') return context.skip();
    for (const end of ['COMMIT PREPARED', 'ROLLBACK PREPARED']) {
      await application.query(`BEGIN; INSERT INTO bare VALUES (9); PREPARE TRANSACTION 'waiting_${bench.database}'`);
      const during = await quietState();
      await application.query(`${end} 'waiting_${bench.database}'`);
      expect(await state()).not.toBe(during);
    }
  });

  it('is the same after what changes no row', async () => {
    const before = await quietState();
    await application.query('SELECT count(*) FROM items');
    await application.query('BEGIN; SELECT * FROM bare; ROLLBACK');
    // Another test may have taken a number meanwhile; then there is a quiet state all the same.
    if ((await state()) !== before) await quietState();
  });

  it('is nobody’s guess where a crash may empty a table', async () => {
    await application.query('CREATE UNLOGGED TABLE fast (a integer); INSERT INTO fast VALUES (1)');
    const { manifest } = await bench.capture();
    expect(bench.lastCapture.state).toBeNull();
    expect(manifest.tables['fast']?.rows).toBe(1);
  });

  it('lets a snapshot repeat the one before, without a table being read', async () => {
    await quietState();
    const base = await bench.capture();
    const previous = { snapshot: base, state: bench.lastCapture.state! };
    for (let attempt = 0; ; attempt++) {
      const repeated = await bench.captureAgainst(base, previous);
      expect(repeated.manifest).toMatchObject({ kind: 'differential', tables: base.manifest.tables });
      expect(await readFile(repeated.document.path, 'utf8')).toContain('"tables":{\n}\n}');
      if (bench.lastCapture.state === previous.state || attempt > 20) break;
    }
    await application.query(`DELETE FROM bare WHERE a = 1; SELECT setval('alone', 77)`);
    const changed = await bench.captureAgainst(base, previous);
    expect(changed.manifest.tables['bare']?.rows).toBe(1);
    const dump = bench.dump();
    await application.query('TRUNCATE items, bare');
    await bench.restore(changed);
    expect(bench.dump()).toBe(dump);
  });

  it('does not make a snapshot repeat what a transaction under way has written since', async () => {
    await application.query(`BEGIN; INSERT INTO bare VALUES (50)`);
    const base = await bench.capture();
    const previous = { snapshot: base, state: bench.lastCapture.state! };
    await application.query('COMMIT');
    const after = await bench.captureAgainst(base, previous);
    expect(after.manifest.tables['bare']?.rows).toBe(3);
  });
});
