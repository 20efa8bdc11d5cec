import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InlineEngine } from '../support/inline-engines.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';

describe.skipIf(!HAS_MYSQL)('MySQL and MariaDB: what belongs to tables', () => {
  let bench: MysqlBench;
  let isMariadb: boolean;

  beforeEach(async () => {
    bench = await MysqlBench.open(new InlineEngine());
    isMariadb = /mariadb/i.test(String(await bench.value('SELECT VERSION()')));
  });
  afterEach(() => bench.close());

  const warnings = () => bench.files.lastCapture!.warnings ?? [];
  const intoEmpty = (collation = 'utf8mb4_general_ci') =>
    bench.exec(
      `DROP DATABASE ${bench.database}; CREATE DATABASE ${bench.database} COLLATE ${collation}; USE ${bench.database}`,
    );

  /** What the server says of everything that is defined, settings included. */
  async function definitions(): Promise<unknown[]> {
    const kinds = { VIEW: 'TABLE', TRIGGER: 'TRIGGER', EVENT: 'EVENT', ROUTINE: 'ROUTINE' };
    const shown: unknown[] = [];
    for (const [kind, column] of Object.entries(kinds)) {
      const schema = kind === 'VIEW' ? 'TABLE' : kind;
      const type = kind === 'ROUTINE' ? 'ROUTINE_TYPE' : `'${kind}'`;
      const found = await bench.rows(
        `SELECT ${column}_NAME AS name, ${type} AS type FROM information_schema.${kind}S WHERE ${schema}_SCHEMA = DATABASE() ORDER BY 1`,
      );
      for (const { name, type: objectType } of found)
        for (const row of await bench.rows(`SHOW CREATE ${objectType} \`${name}\``))
          shown.push({ ...row, Created: null });
    }
    return shown;
  }

  it('views, routines, triggers and events get the settings back that they were made under', async () => {
    await bench.exec(
      `ALTER DATABASE ${bench.database} COLLATE utf8mb4_bin; CREATE TABLE t (a varchar(20), b varchar(20))`,
    );
    const latin = await bench.connect({ charset: 'latin1_german1_ci' });
    await latin.query(`SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT', time_zone = '+03:00'`);
    await latin.query(`CREATE VIEW v AS SELECT a || 'é€' AS x FROM t`);
    await latin.query(`CREATE FUNCTION f (n char(5)) RETURNS varchar(20) DETERMINISTIC RETURN n || 'ß'`);
    await latin.query(`CREATE PROCEDURE p () SELECT 'ü' AS "x"`);
    await latin.query(`CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = NEW.a || 'ö'`);
    await latin.query(
      `CREATE EVENT ev ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 05:00:00' DO DELETE FROM t WHERE a = 'å'`,
    );
    await latin.query(
      `CREATE EVENT off ON SCHEDULE EVERY 1 HOUR STARTS '2037-01-01' DISABLE COMMENT 'not now' DO SELECT 1`,
    );
    await latin.end();
    await bench.exec(`INSERT INTO t (a) VALUES ('x'); ALTER DATABASE ${bench.database} COLLATE utf8mb4_general_ci`);
    const before = await definitions();
    expect(before).toHaveLength(6);
    const snapshot = await bench.capture();
    expect(snapshot.manifest.schema.ddl).toContainEqual(
      expect.stringMatching(
        /^\/\* sql_mode='PIPES_AS_CONCAT,ANSI_QUOTES' character_set_client='latin1' collation_connection='latin1_german1_ci' database_collation='utf8mb4_bin' time_zone='\+03:00' \*\/ CREATE DEFINER=\S+ EVENT `ev`/,
      ),
    );
    await intoEmpty();
    const outcome = await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(outcome).toMatchObject({ missing: [], warnings: [] });
    expect(await definitions()).toEqual(before);
    expect(await bench.value('SELECT @@collation_database')).toBe('utf8mb4_general_ci');
    expect(await bench.rows('SELECT * FROM t')).toEqual([{ a: 'x', b: 'xö' }]);
    // And again in place, where the database has another collation than its trigger.
    const again = await bench.capture();
    await bench.exec('DELETE FROM t');
    await bench.restore(again);
    expect(await definitions()).toEqual(before);
    expect(await bench.value('SELECT @@collation_database')).toBe('utf8mb4_general_ci');
  });

  it('a trigger that another character set made is put back in place as it was', async () => {
    await bench.exec('CREATE TABLE t (a varchar(20))');
    const latin = await bench.connect({ charset: 'latin1_swedish_ci' });
    await latin.query(`CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = CONCAT(NEW.a, 'ö€')`);
    await latin.end();
    const before = await bench.dump();
    const shown = await definitions();
    const snapshot = await bench.capture();
    await bench.exec(`INSERT INTO t VALUES ('x')`);
    await bench.restore(snapshot);
    expect(await bench.dump()).toBe(before);
    expect(await definitions()).toEqual(shown);
  });

  it('says what could not be brought into an empty database, and brings the rest', async () => {
    await bench.exec(`CREATE TABLE t (a int); CREATE TABLE gone (a int); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT * FROM t;
      CREATE VIEW broken AS SELECT * FROM gone; DROP TABLE gone`);
    const snapshot = await bench.capture();
    await intoEmpty();
    const { missing, tables } = await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(missing).toEqual([expect.stringMatching(/^"broken" could not be created/)]);
    expect(tables).toEqual({ t: { rows: 1 } });
    expect(await bench.value('SELECT COUNT(*) FROM v')).toBe(1);
  });

  it('a restore into an empty database that fails leaves nothing there, so that it can be tried again', async () => {
    await bench.exec(`CREATE TABLE t (a int); CREATE TABLE log (a int); CREATE VIEW v AS SELECT * FROM t; INSERT INTO t VALUES (1);
      CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (1)`);
    const before = await bench.dump();
    const snapshot = await bench.capture();
    await intoEmpty();
    const tables = { ...snapshot.manifest.tables, t: { rows: 1, sha256: 'f'.repeat(64) } };
    await expect(
      bench.restore({ ...snapshot, manifest: { ...snapshot.manifest, tables } }, { allowSchemaChanges: true }),
    ).rejects.toMatchObject({ code: 'RESTORE_MISMATCH' });
    expect(await bench.rows('SHOW TABLES')).toEqual([]);
    await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(await bench.dump()).toBe(before);
  });

  it('what the account may not read is named', async () => {
    const name = `nb_read_${process.pid}`;
    await bench.exec(`CREATE TABLE t (a int); CREATE PROCEDURE p () SELECT 1; CREATE VIEW v AS SELECT * FROM t;
      CREATE USER '${name}'@'%' IDENTIFIED BY 'p'; GRANT SELECT, EXECUTE ON ${bench.database}.* TO '${name}'@'%'`);
    try {
      await bench.capture({ ...bench.target, user: name, password: 'p' });
      expect(warnings()).toEqual([
        { code: 'incomplete', message: expect.stringMatching(/view "v"/) },
        { code: 'incomplete', message: expect.stringMatching(/procedure "p"/) },
      ]);
    } finally {
      await bench.exec(`DROP USER '${name}'@'%'`);
    }
  });

  describe('rows that their own table would not take today', () => {
    const TABLES = `CREATE TABLE cut (id int PRIMARY KEY, a varchar(20), b varchar(3) AS (a) STORED, c tinyint AS (CHAR_LENGTH(a) * 100) STORED, d varchar(2) AS (CONCAT(a, 'x')) VIRTUAL, KEY (d));
      CREATE TABLE zero (d date NOT NULL DEFAULT '0000-00-00', t datetime NOT NULL DEFAULT '2026-00-00', e enum('a') NOT NULL, n tinyint unsigned);
      CREATE TABLE checked (id int AUTO_INCREMENT PRIMARY KEY, v varchar(10), CHECK (v <> 'bad'), CONSTRAINT long_enough CHECK (CHAR_LENGTH(v) > 2));
      CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id));
      CREATE TABLE wide (a varchar(200)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=16`;
    const ROWS = `INSERT INTO cut (id, a) VALUES (0, 'abcdefgh'), (1, 'ab'); INSERT INTO zero VALUES ('2026-02-31', '0000-00-00', 'none', 999), (DEFAULT, DEFAULT, '', -1);
      INSERT INTO checked VALUES (0, 'bad'), (7, 'x'); INSERT INTO c VALUES (1, 99); INSERT INTO wide VALUES ('a')`;
    beforeEach(async () => {
      const lenient = await bench.connect();
      await lenient.query(
        `SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', innodb_strict_mode = 0, foreign_key_checks = 0`,
      );
      if (isMariadb) await lenient.query('SET check_constraint_checks = 0');
      await lenient.query(TABLES);
      await lenient.query(isMariadb ? ROWS : ROWS.replace(/INSERT INTO checked[^;]*;/, ''));
      await lenient.end();
    });
    const stored = () => bench.rows('CHECKSUM TABLE cut, zero, checked, c, wide EXTENDED');

    it.each([false, true])('come back as they were; into an empty database: %s', async (empty) => {
      const before = [await bench.dump(), await stored()];
      const snapshot = await bench.capture();
      if (empty) await intoEmpty();
      else await bench.exec('DELETE FROM cut; DELETE FROM zero; DELETE FROM checked; DELETE FROM c');
      const outcome = await bench.restore(snapshot, { allowSchemaChanges: empty });
      expect(outcome).toMatchObject({ missing: [], warnings: [expect.stringMatching(/"c" → "p"/)] });
      expect([await bench.dump(), await stored()]).toEqual(before);
    });
  });

  describe('on MariaDB', () => {
    beforeEach((context) => {
      if (!isMariadb) context.skip();
    });
    const sequence = (name: string) => bench.rows(`SELECT * FROM ${name}`);

    it('sequences are counters: they come back where they stood, backwards too, with their limits', async () => {
      await bench.exec(`CREATE SEQUENCE s START 5 INCREMENT 3 MAXVALUE 100 CACHE 4 CYCLE; CREATE SEQUENCE down START -1 INCREMENT -1 MINVALUE -5 NOCACHE;
        CREATE TABLE t (id bigint DEFAULT NEXTVAL(s) PRIMARY KEY, v int); INSERT INTO t (v) VALUES (1), (2); DO NEXTVAL(down);
        CREATE SEQUENCE exhausted MAXVALUE 2 NOCACHE; DO NEXTVAL(exhausted); DO NEXTVAL(exhausted)`);
      const before = await bench.dump();
      const snapshot = await bench.capture();
      expect(warnings()).toEqual([]);
      const states = [await sequence('s'), await sequence('down'), await sequence('exhausted')];
      await bench.exec(
        'INSERT INTO t (v) VALUES (3); DO NEXTVAL(s); DO NEXTVAL(s); DO NEXTVAL(s); DO NEXTVAL(down); ALTER SEQUENCE s MAXVALUE 5000; ALTER SEQUENCE exhausted RESTART',
      );
      await bench.restore(snapshot);
      expect([await sequence('s'), await sequence('down'), await sequence('exhausted')]).toEqual(states);
      expect(await bench.dump()).toBe(before);
      await bench.exec('INSERT INTO t (v) VALUES (9)');
      expect(await bench.value('SELECT MAX(id) FROM t')).toBe(17);
    });

    it('sequences come back in an empty database of another name', async () => {
      await bench.exec(
        `CREATE SEQUENCE s; CREATE TABLE t (id bigint DEFAULT NEXTVAL(s), v int); INSERT INTO t (v) VALUES (1)`,
      );
      const snapshot = await bench.capture();
      const other = await MysqlBench.open(new InlineEngine());
      try {
        await bench.restore(snapshot, { target: other.target, allowSchemaChanges: true });
        await bench.exec('DROP TABLE t; DROP SEQUENCE s');
        await other.exec('INSERT INTO t (v) VALUES (2)');
        expect(await other.rows('SELECT * FROM t')).toEqual([
          { id: 1, v: 1 },
          { id: 1001, v: 2 },
        ]);
      } finally {
        await other.close();
      }
    });

    it('only those sequences are set that the chosen tables use', async () => {
      await bench.exec(
        `CREATE SEQUENCE s NOCACHE; CREATE SEQUENCE u NOCACHE; CREATE TABLE t (id bigint DEFAULT NEXTVAL(s)); CREATE TABLE x (a int)`,
      );
      const snapshot = await bench.capture();
      await bench.exec('DO NEXTVAL(s); DO NEXTVAL(u)');
      await bench.restore(snapshot, { tables: ['x'] });
      expect([await bench.value('SELECT NEXTVAL(s)'), await bench.value('SELECT NEXTVAL(u)')]).toEqual([2, 2]);
      await bench.restore(snapshot, { tables: ['t'] });
      expect([await bench.value('SELECT NEXTVAL(s)'), await bench.value('SELECT NEXTVAL(u)')]).toEqual([1, 3]);
    });

    it('a sequence that is gone or new is a difference', async () => {
      await bench.exec('CREATE SEQUENCE s; CREATE TABLE t (a int)');
      const snapshot = await bench.capture();
      await bench.exec('DROP SEQUENCE s; CREATE SEQUENCE z');
      const error = await bench.restore(snapshot).catch((e: unknown) => e);
      expect(JSON.stringify((error as { details: unknown }).details)).toMatch(
        /"s".*no longer.*"z".*not in the snapshot/,
      );
    });

    it('a moved sequence is no quiet tick', async () => {
      await bench.exec('CREATE SEQUENCE s NOCACHE; CREATE TABLE t (a int)');
      await bench.capture();
      const { state } = bench.files.lastCapture!;
      await bench.exec('DO NEXTVAL(s)');
      await bench.capture();
      expect(bench.files.lastCapture!.state === null || bench.files.lastCapture!.state !== state).toBe(true);
    });

    it('versioned tables come back with their present rows, and keep the history that they have', async () => {
      await bench.exec(`CREATE TABLE v (id int PRIMARY KEY, x int) WITH SYSTEM VERSIONING; INSERT INTO v VALUES (1, 1), (2, 2); UPDATE v SET x = 9 WHERE id = 1;
        CREATE TABLE w (id int, x int, rs timestamp(6) GENERATED ALWAYS AS ROW START, re timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING;
        INSERT INTO w (id, x) VALUES (3, 3), (1, 1); UPDATE w SET x = 4 WHERE id = 3;
        CREATE TABLE m (a int) ENGINE=MyISAM WITH SYSTEM VERSIONING; INSERT INTO m VALUES (1)`);
      const snapshot = await bench.capture();
      expect(warnings()).toEqual([{ code: 'incomplete', message: expect.stringMatching(/"m", "v", "w".*history/) }]);
      expect(snapshot.manifest.tables['v']!.rows).toBe(2);
      const rows = async () => [
        await bench.rows('SELECT * FROM v'),
        await bench.rows('SELECT id, x FROM w'),
        await bench.rows('SELECT * FROM m'),
      ];
      const before = await rows();
      const began = await bench.value('SELECT NOW(6)');
      await bench.exec('DELETE FROM v WHERE id = 2; UPDATE w SET x = 100');
      const { warnings: restoreWarnings } = await bench.restore(snapshot);
      expect(restoreWarnings).toEqual([expect.stringMatching(/history/)]);
      expect(await rows()).toEqual(before);
      expect(await bench.value('SELECT COUNT(*) FROM v FOR SYSTEM_TIME ALL WHERE id = 1 AND x = 1')).toBe(1);
      expect(await bench.value('SELECT COUNT(*) FROM w FOR SYSTEM_TIME ALL WHERE x = 100')).toBe(2);
      expect(await bench.value(`SELECT MIN(rs) > '${String(began)}' FROM w`)).not.toBeNull();
      await bench.exec('UPDATE m SET a = 2');
      await expect(bench.restore(snapshot)).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/"m" keeps the history/),
      });
      expect(await bench.value('SELECT COUNT(*) FROM m FOR SYSTEM_TIME ALL')).toBe(2);
    });
  });
});
