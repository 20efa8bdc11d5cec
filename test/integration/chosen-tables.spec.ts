import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import Database from 'better-sqlite3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CaptureOperation,
  Catalog,
  CompareOperation,
  ConfigStore,
  JobQueue,
  RestoreOperation,
  SourcesQuery,
  type RestoreChoices,
} from '../../src/backup/internals.js';
import { COUNTERS } from '../../src/backup/model/counters.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

/** A database with two tables that count their keys. */
interface Counting {
  url: string;
  execute(sql: string): Promise<void>;
  /** The key that the next row gets. */
  nextKey(table: string): Promise<number>;
  close(): Promise<void>;
}

async function onSqlite(): Promise<Counting> {
  const folder = await mkdtemp(join(tmpdir(), 'chosen-tables-'));
  const database = new Database(join(folder, 'app.sqlite'));
  database.exec(
    `CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT); CREATE TABLE posts (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)`,
  );
  return {
    url: `sqlite:${join(folder, 'app.sqlite')}`,
    execute: (sql) => Promise.resolve(void database.exec(sql)),
    nextKey: (table) =>
      Promise.resolve(Number(database.prepare(`INSERT INTO ${table} (name) VALUES ('next')`).run().lastInsertRowid)),
    close: async () => {
      database.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function onPostgres(): Promise<Counting> {
  const bench = await PostgresBench.open();
  await bench.execute(
    `CREATE TABLE users (id serial PRIMARY KEY, name text); CREATE TABLE posts (id int GENERATED ALWAYS AS IDENTITY, name text)`,
  );
  return {
    url: bench.url,
    execute: (sql) => bench.execute(sql),
    nextKey: async (table) =>
      Number((await bench.query(`INSERT INTO ${table} (name) VALUES ('next') RETURNING id`))[0]![0]),
    close: () => bench.close(),
  };
}

async function onMysql(): Promise<Counting> {
  const bench = await MysqlBench.open();
  const columns = `(id int PRIMARY KEY AUTO_INCREMENT, name varchar(20))`;
  await bench.exec(`CREATE TABLE users ${columns}; CREATE TABLE posts ${columns}`);
  return {
    url: bench.url,
    execute: (sql) => bench.exec(sql),
    nextKey: async (table) => {
      await bench.exec(`INSERT INTO ${table} (name) VALUES ('next')`);
      return Number(await bench.value('SELECT LAST_INSERT_ID()'));
    },
    close: () => bench.close(),
  };
}

const SERVERS = [
  ['sqlite', true, onSqlite],
  ['postgres', hasPostgres, onPostgres],
  ['mysql', HAS_MYSQL, onMysql],
] as const;

describe.each(SERVERS)('chosen tables of %s', (type, isThere, open) => {
  let database: Counting;
  let app: BackupApp;
  let id: string;

  beforeEach(async ({ skip }) => {
    skip(!isThere);
    database = await open();
    await database.execute(
      `INSERT INTO users (name) VALUES ('a'), ('b'), ('c'); INSERT INTO posts (name) VALUES ('a'), ('b'); DELETE FROM users WHERE name = 'c'`,
    );
    app = await startBackupApp({ options: { database: database.url } });
    const job = await app.get(CaptureOperation).request({ trigger: { type: 'manual' } });
    id = (await app.get(JobQueue).whenFinished(job.id)).snapshot_id!;
    await database.execute(
      `INSERT INTO users (name) VALUES ('d'), ('e'), ('f'); INSERT INTO posts (name) VALUES ('c'), ('d')`,
    );
  });
  afterEach(async () => {
    await app?.close();
    await database?.close();
  });

  const restore = async (choices: Partial<RestoreChoices>) => {
    const job = await app.get(RestoreOperation).request(id, { confirm: id, ...choices }, null);
    return app.get(JobQueue).whenFinished(job.id);
  };
  const snapshotCount = async () => (await app.get(Catalog).all()).length;

  it('are listed for a plan as it names them, without counters and the migrations of the application', async () => {
    await database.execute('CREATE TABLE migrations (id int, name varchar(20))');
    const [found] = (await app.get(SourcesQuery).sources()).databases;
    expect(found).toMatchObject({ name: 'default', type, tables: ['posts', 'users'], error: null });
    expect(found!.engines.map(({ name }) => name)).toEqual(['json', 'native']);
    for (const table of found!.tables!) {
      const settings = { name: 'one', tables: [table], interval_minutes: 60 };
      await app.get(ConfigStore).update({ plans: [settings] });
      const job = await app.get(CaptureOperation).request({ trigger: { type: 'manual' }, plan: 'one' });
      expect(await app.get(JobQueue).whenFinished(job.id)).toMatchObject({ status: 'completed' });
    }
  });

  it('are offered without the counters, and all that is offered can be restored', async () => {
    const offered = Object.keys((await app.get(Catalog).get(id)).tables);
    const preview = await app.get(CompareOperation).preview(id, null);
    expect(offered.sort()).toEqual(['posts', 'users']);
    expect(preview.tables.map(({ table }) => table).sort()).toEqual(offered);
    expect(await restore({ tables: offered })).toMatchObject({
      status: 'completed',
      result: { tables: { users: { rows: 2 }, posts: { rows: 2 } } },
    });
    expect([await database.nextKey('users'), await database.nextKey('posts')]).toEqual([4, 3]);
  });

  it('get their own counters, and the others keep theirs', async () => {
    expect(await restore({ tables: ['users'] })).toMatchObject({
      status: 'completed',
      result: { tables: { users: { rows: 2 } } },
    });
    expect([await database.nextKey('users'), await database.nextKey('posts')]).toEqual([4, 5]);
  });

  it.each([[{}], [{ skipVerification: true }]])(
    'are refused before the safety snapshot where there is no such table: %j',
    async (choices) => {
      const before = await snapshotCount();
      for (const table of [COUNTERS[type], 'nobody'])
        await expect(restore({ tables: ['users', table], ...choices })).rejects.toMatchObject({
          code: 'TABLE_NOT_FOUND',
          message: expect.stringMatching(/Its tables: (posts, users|users, posts)\.$/),
        });
      expect(await snapshotCount()).toBe(before);
    },
  );
});
