import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';
import { EVERY_TYPE } from '../support/postgres-values.js';

describe.skipIf(!hasPostgres)('every type and value of PostgreSQL', () => {
  let bench: PostgresBench;

  beforeEach(async () => {
    bench = await PostgresBench.open();
  });
  afterEach(() => bench.close());

  it('comes back as pg_dump sees it', async () => {
    await bench.execute(EVERY_TYPE);
    const before = bench.dump();
    const snapshot = await bench.capture();
    const tables = await bench.query(
      `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
    await bench.execute(`TRUNCATE ${tables.flat().join(', ')}; INSERT INTO numerics (i) VALUES (7)`);
    expect((await bench.restore(snapshot)).warnings).toEqual([]);

    expect(bench.dump() === before).toBe(true);
    expect((await bench.capture()).manifest.tables).toEqual(snapshot.manifest.tables);
  });
});
