import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServerTarget } from '../../src/backup/engines/database-target.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { EngineBench } from '../support/engine-bench.js';
import { eventually } from '../support/eventually.js';
import { InlineEngine } from '../support/inline-engines.js';
import { hasServerPrograms, PrivatePostgres } from '../support/private-postgres.js';

describe.skipIf(!hasServerPrograms)('a hot standby of PostgreSQL', () => {
  let server: PrivatePostgres;
  let standby: ServerTarget;
  let primary: ServerTarget;

  beforeAll(async () => {
    server = await PrivatePostgres.start();
    primary = {
      ...{
        type: 'postgres',
        host: '127.0.0.1',
        port: server.port,
        user: 'postgres',
        password: '',
        database: 'postgres',
      },
      ...{ tls: 'off', busyTimeoutMs: 5000, migrationsTable: 'migrations' },
    };
    await execute(primary, `CREATE TABLE users (id integer PRIMARY KEY); INSERT INTO users VALUES (1), (2)`);
    standby = { ...primary, port: await server.standby() };
  });
  afterAll(() => server.close());

  async function execute({ host, port, user, database }: ServerTarget, sql: string): Promise<pg.QueryResult> {
    const client = new pg.Client({ host, port, user, database });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }

  describe.each(['json', 'native'] as const)('and the engine %s', (kind) => {
    const engine = () => (kind === 'json' ? new InlineEngine() : new NativeEngine(new EngineHost()));
    let bench: EngineBench;
    beforeAll(async () => {
      bench = await EngineBench.open(engine());
    });
    afterAll(() => bench.close());

    it('is captured', async () => {
      const { manifest } = await bench.capture(standby);
      expect(manifest.tables).toMatchObject({ users: { rows: 2 } });
    });

    it('is no place to restore into, which is said before anything begins', async () => {
      const snapshot: StoredSnapshot = await bench.capture(primary);
      const refusal = { code: 'DATABASE_UNAVAILABLE', message: expect.stringMatching(/standby.*primary server/) };
      const request = { database: standby, snapshot, tables: null };
      await expect(engine().checkRestorable(request)).rejects.toMatchObject(refusal);
      await expect(bench.restore(snapshot, { target: standby })).rejects.toMatchObject(refusal);
    });
  });

  it('with an unlogged table says why its rows cannot be had', async () => {
    await execute(primary, 'CREATE UNLOGGED TABLE cache (k text)');
    await eventually(
      async () => (await execute(standby, `SELECT 1 FROM pg_class WHERE relname = 'cache'`)).rowCount === 1,
    );
    const json = await EngineBench.open(new InlineEngine());
    await expect(json.capture(standby)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/standby.*unlogged table "cache".*SET LOGGED/),
    });
    await json.close();
    const native = await EngineBench.open(new NativeEngine(new EngineHost()));
    await expect(native.capture(standby)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/standby.*unlogged table.*SET LOGGED/),
    });
    await native.close();
  });
});
