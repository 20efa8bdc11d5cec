import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';

/** Every setting that changes what a statement prints, reads or may take; for the sessions of one account alone. */
const HOSTILE = [
  `sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,PAD_CHAR_TO_FULL_LENGTH'`,
  `time_zone = '+05:45'`,
  'sql_select_limit = 2',
  'sql_safe_updates = 1',
  'sql_auto_is_null = 1',
  'sql_quote_show_create = 0',
  'group_concat_max_len = 4',
  'div_precision_increment = 0',
  'max_sort_length = 64',
  'autocommit = 0',
  'completion_type = 2',
  `tx_isolation = 'READ-UNCOMMITTED'`,
  'tx_read_only = 1',
  'foreign_key_checks = 0',
  'unique_checks = 0',
  'check_constraint_checks = 0',
  'max_statement_time = 5',
  'lock_wait_timeout = 1',
  'character_set_client = latin1',
  'character_set_results = latin1',
  'character_set_connection = latin1',
  'default_storage_engine = MyISAM',
  'big_tables = 1',
]
  .map((setting) => `SESSION ${setting}`)
  .join(', ');

const SCHEMA = `
  CREATE TABLE things (id int AUTO_INCREMENT PRIMARY KEY, name text, at timestamp NULL, d double, c char(5), b blob, u varchar(20) CHARACTER SET latin1, CHECK (d < 1000));
  INSERT INTO things (name, at, d, c, b, u) SELECT CONCAT('n\\\\\\'"', seq, '€'), FROM_UNIXTIME(1770000000 + seq), seq / 7, 'ab', UNHEX('00ff5c'), 'ä' FROM seq_1_to_50;
  CREATE TABLE parts (id int PRIMARY KEY, thing int, FOREIGN KEY (thing) REFERENCES things (id)); INSERT INTO parts SELECT id, id FROM things;
  CREATE VIEW seen AS SELECT id, CONCAT(name, 'x') AS name FROM things`;

describe.skipIf(!HAS_MYSQL)('an account with every setting against us', () => {
  const user = `hostile_${randomBytes(4).toString('hex')}`;
  let bench: MysqlBench;
  let former: string;

  beforeEach(async () => {
    bench = await MysqlBench.open();
    const [[row]] = (await bench.connection.query('SELECT @@global.init_connect AS former')) as unknown as [
      [{ former: string }],
    ];
    former = row.former;
  });
  afterEach(async () => {
    await bench.connection.query('SET GLOBAL init_connect = ?', [former]);
    await bench.connection.query(`DROP USER IF EXISTS ${user}@'%', ${user}@localhost`);
    await bench.close();
  });

  it.each(['json', 'native'] as const)(
    'changes nothing about what the engine %s captures and restores',
    async (kind) => {
      await bench.close();
      bench = await MysqlBench.open(kind === 'native' ? new NativeEngine(new EngineHost()) : undefined);
      const { connection, database } = bench;
      const [[{ version }]] = (await connection.query('SELECT VERSION() AS version')) as unknown as [
        [{ version: string }],
      ];
      if (!version.includes('MariaDB')) return; // MySQL runs nothing conditionally when a session begins
      await connection.query(SCHEMA);
      const before = await bench.dump();
      const plain = await bench.capture();
      // What a session begins with is run for no administrator.
      for (const host of ['%', 'localhost'])
        await connection.query(
          `CREATE USER ${user}@'${host}'; GRANT ALL ON \`${database}\`.* TO ${user}@'${host}'; GRANT ALL ON \`nestjs\\_backup\\_%\`.* TO ${user}@'${host}'`,
        );
      const sessionsBegin = (settings: string) =>
        connection.query('SET GLOBAL init_connect = ?', [
          `EXECUTE IMMEDIATE IF(USER() LIKE '${user}@%', '${`SET ${settings}`.replaceAll("'", "''")}', 'DO 0')`,
        ]);
      await sessionsBegin(HOSTILE);
      const target = { ...bench.target, user, password: '' };
      if (kind === 'native') {
        await expect(bench.capture(target)).rejects.toMatchObject({
          code: 'UNSUPPORTED',
          message: expect.stringMatching(/sql_select_limit = 2.*"json"/),
        });
        await sessionsBegin(HOSTILE.replace('SESSION sql_select_limit = 2, ', ''));
      }
      const hostile = await bench.capture(target);
      const recorded = ({ manifest: { tables, schema } }: StoredSnapshot) => ({ tables, schema });
      expect(recorded(hostile)).toEqual(recorded(plain));
      for (const snapshot of [plain, hostile]) {
        await connection.query(
          `DELETE FROM parts; UPDATE things SET name = 'x', at = NULL; DELETE FROM things WHERE id > 10`,
        );
        expect((await bench.restore(snapshot, { target })).warnings).toEqual([]);
        expect(await bench.dump()).toBe(before);
      }
    },
  );
});
