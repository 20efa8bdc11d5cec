import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InlineEngine } from '../support/inline-engines.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';
import { createTraps, disturb } from '../support/mysql-traps.js';

describe.skipIf(!HAS_MYSQL)('MySQL and MariaDB: restoring', () => {
  let bench: MysqlBench;

  beforeEach(async () => {
    bench = await MysqlBench.open(new InlineEngine());
  });
  afterEach(() => bench.close());

  const inEmptyDatabase = async () => {
    await bench.exec(
      `DROP DATABASE ${bench.database}; CREATE DATABASE ${bench.database} COLLATE utf8mb4_general_ci; USE ${bench.database}`,
    );
  };

  describe('chosen tables', () => {
    beforeEach(() =>
      bench.exec(`CREATE TABLE parent (id int AUTO_INCREMENT PRIMARY KEY, v int); CREATE TABLE child (id int AUTO_INCREMENT PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE);
        CREATE TABLE log (what varchar(50)); CREATE TRIGGER tr AFTER INSERT ON parent FOR EACH ROW INSERT INTO log VALUES ('inserted');
        INSERT INTO parent VALUES (1, 1), (2, 2); INSERT INTO child VALUES (1, 1), (2, 2)`),
    );

    it('come back alone: rows, counter, and nothing that would follow from them', async () => {
      const snapshot = await bench.capture();
      await bench.exec('UPDATE parent SET v = 9; INSERT INTO parent VALUES (80, 1); INSERT INTO child VALUES (70, 1)');
      const log = await bench.value('SELECT COUNT(*) FROM log');
      const outcome = await bench.restore(snapshot, { tables: ['parent'] });
      expect(outcome).toEqual({ tables: { parent: { rows: 2 } }, warnings: [], missing: [] });
      expect(await bench.value('SELECT COUNT(*) FROM child')).toBe(3);
      expect(await bench.value('SELECT COUNT(*) FROM log')).toBe(log);
      await bench.exec('INSERT INTO parent (v) VALUES (5); INSERT INTO child (parent) VALUES (1)');
      expect(await bench.value('SELECT MAX(id) FROM parent')).toBe(3);
      expect(await bench.value('SELECT MAX(id) FROM child')).toBe(71);
    });

    it('are refused where others would refer to what is no longer there, from either side', async () => {
      const snapshot = await bench.capture();
      await bench.exec('INSERT INTO parent VALUES (3, 3); INSERT INTO child VALUES (3, 3)');
      const before = await bench.dump();
      await expect(bench.restore(snapshot, { tables: ['parent'] })).rejects.toMatchObject({
        code: 'CONSTRAINT_VIOLATION',
        message: expect.stringMatching(/"child" → "parent" \(1 rows\)/),
      });
      expect(await bench.dump()).toBe(before);
      await bench.exec('DELETE FROM parent WHERE id = 2');
      const without = await bench.dump();
      await expect(bench.restore(snapshot, { tables: ['child'] })).rejects.toMatchObject({
        code: 'CONSTRAINT_VIOLATION',
      });
      expect(await bench.dump()).toBe(without);
      await bench.restore(snapshot, { tables: ['parent', 'child'] });
    });

    it('with names that the snapshot does not have are refused', async () => {
      const snapshot = await bench.capture();
      for (const name of [
        'nothing',
        Object.keys(snapshot.manifest.tables).find((n) => n.startsWith('AUTO_INCREMENT'))!,
      ])
        await expect(bench.restore(snapshot, { tables: [name] })).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    });
  });

  it('keeps references that were broken when they were captured, and says so', async () => {
    await bench.exec(`CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id));
      SET foreign_key_checks = 0; INSERT INTO c VALUES (1, 99); SET foreign_key_checks = 1`);
    const before = await bench.dump();
    const snapshot = await bench.capture();
    await bench.exec('DELETE FROM c');
    expect((await bench.restore(snapshot)).warnings).toEqual([expect.stringMatching(/"c" → "p" \(1 rows\)/)]);
    expect(await bench.dump()).toBe(before);
  });

  describe('into another schema', () => {
    beforeEach(() =>
      bench.exec(`CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b int NOT NULL DEFAULT 4);
        INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2)`),
    );

    it.each([
      ['ALTER TABLE t ADD COLUMN c int', /"c"|the column is in the database/],
      ['ALTER TABLE t DROP COLUMN a', /no longer in the database/],
      ['ALTER TABLE t MODIFY a varchar(21)', /varchar\(20\).*varchar\(21\)/],
      ['ALTER TABLE t MODIFY a varchar(20) CHARACTER SET latin1', /utf8mb4.*latin1/],
      ['ALTER TABLE t MODIFY a varchar(20) NOT NULL', /is NOT NULL now/],
      ['ALTER TABLE t DROP PRIMARY KEY', /primary key/],
      ['DROP TABLE t', /no longer in the database/],
      ['CREATE TABLE u (a int)', /not in the snapshot/],
      [`CREATE TABLE migrations (id int, name varchar(50)); INSERT INTO migrations VALUES (1, 'Later1')`, /Later1/],
    ])('is refused in words after %s', async (sql, pattern) => {
      const snapshot = await bench.capture();
      await bench.exec(sql);
      const before = await bench.dump();
      const error = await bench.restore(snapshot).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'SCHEMA_MISMATCH' });
      expect(JSON.stringify((error as { details: unknown }).details)).toMatch(pattern);
      expect(await bench.dump()).toBe(before);
    });

    it.each([
      'ALTER TABLE t ADD INDEX (a)',
      `ALTER TABLE t COMMENT 'new, NOT NULL'`,
      'ALTER TABLE t AUTO_INCREMENT = 7',
      `ALTER TABLE t ALTER COLUMN b SET DEFAULT 5`,
      'ALTER TABLE t ADD COLUMN g int AS (b * 2) VIRTUAL',
    ])('goes on after %s, which changes no value', async (sql) => {
      const snapshot = await bench.capture();
      await bench.exec(`${sql}; DELETE FROM t`);
      await bench.restore(snapshot);
      expect(await bench.value('SELECT COUNT(*) FROM t')).toBe(2);
    });

    it('fills what fits where that is allowed', async () => {
      const snapshot = await bench.capture();
      await bench.exec(
        'ALTER TABLE t DROP COLUMN a, ADD COLUMN c int DEFAULT 3; DELETE FROM t; CREATE TABLE u (a int); INSERT INTO u VALUES (1)',
      );
      const { warnings } = await bench.restore(snapshot, { allowSchemaChanges: true });
      expect(warnings).toEqual([
        expect.stringMatching(/no longer has "a"/),
        expect.stringMatching(/counted, not compared/),
      ]);
      expect(await bench.rows('SELECT * FROM t')).toEqual([
        { id: 1, b: 1, c: 3 },
        { id: 2, b: 2, c: 3 },
      ]);
      expect(await bench.value('SELECT COUNT(*) FROM u')).toBe(1);
    });

    it('cuts nothing to fit', async () => {
      const snapshot = await bench.capture();
      await bench.exec('ALTER TABLE t MODIFY a varchar(2)'.replace('ALTER', 'DELETE FROM t; ALTER'));
      await expect(bench.restore(snapshot, { allowSchemaChanges: true })).rejects.toMatchObject({
        code: 'CONSTRAINT_VIOLATION',
      });
      expect(await bench.value('SELECT COUNT(*) FROM t')).toBe(0);
    });
  });

  it('builds everything again in an empty database, and records the migrations', async () => {
    await createTraps(bench);
    const before = await bench.dump();
    const snapshot = await bench.capture();
    await inEmptyDatabase();
    const outcome = await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(outcome.warnings).toEqual([]);
    expect(await bench.dump()).toBe(before);
    expect(await bench.value('SELECT name FROM migrations')).toBe('CreateUsers1700000000000');
  });

  it('gives back a row of nearly the largest packet, and names the setting for a larger one', async () => {
    await bench.close();
    bench = await MysqlBench.open(); // in its own process, where a thread writes
    const packet = Number(await bench.value('SELECT @@max_allowed_packet'));
    await bench.exec('CREATE TABLE t (id int PRIMARY KEY, b longblob)');
    await bench.exec(`INSERT INTO t VALUES (1, REPEAT('x', ${Math.floor(packet * 0.7)}))`);
    const snapshot = await bench.capture();
    await bench.exec('DELETE FROM t');
    await bench.restore(snapshot);
    expect((await bench.capture()).manifest.tables).toEqual(snapshot.manifest.tables);
    await bench.exec(`UPDATE t SET b = REPEAT('x', ${Math.floor(packet * 0.9)})`);
    await expect(bench.capture()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/max_allowed_packet/),
    });
  });

  it('refuses a damaged document with everything as it was', async () => {
    await createTraps(bench);
    const snapshot = await bench.capture();
    await disturb(bench);
    const before = await bench.dump();
    const text = await readFile(snapshot.document.path, 'utf8');
    const damages = [
      text.replace('"next":500', '"next":501'),
      text.replace('18446744073709551615', '18446744073709551614'),
      text.replace('{"a":3,"b":"c"},\n', ''),
      text.replace('{"a":3,"b":"c"},\n{"a":1,"b":"a"}', '{"a":1,"b":"a"},\n{"a":3,"b":"c"}'),
      text.replace('"b":"c"', '"b":"c" OR 1=1'),
      text.replace('"next":500', '"next":500 OR 1'),
      text.replace('{"id":1,"egg":1}', '{"id":1,"egg":2}'),
      text.slice(0, text.length / 2),
    ];
    for (const damaged of damages) {
      expect(damaged).not.toBe(text);
      await writeFile(snapshot.document.path, damaged);
      await expect(bench.restore(snapshot)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
      expect((await bench.dump()) === before).toBe(true);
    }
  });
});
