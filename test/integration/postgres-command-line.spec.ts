import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliBench } from '../support/cli-bench.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

describe.skipIf(!hasPostgres)('the command line on PostgreSQL', () => {
  let bench: CliBench;
  let from: PostgresBench;
  let to: PostgresBench;

  beforeAll(async () => {
    bench = new CliBench(await mkdtemp(join(tmpdir(), 'cli-postgres-')));
    [from, to] = [await PostgresBench.open(), await PostgresBench.open()];
    await from.execute(`CREATE TABLE people (id serial PRIMARY KEY, name text, at timestamptz);
      INSERT INTO people (name, at) VALUES ('Ada', '2026-01-30 12:00:00.123456+00'), ('Bob', NULL)`);
  });
  afterAll(async () => {
    await Promise.all([from.close(), to.close()]);
    await bench.close();
  });

  it('builds an empty database from the folder alone, sequences included', async () => {
    const env = { ...bench.env, DATABASE_URL: from.url };
    expect(await bench.run(['create'], env)).toMatchObject({ code: 0 });
    const toAddress = new URL(to.url);
    const PGPASSWORD = toAddress.password || 'not needed here';
    toAddress.password = '';
    const call = ['restore', 'newest', '--yes', '--to', toAddress.href];
    expect(await bench.run(call, { ...env, PGPASSWORD })).toMatchObject({
      code: 0,
      err: expect.stringContaining('is empty') as unknown,
    });
    expect(to.dump()).toBe(from.dump().replaceAll(from.database, to.database));
    expect(await bench.run(call, { ...env, PGPASSWORD })).toMatchObject({ code: 5 });
  });

  it('ends with an error where an empty database did not get everything, and names what is missing', async () => {
    await from.execute(`CREATE FUNCTION internal_sum(integer, integer) RETURNS integer LANGUAGE internal IMMUTABLE AS 'int4pl';
      CREATE TABLE sums (a integer DEFAULT internal_sum(1, 2)); INSERT INTO sums VALUES (3)`);
    await to.empty();
    const role = `${to.database}_owner`;
    await to.onServer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`, `ALTER DATABASE ${to.database} OWNER TO ${role}`);
    try {
      const env = { ...bench.env, DATABASE_URL: from.url, PGPASSWORD: 'secret' };
      expect(await bench.run(['create'], env)).toMatchObject({ code: 0 });
      const address = Object.assign(new URL(to.url), { username: role, password: '' }).href;
      const { code, err } = await bench.run(['restore', 'newest', '--yes', '--to', address], env);
      expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('not all of it') as unknown });
      expect(err).toContain('The table "sums" is not in the database, so its rows were left out.');
      expect(err).toContain('permission denied for language internal');
      expect(await to.query('SELECT count(*) FROM people')).toEqual([['2']]);
      const [job] = JSON.parse((await bench.run(['jobs', '--json'], env)).out).items as { status: string }[];
      expect(job).toMatchObject({ status: 'failed', error: { error_code: 'RESTORE_INCOMPLETE' } });
    } finally {
      await to.empty();
      await to.onServer(`DROP ROLE ${role}`);
    }
  });

  it('brings back a database that holds no table', async () => {
    await from.empty();
    await to.empty();
    const env = { ...bench.env, DATABASE_URL: from.url };
    expect(await bench.run(['create'], env)).toMatchObject({ code: 0 });
    const { code, out } = await bench.run(['restore', 'newest', '--yes', '--to', to.url], env);
    expect(code).toBe(0);
    expect(out).toMatch(/^Restored \S+: 0 tables, 0 rows, in \d+ m?s\./);
  });
});
