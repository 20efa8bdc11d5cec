import { describe } from 'vitest';
import type { DatabaseEngine } from '../../src/backup/engines/database.engine.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { Manifest } from '../../src/backup/model/manifest.js';
import { ofDatabase } from '../../src/backup/operations/stored-snapshots.js';
import { engineContract, type ContractSubject } from '../support/engine-contract.js';
import { InlineEngine } from '../support/inline-engines.js';
import { InlineHost } from '../support/inline-tasks.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';

describe.skipIf(!HAS_MYSQL)('MySQL and MariaDB', () => {
  engineContract('json, on MySQL', () => mysql(new InlineEngine()), { differentials: true });
  engineContract('native, on MySQL', () => mysql(new NativeEngine(new InlineHost())));
});

async function mysql(engine: DatabaseEngine): Promise<ContractSubject> {
  const bench = await MysqlBench.open(engine);
  await bench.exec('CREATE TABLE users (id int PRIMARY KEY, name varchar(200))');
  const rows = Array.from({ length: 1000 }, (_, id) => [id, `user ${id}${' x'.repeat(30)}`]);
  await bench.exec('INSERT INTO users VALUES ?', [rows]);
  let changes = 0;
  return {
    folder: bench.files.folder,
    capture: (codec) => {
      bench.files.codec = codec;
      return bench.capture();
    },
    ...(engine.takesDifferentials && {
      captureAgainst: (base: StoredSnapshot<Manifest>, codec: string | undefined) => {
        bench.files.codec = codec;
        return bench.captureAgainst(ofDatabase(base));
      },
    }),
    restore: (snapshot) => bench.restore(ofDatabase(snapshot)),
    change: () => bench.exec(`UPDATE users SET name = 'changed ${++changes}' WHERE id = 7`),
    state: () => bench.rows('SELECT * FROM users ORDER BY id'),
    close: () => bench.close(),
  };
}
