import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CapturedTable } from '../../src/backup/engines/dialects/dialect.js';
import { PostgresDialect } from '../../src/backup/engines/dialects/postgres/postgres.dialect.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';
import { DISTURB, TRAPS } from '../support/postgres-traps.js';

describe.skipIf(!hasPostgres)('a PostgreSQL database full of traps', () => {
  let bench: PostgresBench;

  beforeEach(async () => {
    bench = await PostgresBench.open();
    await bench.script(TRAPS);
  });
  afterEach(() => bench.close());

  it('comes back as pg_dump sees it', async () => {
    const before = bench.dump();
    const snapshot = await bench.capture();
    await bench.script(DISTURB);
    expect(bench.dump() === before).toBe(false);
    const { warnings, missing } = await bench.restore(snapshot);
    expect({ warnings, missing }).toEqual({ warnings: [], missing: [] });

    expect(bench.dump() === before).toBe(true);
    expect(await bench.query('SELECT users, twice FROM counted, twice')).toEqual([['9', '18']]);
    expect((await bench.capture()).manifest.tables).toEqual(snapshot.manifest.tables);
  });
});

describe.skipIf(!hasPostgres)('the read transaction of a PostgreSQL database', () => {
  it('may be left in the middle of a table, and read on from another or closed', async () => {
    const bench = await PostgresBench.open();
    await bench.execute(`CREATE TABLE a_large (id serial PRIMARY KEY, v text); INSERT INTO a_large SELECT i, repeat('x', 500) FROM generate_series(1, 30000) AS i;
      CREATE TABLE b_small (id integer); INSERT INTO b_small VALUES (1), (2)`);
    const session = await new PostgresDialect().beginCapture(bench.target);
    const [large, small] = session.tables;
    const read = async (table: CapturedTable, most = Infinity) => {
      let bytes = 0;
      for await (const lines of table.lines()) if ((bytes += lines.length) > most) break;
      return bytes;
    };
    expect(await read(large!, 1)).toBeGreaterThan(100_000);
    expect(await read(small!)).toBe('{"id":1}\n{"id":2}\n'.length);
    expect(await read(large!)).toBeGreaterThan(30_000 * 500);
    const locked = await bench.query(
      `SELECT DISTINCT relation::regclass FROM pg_locks WHERE relation >= 16384 AND pid <> pg_backend_pid() ORDER BY 1`,
    );
    expect(locked).toEqual([['a_large'], ['b_small']]); // no index, no sequence: of thousands of tables they would be too many
    await read(large!, 1);
    await session.close();
    await bench.close();
  });
});
