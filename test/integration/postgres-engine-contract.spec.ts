import { describe } from 'vitest';
import type { DatabaseEngine } from '../../src/backup/engines/database.engine.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { Manifest } from '../../src/backup/model/manifest.js';
import { ofDatabase } from '../../src/backup/operations/stored-snapshots.js';
import { engineContract, type ContractSubject } from '../support/engine-contract.js';
import { InlineEngine } from '../support/inline-engines.js';
import { InlineHost } from '../support/inline-tasks.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

describe.skipIf(!hasPostgres)('PostgreSQL', () => {
  engineContract('json, on PostgreSQL', () => postgres(new InlineEngine()), { differentials: true });
  engineContract('native, on PostgreSQL', () => postgres(new NativeEngine(new InlineHost())));
});

async function postgres(engine: DatabaseEngine): Promise<ContractSubject> {
  const bench = await PostgresBench.open(engine);
  await bench.execute(`CREATE TABLE users (id integer PRIMARY KEY, name text);
    INSERT INTO users SELECT id, 'user ' || id || repeat(' x', 30) FROM generate_series(1, 1000) AS id`);
  let changes = 0;
  return {
    folder: bench.folder,
    capture: (codec) => {
      bench.engines.codec = codec;
      return bench.capture();
    },
    ...(engine.takesDifferentials && {
      captureAgainst: (base: StoredSnapshot<Manifest>, codec: string | undefined) => {
        bench.engines.codec = codec;
        return bench.captureAgainst(ofDatabase(base));
      },
    }),
    restore: (snapshot) => bench.restore(ofDatabase(snapshot)),
    change: () => bench.execute(`UPDATE users SET name = 'changed ${++changes}' WHERE id = 7`),
    state: async () => (await (await bench.connect()).query('SELECT * FROM users ORDER BY id')).rows,
    close: () => bench.close(),
  };
}
