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
});
