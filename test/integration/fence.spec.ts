import { readFile, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import type { DatabaseTarget } from '../../src/backup/engines/database-target.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { FilesEngine } from '../../src/backup/engines/files/files.engine.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { Fence } from '../../src/backup/system/fence.js';
import { Lease } from '../../src/backup/system/lease.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { EngineBench } from '../support/engine-bench.js';
import { FilesBench } from '../support/files-bench.js';
import { mysql, postgres } from '../support/native-servers.js';
import { dump } from '../support/sqlite-oracle.js';

const DATABASE = `fence_${process.pid}`;
const SCHEMA =
  'CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(80)); CREATE VIEW emails AS SELECT email FROM users';

interface Bench {
  target: DatabaseTarget;
  create(): void;
  sql(text: string): void;
  dump(): string;
  drop(): void;
}

const path = (bench: EngineBench) => bench.databasePath;
const DATABASES: Record<string, (bench: EngineBench) => Bench> = {
  sqlite: (bench) => ({
    target: bench.target,
    create: () => undefined,
    sql: (text) => {
      const database = new Database(path(bench));
      database.exec(text);
      database.close();
    },
    dump: () => dump(path(bench)),
    drop: () => undefined,
  }),
  postgres: () => ({ ...serverBench(postgres), target: postgres.target(DATABASE) }),
  mysql: () => ({ ...serverBench(mysql), target: mysql.target(DATABASE) }),
};

const serverBench = (server: typeof postgres | typeof mysql) => ({
  create: () => server.create(DATABASE),
  sql: (text: string) => void server.sql(DATABASE, text),
  dump: () => server.dump(DATABASE),
  drop: () => server.drop(DATABASE),
});

/** A server that is missing is one that is not tried; in CI it is a failure. */
const THERE: Record<string, boolean> = { sqlite: true, postgres: postgres.isThere(), mysql: mysql.isThere() };

let close: () => Promise<void> = () => Promise.resolve();
afterEach(async () => {
  await close();
  close = () => Promise.resolve();
});

/** Of a holder whose lease somebody else has taken over. */
async function lostFence(folder: string): Promise<Fence> {
  const lease = new Lease(folder, new ManualClock('2026-01-30T12:00:00.000Z'));
  const held = (await lease.tryAcquire({ purpose: 'restore' }))!;
  await held.release();
  await lease.tryAcquire({ purpose: 'capture' });
  return held.fence;
}

describe.each(Object.keys(DATABASES))('a restore of %s', (kind) => {
  it.skipIf(!THERE[kind]).each(['json', 'native'])(
    'by the engine %s commits nothing for who has lost the lease',
    async (name) => {
      const engine = name === 'json' ? new JsonEngine(new EngineHost()) : new NativeEngine(new EngineHost());
      const bench = await EngineBench.open(engine);
      const database = DATABASES[kind]!(bench);
      close = async () => {
        await bench.close();
        database.drop();
      };
      database.create();
      database.sql(`${SCHEMA}; INSERT INTO users VALUES (1, 'a@example.com'), (2, 'b@example.com')`);
      const snapshot = await bench.capture(database.target);
      database.sql('DELETE FROM users WHERE id = 1');
      const now = database.dump();

      const request = { database: database.target, snapshot, tables: null, allowSchemaChanges: false };
      const lost = bench.engine.restore(request, { fence: await lostFence(bench.folder) });
      await expect(lost).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(database.dump()).toBe(now);
    },
  );
});

describe('a restore of files', () => {
  it('swaps nothing in for who has lost the lease', async () => {
    const bench = await FilesBench.open(new FilesEngine(new EngineHost()));
    close = () => bench.close();
    const file = join(bench.uploads, 'a.txt');
    await writeFile(file, 'as captured');
    const snapshot = await bench.capture();
    await writeFile(file, 'changed since');
    const request = { snapshot, targets: { [bench.uploads]: bench.uploads } };
    const lost = bench.engine.restore(request, { fence: await lostFence(bench.backups) });
    await expect(lost).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await readFile(file, 'utf8')).toBe('changed since');
    expect(readdirSync(bench.uploads)).toEqual(['a.txt']);
  });
});
