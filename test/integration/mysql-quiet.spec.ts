import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { InlineEngine } from '../support/inline-engines.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';

/** Each on what the ones before it left. */
const WRITES = {
  'an insert': `INSERT INTO items (v) VALUES ('new')`,
  'an update': `UPDATE items SET v = 'other' WHERE id = 7`,
  'an update of the same size': `UPDATE items SET v = 'OTHER' WHERE id = 7`,
  'a delete': `DELETE FROM items WHERE id = 8`,
  'a transaction': `START TRANSACTION; UPDATE items SET v = 'a' WHERE id = 9; UPDATE items SET v = 'b' WHERE id = 10; COMMIT`,
  'a row in a table without a key': `INSERT INTO bare VALUES (1)`,
  'an insert that was rolled back, which moves a counter': `START TRANSACTION; INSERT INTO items (v) VALUES ('x'); ROLLBACK`,
  'a counter': `ALTER TABLE items AUTO_INCREMENT = 5000`,
  'a new table': `CREATE TABLE more (a int)`,
  'a new column': `ALTER TABLE more ADD COLUMN b int`,
  'a new index': `CREATE INDEX more_a ON more (a)`,
  'another default': `ALTER TABLE more ALTER COLUMN a SET DEFAULT 5`,
  'a view': `CREATE VIEW seen AS SELECT * FROM items`,
  'a trigger': `CREATE TRIGGER tr BEFORE DELETE ON items FOR EACH ROW SET @a = 1`,
  'a dropped trigger': `DROP TRIGGER tr`,
  'a new name': `RENAME TABLE more TO less`,
  'a dropped table': `DROP TABLE less`,
  'a truncated table': `TRUNCATE bare`,
  'a migration': `INSERT INTO migrations (timestamp, name) VALUES (1, 'Later1700000000001')`,
};

describe.skipIf(!HAS_MYSQL)('MySQL and MariaDB: a quiet tick', () => {
  let bench: MysqlBench;

  beforeEach(async () => {
    bench = await MysqlBench.open(new InlineEngine());
    await bench.exec(`CREATE TABLE migrations (id int AUTO_INCREMENT PRIMARY KEY, timestamp bigint, name varchar(100));
      CREATE TABLE items (id int AUTO_INCREMENT PRIMARY KEY, v varchar(100)); CREATE TABLE bare (a int);
      INSERT INTO items (v) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT CONCAT('value ', i) FROM n`);
  });
  afterEach(() => bench.close());

  const look = async () => {
    const snapshot = await bench.capture();
    return { snapshot, state: bench.files.lastCapture!.state };
  };

  /** Found twice, as soon as nobody else is at work on the server. */
  const quiet = () =>
    eventually(async () => {
      const first = await look();
      return first.state !== null && (await look()).state === first.state && { ...first, state: first.state };
    });

  it('is recognised, and repeats the last snapshot', async () => {
    const base = await bench.capture();
    await bench.exec(`UPDATE items SET v = 'changed' WHERE id = 100`);
    const differential = await bench.captureAgainst(base);
    expect(differential.manifest.kind).toBe('differential');
    const { state } = await quiet();
    const repeated = await bench.captureAgainst(base, { snapshot: differential, state });
    expect(repeated.manifest.tables).toEqual(differential.manifest.tables);
    await bench.restore(repeated);
    expect((await bench.capture()).manifest.tables).toEqual(differential.manifest.tables);
  });

  it('is not one after any write of another connection', async () => {
    for (const [what, sql] of Object.entries(WRITES)) {
      const before = await quiet();
      await bench.exec(sql);
      expect((await look()).state, what).not.toBe(before.state);
    }
  });

  it('is not claimed while a transaction has written, nor once it has committed', async () => {
    const before = await quiet();
    const other = await bench.connect();
    await other.query('START TRANSACTION');
    await other.query(`UPDATE items SET v = 'under way' WHERE id = 1`);
    expect((await look()).state).toBeNull();
    await other.query('COMMIT');
    expect((await look()).state).not.toBe(before.state);
    await other.query('START TRANSACTION');
    await other.query('SELECT * FROM items');
    await quiet(); // a reader does not matter
    await other.end();
  });

  it('is not one after a distributed transaction was prepared or committed', async () => {
    const before = await quiet();
    const other = await bench.connect();
    await other.query(`XA START 'nb_${bench.database}'`);
    await other.query(`INSERT INTO bare VALUES (7)`);
    await other.query(`XA END 'nb_${bench.database}'`);
    await other.query(`XA PREPARE 'nb_${bench.database}'`);
    expect((await look()).state).toBeNull();
    await other.query(`XA COMMIT 'nb_${bench.database}'`);
    await other.end();
    expect((await look()).state).not.toBe(before.state);
  });

  it('is never claimed for an account that may not see who else is at work', async () => {
    const name = `nb_quiet_${process.pid}`;
    await bench.exec(
      `CREATE USER '${name}'@'%' IDENTIFIED BY 'p'; GRANT SELECT ON ${bench.database}.* TO '${name}'@'%'`,
    );
    try {
      await bench.capture({ ...bench.target, user: name, password: 'p' });
      expect(bench.files.lastCapture!.state).toBeNull();
    } finally {
      await bench.exec(`DROP USER '${name}'@'%'`);
    }
  });
});
