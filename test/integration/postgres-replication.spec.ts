import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

describe.skipIf(!hasPostgres).each(['json', 'native'] as const)('logical replication, by the engine %s', (kind) => {
  let bench: PostgresBench;

  beforeEach(async () => {
    bench = await PostgresBench.open(kind === 'native' ? new NativeEngine(new EngineHost()) : undefined);
    await bench.execute(`CREATE TABLE people (id integer PRIMARY KEY, name text); INSERT INTO people VALUES (1, 'Ida');
      CREATE PUBLICATION few FOR TABLE people (id) WHERE (id > 0) WITH (publish = 'insert'); CREATE PUBLICATION everything FOR ALL TABLES`);
  });
  afterEach(async () => {
    await bench.execute('DROP SUBSCRIPTION IF EXISTS "Shop"');
    await bench.close();
  });

  const subscribe = () =>
    bench.execute(
      `CREATE SUBSCRIPTION "Shop" CONNECTION 'host=192.0.2.1 password=s3cret' PUBLICATION x WITH (connect = false, slot_name = NONE)`,
    );

  it('publications come back, in place and into an empty database', async () => {
    const before = bench.dump();
    const snapshot = await bench.capture();
    await bench.execute(`UPDATE people SET name = 'Eva'`);
    expect(await bench.restore(snapshot)).toMatchObject({ warnings: [] });
    expect(bench.dump()).toBe(before);
    await bench.empty();
    const outcome = await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(outcome).toMatchObject({ warnings: [], missing: [] });
    expect(bench.dump()).toBe(before);
  });

  it('a subscription is in no snapshot, is left alone, and named where it is missing', async () => {
    await subscribe();
    const before = bench.dump();
    const snapshot = await bench.capture();
    expect(snapshot.manifest.schema.left_out).toEqual(['subscription "Shop"']);
    expect(await readFile(snapshot.document.path, 'latin1')).not.toMatch(/s3cret|192\.0\.2\.1/);
    expect(JSON.stringify(snapshot.manifest)).not.toMatch(/s3cret|192\.0\.2\.1/);
    await bench.execute(`UPDATE people SET name = 'Eva'`);
    expect(await bench.restore(snapshot)).toMatchObject({ missing: [] });
    expect(bench.dump()).toBe(before);
    await bench.execute('DROP SUBSCRIPTION "Shop"');
    await bench.empty();
    expect(await bench.restore(snapshot, { allowSchemaChanges: true })).toMatchObject({
      missing: [expect.stringMatching(/subscription "Shop" is not in the snapshot.*by hand/)],
    });
    expect(await bench.query(`SELECT subname FROM pg_subscription WHERE subname = 'Shop'`)).toEqual([]);
  });
});
