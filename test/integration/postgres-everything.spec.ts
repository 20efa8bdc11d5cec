import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';
import { EVERYTHING } from '../support/postgres-everything.js';

describe.skipIf(!hasPostgres)('one of everything in a PostgreSQL database', () => {
  let bench: PostgresBench;

  beforeEach(async () => {
    bench = await PostgresBench.open();
  });
  afterEach(() => bench.close());

  const rowsOfViews = () =>
    bench.query(`SELECT (SELECT n FROM counts), (SELECT n FROM later), (SELECT count(*) FROM numbers),
      (SELECT pg_catalog.string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relkind = 'm' AND relispopulated)`);

  it('comes back into an empty database, in place, and a second time', async () => {
    await bench.script(EVERYTHING);
    const [before, views] = [bench.dump(), await rowsOfViews()];
    const snapshot = await bench.capture();

    await bench.empty();
    expect(await bench.restore(snapshot, { allowSchemaChanges: true })).toMatchObject({ warnings: [], missing: [] });
    expect(bench.dump()).toBe(before);
    expect(await rowsOfViews()).toEqual(views);

    const again = await bench.capture();
    expect(again.manifest.tables).toEqual(snapshot.manifest.tables);
    await bench.execute(`INSERT INTO people (name) VALUES ('Eve'); REFRESH MATERIALIZED VIEW counts WITH NO DATA`);
    expect(await bench.restore(again)).toMatchObject({ warnings: [], missing: [] });
    expect(bench.dump()).toBe(before);
    expect(await rowsOfViews()).toEqual(views);
  });

  it('is named where no statement builds it', async () => {
    await bench.execute(`CREATE FOREIGN DATA WRAPPER w; CREATE SERVER elsewhere FOREIGN DATA WRAPPER w; CREATE TABLE t (a integer);
      CREATE FOREIGN TABLE far_away (a integer) SERVER elsewhere`);
    const snapshot = await bench.capture();
    await bench.empty();
    const { missing } = await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(missing).toEqual([
      expect.stringContaining('foreign table public.far_away'),
      expect.stringContaining('foreign-data wrapper w'),
      expect.stringContaining('server elsewhere'),
    ]);
  });

  it('comes back though there is no table', async () => {
    await bench.execute(
      `CREATE TYPE mood AS ENUM ('ok'); CREATE FUNCTION f() RETURNS mood LANGUAGE sql AS $$ SELECT 'ok'::public.mood $$; CREATE VIEW v AS SELECT f()`,
    );
    const before = bench.dump();
    const snapshot = await bench.capture();
    await bench.empty();
    expect(await bench.restore(snapshot, { allowSchemaChanges: true })).toMatchObject({ warnings: [], missing: [] });
    expect(bench.dump()).toBe(before);
  });
});
