import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { InlineEngine } from '../support/inline-engines.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';
import { CuttingProxy } from '../support/mysql-proxy.js';

const SCHEMA = `
CREATE TABLE solid (id int AUTO_INCREMENT PRIMARY KEY, v varchar(20));
CREATE TABLE legacy (id int AUTO_INCREMENT PRIMARY KEY, v varchar(20), FULLTEXT (v)) ENGINE=MyISAM COMMENT='old one';
CREATE TABLE bare (a int, b text) ENGINE=MyISAM;
CREATE TABLE volatile (id int PRIMARY KEY, v varchar(20)) ENGINE=MEMORY;
CREATE TABLE sheet (a int NOT NULL, b varchar(20) NOT NULL) ENGINE=CSV;
CREATE TABLE log (what varchar(50));
CREATE TRIGGER first AFTER INSERT ON legacy FOR EACH ROW INSERT INTO log VALUES (CONCAT('first ', NEW.id));
CREATE TRIGGER second AFTER INSERT ON legacy FOR EACH ROW INSERT INTO log VALUES (CONCAT('second ', NEW.id));
CREATE TRIGGER solid_one BEFORE DELETE ON solid FOR EACH ROW INSERT INTO log VALUES ('gone');
INSERT INTO solid (v) VALUES ('a'), ('b'); INSERT INTO legacy (id, v) VALUES (5, 'five'), (3, 'three'), (40, 'forty'); DELETE FROM legacy WHERE id = 40;
INSERT INTO bare VALUES (2, 'x'), (1, NULL), (2, 'x'), (3, 'y'); DELETE FROM bare WHERE a = 1; INSERT INTO bare VALUES (9, 'fills the hole');
INSERT INTO volatile VALUES (2, 'b'), (1, 'a'); INSERT INTO sheet VALUES (1, 'one'), (0, '');
`;
const LATER = `DELETE FROM solid; INSERT INTO solid (v) VALUES ('later'); INSERT INTO legacy (v) VALUES ('later'); UPDATE legacy SET v = 'x' WHERE id = 3;
  DELETE FROM bare; INSERT INTO bare VALUES (7, 'later'); DELETE FROM volatile; INSERT INTO sheet VALUES (5, 'later');`;

describe.skipIf(!HAS_MYSQL)('MySQL and MariaDB: tables whose engines have no transactions', () => {
  let bench: MysqlBench;
  let isMariadb: boolean;

  beforeEach(async () => {
    bench = await MysqlBench.open(new InlineEngine());
    isMariadb = /mariadb/i.test(String(await bench.value('SELECT VERSION()')));
    await bench.exec(SCHEMA);
    if (isMariadb) await bench.exec(`CREATE TABLE aria (id int PRIMARY KEY) ENGINE=Aria; INSERT INTO aria VALUES (1)`);
  });
  afterEach(() => bench.close());

  const warnings = () => bench.files.lastCapture!.warnings ?? [];

  it('come back exactly, with their counters and triggers, and fire none', async () => {
    const before = await bench.dump();
    const snapshot = await bench.capture();
    expect(warnings()).toEqual([]);
    await bench.exec(LATER);
    expect((await bench.restore(snapshot)).warnings).toEqual([]);
    expect(await bench.dump()).toBe(before);
    await bench.exec(`INSERT INTO legacy (v) VALUES ('new')`);
    expect(await bench.value('SELECT MAX(id) FROM legacy')).toBe(41);
    expect(await bench.rows(`SELECT what FROM log WHERE what LIKE '%41'`)).toEqual([
      { what: 'first 41' },
      { what: 'second 41' },
    ]);
  });

  it('come back in an empty database', async () => {
    const before = await bench.dump();
    const snapshot = await bench.capture();
    await bench.exec(`DROP DATABASE ${bench.database}; CREATE DATABASE ${bench.database}; USE ${bench.database}`);
    expect((await bench.restore(snapshot, { allowSchemaChanges: true })).missing).toEqual([]);
    expect(await bench.dump()).toBe(before);
  });

  it('are of one moment with the others: nobody writes to them until they are read', async () => {
    const snapshot = await (async () => {
      const capture = bench.capture();
      const other = await bench.connect();
      await other.query(`INSERT INTO legacy (v) VALUES ('while')`);
      await other.query(`INSERT INTO solid (v) VALUES ('while')`);
      await other.end();
      return capture;
    })();
    const { legacy, solid } = snapshot.manifest.tables;
    expect([
      [2, 2],
      [3, 3],
    ]).toContainEqual([legacy!.rows, solid!.rows]);
  });

  it('are captured with a warning where the account may not lock them', async () => {
    const name = `nb_lock_${process.pid}`;
    await bench.exec(
      `CREATE USER '${name}'@'%' IDENTIFIED BY 'p'; GRANT SELECT, SHOW VIEW, TRIGGER ON ${bench.database}.* TO '${name}'@'%'`,
    );
    try {
      const snapshot = await bench.capture({ ...bench.target, user: name, password: 'p' });
      expect(warnings()).toEqual([
        { code: 'not_one_moment', message: expect.stringMatching(/"bare".*"legacy".*LOCK TABLES/) },
      ]);
      expect(snapshot.manifest.tables).toEqual((await bench.capture()).manifest.tables);
      // Whose plan names none of them does not care.
      await bench.files.captureOnly(['solid'], { ...bench.target, user: name, password: 'p' });
      expect(warnings()).toEqual([]);
    } finally {
      await bench.exec(`DROP USER '${name}'@'%'`);
    }
  });

  it('wait for a writer no longer than they may, and not at all where a plan does not name them', async () => {
    const other = await bench.connect();
    await other.query('LOCK TABLES legacy WRITE');
    const impatient = { ...bench.target, busyTimeoutMs: 1000 };
    await expect(bench.capture(impatient)).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    await bench.files.captureOnly(['solid'], impatient);
    await other.end();
  });

  it('are never said to be unchanged', async () => {
    await bench.capture();
    expect(bench.files.lastCapture!.state).toBeNull();
    await eventually(async () => {
      await bench.files.captureOnly(['solid'], bench.target);
      return bench.files.lastCapture!.state !== null;
    });
    const base = await bench.capture();
    await bench.exec(`UPDATE bare SET b = 'other' WHERE a = 3`);
    const differential = await bench.captureAgainst(base);
    await bench.exec(LATER);
    await bench.restore(differential);
    expect(await bench.value('SELECT b FROM bare WHERE a = 3')).toBe('other');
  });

  it('stay as they were where the restore fails, and nothing of it is left', async () => {
    const snapshot = await bench.capture();
    await bench.exec(LATER);
    const before = await bench.dump();
    const tables = structuredClone(snapshot.manifest.tables);
    tables['volatile']!.sha256 = 'f'.repeat(64);
    await expect(bench.restore({ ...snapshot, manifest: { ...snapshot.manifest, tables } })).rejects.toMatchObject({
      code: 'RESTORE_MISMATCH',
    });
    expect(await bench.dump()).toBe(before);
  });

  it('are old or new wherever the line is cut while the restore commits and puts them in their places', async () => {
    await bench.exec(
      'DROP TABLE sheet, volatile, bare, log; DROP TABLE IF EXISTS aria; CREATE TABLE log (a varchar(50))',
    );
    const restored = await bench.dump();
    const snapshot = await bench.capture();
    const change = `UPDATE solid SET v = 'later'; UPDATE legacy SET v = 'later'`;
    const rows = async () => [await bench.rows('SELECT * FROM solid'), await bench.rows('SELECT * FROM legacy')];
    const old = await rows();
    await bench.exec(change);
    const changed = await rows();
    const all = await CuttingProxy.open(bench.target, Infinity, 'before');
    await bench.restore(snapshot, { target: all.throughIt });
    await all.close();
    expect(await bench.dump()).toBe(restored);
    const found = new Set<string>();
    // Every fifth one, each in another way than its neighbours.
    for (let statement = all.statements - 60; statement <= all.statements; statement += 5) {
      await bench.exec(change);
      const proxy = await CuttingProxy.open(bench.target, statement, statement % 2 === 0 ? 'before' : 'after');
      await bench.restore(snapshot, { target: proxy.throughIt }).catch((error: unknown) => error);
      await proxy.close();
      await bench.capture(); // whatever is done next puts the rest in order
      const now = await rows();
      expect([old, changed], `statement ${statement}`).toContainEqual(now);
      const isNew = JSON.stringify(now) === JSON.stringify(old);
      if (isNew) expect(await bench.dump(), `statement ${statement}`).toBe(restored);
      found.add(isNew ? 'new' : 'old');
    }
    expect([...found].sort()).toEqual(['new', 'old']);
  });

  it('that show the rows of others, or keep none, come back as definitions', async () => {
    await bench.exec(
      `CREATE TABLE part (a int) ENGINE=MyISAM; INSERT INTO part VALUES (1); CREATE TABLE alltogether (a int) ENGINE=MERGE UNION=(part)`,
    );
    const snapshot = await bench.capture();
    expect(warnings()).toEqual([]);
    expect(snapshot.manifest.tables).not.toHaveProperty('alltogether');
    await expect(bench.files.captureOnly(['alltogether'], bench.target)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/"alltogether" stores no rows/),
    });
    await bench.exec(`DROP DATABASE ${bench.database}; CREATE DATABASE ${bench.database}; USE ${bench.database}`);
    await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(await bench.rows('SELECT * FROM alltogether')).toEqual([{ a: 1 }]);
    await bench.restore(snapshot);
    expect(await bench.rows('SELECT * FROM alltogether')).toEqual([{ a: 1 }]);
  });
});
