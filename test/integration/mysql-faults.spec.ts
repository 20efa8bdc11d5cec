import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupError } from '../../src/backup/model/errors.js';
import { alteringProxy } from '../support/altering-proxy.js';
import { eventually } from '../support/eventually.js';
import { InlineEngine } from '../support/inline-engines.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';
import { CuttingProxy, type Cut } from '../support/mysql-proxy.js';
import { createTraps, disturb } from '../support/mysql-traps.js';

describe.skipIf(!HAS_MYSQL)('MySQL and MariaDB: faults', () => {
  let bench: MysqlBench;

  beforeEach(async () => {
    bench = await MysqlBench.open(new InlineEngine());
  });
  afterEach(() => bench.close());

  const impatient = () => ({ ...bench.target, busyTimeoutMs: 1000 });

  describe('an address that leads nowhere', () => {
    it.each([
      ['a wrong password', { user: 'nobody-we-know', password: 'secret-9f3a' }, /nobody-we-know/],
      ['no such database', { database: 'not_there' }, /not_there/],
      ['nobody listening', { port: 1 }, /reached/],
      ['no such host', { host: 'host.invalid' }, /reached/],
    ])('%s: says what is wrong, without the password', async (_, wrong, pattern) => {
      const error = (await bench.capture({ ...bench.target, ...wrong }).catch((e: unknown) => e)) as BackupError;
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringMatching(pattern) });
      expect(JSON.stringify([error.message, error.details])).not.toContain('secret-9f3a');
    });
  });

  describe('somebody else at work', () => {
    beforeEach(() => bench.exec('CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2)'));

    it('a capture sees nothing of a transaction that has not committed, and does not wait for it', async () => {
      const other = await bench.connect();
      await other.query('START TRANSACTION');
      await other.query('DELETE FROM t');
      expect((await bench.capture(impatient())).manifest.tables['t']?.rows).toBe(2);
      await other.end();
    });

    it('a restore gives up while a transaction holds a table, with everything as it was', async () => {
      const snapshot = await bench.capture();
      await bench.exec('UPDATE t SET v = 9');
      const before = await bench.dump();
      const other = await bench.connect();
      await other.query('START TRANSACTION');
      await other.query('SELECT * FROM t');
      await expect(bench.restore(snapshot, { target: impatient() })).rejects.toMatchObject({
        code: 'DATABASE_LOCKED',
        message: expect.stringMatching(/1 s/),
      });
      await other.end();
      expect(await bench.dump()).toBe(before);
      await bench.restore(snapshot, { target: impatient() });
    });

    it('a capture waits for an ALTER TABLE no longer than it may', async () => {
      const other = await bench.connect();
      await other.query('LOCK TABLES t WRITE');
      await expect(bench.capture(impatient())).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
      await other.end();
    });
  });

  describe('tables that are altered while they are captured', () => {
    it('every snapshot is the state of one moment: schema and rows go together', async () => {
      await bench.exec(`CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE z (id int PRIMARY KEY, n int);
        INSERT INTO a VALUES (1, 0); INSERT INTO z VALUES (1, 0)`);
      const other = await bench.connect();
      let altering = true;
      const altered = (async () => {
        for (let n = 1; altering; n++) {
          await other.query(`ALTER TABLE a ADD COLUMN c${n} int DEFAULT ${n}`);
          await other.query(`UPDATE a SET n = ${n}`);
          await other.query(n % 3 === 0 ? 'TRUNCATE z' : `ALTER TABLE z ADD COLUMN c${n} int, ALGORITHM=COPY`);
          await other.query(`CREATE TABLE new_${n} (id int PRIMARY KEY)`);
          await other.query(`DROP TABLE new_${n}`);
          await other.query(`ALTER TABLE a DROP COLUMN c${n}`);
        }
      })();
      let captured = 0;
      for (let n = 0; n < 30; n++) {
        const snapshot = await bench
          .capture()
          .catch((error: BackupError) => void expect(error, error.message).toMatchObject({ code: 'DATABASE_LOCKED' }));
        if (!snapshot) continue;
        captured++;
        const { tables } = JSON.parse(await readFile(snapshot.document.path, 'utf8')) as {
          tables: { a: { columns: { name: string }[]; rows: { n: number }[] } };
        };
        const { columns, rows } = tables.a;
        const added = columns.map(({ name }) => name).find((name) => name.startsWith('c'));
        // While the n-th column is there, the row goes from n - 1 to n.
        if (added) expect([Number(added.slice(1)) - 1, Number(added.slice(1))]).toContain(rows[0]!.n);
        expect(rows).toHaveLength(1);
      }
      altering = false;
      await altered;
      await other.end();
      expect(captured).toBeGreaterThan(0);
    });
  });

  describe('a connection that is killed', () => {
    /** Kills the connection of the engine as soon as it does something like this. */
    async function killDuring(pattern: string, work: Promise<unknown>): Promise<unknown> {
      const outcome = work.catch((error: unknown) => error);
      await eventually(async () => {
        const [victim] = await bench.rows(
          `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND INFO LIKE '${pattern}'`,
        );
        if (victim) await bench.exec(`KILL ${Number(victim['id'])}`).catch(() => undefined);
        return victim;
      });
      return outcome;
    }

    beforeEach(() =>
      bench.exec(`CREATE TABLE big (id int AUTO_INCREMENT PRIMARY KEY, v varchar(200)); CREATE TABLE log (id int);
        CREATE TRIGGER tr AFTER INSERT ON big FOR EACH ROW INSERT INTO log VALUES (NEW.id);
        INSERT INTO big (v) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT REPEAT('x', 200) FROM n;
        INSERT INTO big (v) SELECT a.v FROM big AS a CROSS JOIN (SELECT 1 FROM big LIMIT 150) AS b`),
    );

    it('during a capture: the job fails with the reason', async () => {
      expect(await killDuring('SELECT CONCAT%', bench.capture())).toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(/lost/),
      });
    });

    it('during a restore: the job fails with the reason, the database is as before, triggers and all', async () => {
      const snapshot = await bench.capture();
      await bench.exec('DELETE FROM big WHERE id < 100');
      const before = await bench.dump();
      expect(await killDuring('INSERT INTO `big`%', bench.restore(snapshot))).toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(/lost/),
      });
      expect(await bench.dump()).toBe(before);
      await bench.restore(snapshot);
    });
  });

  describe('a connection that is lost while it commits', () => {
    /** Cuts the line at COMMIT, once; what comes after gets through. */
    async function restoreWithout(how: Cut) {
      await bench.exec('CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES (5)');
      await bench.exec(
        'CREATE TABLE log (id int); CREATE TRIGGER tr BEFORE DELETE ON t FOR EACH ROW INSERT INTO log VALUES (1)',
      );
      const then = await bench.dump();
      const snapshot = await bench.capture();
      await bench.exec('INSERT INTO t VALUES (90)');
      const now = await bench.dump();
      const proxy = await CuttingProxy.open(bench.target, 'last COMMIT', how);
      const outcome = await bench.restore(snapshot, { target: proxy.throughIt }).catch((error: unknown) => error);
      await proxy.close();
      return { outcome, then, now };
    }

    it('asks the server: not committed', async () => {
      const { outcome, now } = await restoreWithout('before');
      expect(outcome).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect(await bench.dump()).toBe(now);
    });

    it('asks the server: committed', async () => {
      const { outcome, then } = await restoreWithout('after');
      expect(outcome).toEqual({ tables: { log: { rows: 0 }, t: { rows: 1 } }, warnings: [], missing: [] });
      expect(await bench.dump()).toBe(then);
    });
  });

  it('does not keep rows that arrived other than they were sent', async () => {
    await bench.exec(`CREATE TABLE t (id int PRIMARY KEY, v varchar(20)); INSERT INTO t VALUES (1, 'tea for two')`);
    const snapshot = await bench.capture();
    await bench.exec(`UPDATE t SET v = 'coffee'`);
    const before = await bench.dump();
    const proxy = await alteringProxy(bench.target, { from: 'tea for two', to: 'tea for ten' });
    const target = { ...bench.target, host: proxy.host, port: proxy.port };
    await expect(bench.restore(snapshot, { target })).rejects.toMatchObject({ code: 'RESTORE_MISMATCH' });
    await proxy.close();
    expect(await bench.dump()).toBe(before);
    await bench.restore(snapshot);
  });

  describe('an account with few rights', () => {
    const NAME = `nb_${process.pid}`;
    const grants = (rights: string) =>
      bench.exec(
        `CREATE USER '${NAME}'@'%' IDENTIFIED BY 'p'; GRANT ${rights} ON ${bench.database}.* TO '${NAME}'@'%'`,
      );
    const asUser = () => ({ ...bench.target, user: NAME, password: 'p' });
    afterEach(() => bench.exec(`DROP USER IF EXISTS '${NAME}'@'%'`));

    it('captures with the right to read', async () => {
      await createTraps(bench);
      await grants('SELECT, SHOW VIEW, TRIGGER');
      const snapshot = await bench.capture(asUser());
      expect(snapshot.manifest.tables).toEqual((await bench.capture()).manifest.tables);
    });

    it('restores with the rights that the documentation lists', async () => {
      await bench.exec(`CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES (5)`);
      await grants('SELECT, INSERT, DELETE, CREATE, DROP, ALTER, TRIGGER, LOCK TABLES, SHOW VIEW');
      const user = await bench.connect({ user: NAME, password: 'p' });
      await user.query(
        'CREATE TABLE log (id int); CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.id)',
      );
      await user.end();
      const before = await bench.dump();
      const snapshot = await bench.capture(asUser());
      await bench.exec('INSERT INTO t VALUES (90)');
      await bench.restore(snapshot, { target: asUser() });
      expect(await bench.dump()).toBe(before);
    });

    it('does not begin a restore whose triggers it could not put back', async () => {
      await createTraps(bench);
      const snapshot = await bench.capture();
      await disturb(bench);
      const before = await bench.dump();
      await grants('SELECT, INSERT, DELETE, CREATE, DROP, ALTER, TRIGGER, LOCK TABLES, SHOW VIEW, CREATE ROUTINE');
      await expect(bench.restore(snapshot, { target: asUser() })).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
      });
      expect(await bench.dump()).toBe(before);
    });

    it('does not begin a restore where it cannot see triggers', async () => {
      await bench.exec(`CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE log (id int);
        CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.id); INSERT INTO t VALUES (5)`);
      const snapshot = await bench.capture();
      const before = await bench.dump();
      await grants('SELECT, INSERT, DELETE, CREATE, DROP, ALTER, LOCK TABLES, SHOW VIEW');
      await expect(bench.restore(snapshot, { target: asUser() })).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(/TRIGGER/),
      });
      expect(await bench.dump()).toBe(before);
    });
  });
});
