import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { SeededRandom } from '../support/changing-database.js';
import { readDifferential, readFull } from '../support/independent-reader.mjs';
import { InlineEngine } from '../support/inline-engines.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';
import { rounds } from '../support/rounds.js';

const SCHEMA = `
CREATE TABLE keyed (id int AUTO_INCREMENT PRIMARY KEY, name varchar(100), value double);
CREATE TABLE bare (a int, b varchar(40));
CREATE TABLE worded (word varchar(50) COLLATE utf8mb4_unicode_ci, n int, x varbinary(50), PRIMARY KEY (word, n));
CREATE TABLE composite (a int, b varchar(30), c decimal(20,5), PRIMARY KEY (b, a));
CREATE TABLE unique_only (u int NOT NULL UNIQUE, t timestamp NULL);
CREATE TABLE parts (id int PRIMARY KEY, v text) PARTITION BY KEY (id) PARTITIONS 4;
CREATE TABLE never_touched (id int PRIMARY KEY, v text);
CREATE TABLE nothing_yet (id int AUTO_INCREMENT PRIMARY KEY, v text);
CREATE TABLE n (i int PRIMARY KEY);
INSERT INTO n WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n;
INSERT INTO n SELECT i + 1000 FROM n;
INSERT INTO keyed SELECT i * 10, CONCAT('name ', i), i % 3 FROM n;
INSERT INTO bare SELECT i % 7, 'same' FROM n;
INSERT INTO worded SELECT CONCAT('word ', i * 31 % 997), i, NULL FROM n;
INSERT INTO composite SELECT i % 50, CONCAT('key ', i DIV 50), i * 0.1 FROM n;
INSERT INTO unique_only SELECT i * 7919 % 2003, NULL FROM n;
INSERT INTO parts SELECT i, REPEAT('p', i % 50) FROM n;
INSERT INTO never_touched SELECT i, REPEAT('0', 60) FROM n;
`;

const VALUES = [`NULL`, `''`, `'},'`, `']}'`, `'{"at":0,"drop":1,"rows":['`, `'日本 🎉'`, `'\\n\\\\'`, `'x'`];

/** One random statement over the tables. */
function edit(random: SeededRandom): string {
  const number = () => random.below(2100);
  const value = () => random.pick(VALUES);
  const table = random.pick(['keyed', 'bare', 'worded', 'composite', 'unique_only', 'parts', 'nothing_yet']);
  const from = number();
  const size = random.pick([1, 1, 1, 5, 40]);
  const key = {
    keyed: 'id DIV 10',
    bare: 'a',
    worded: 'n',
    composite: 'a',
    unique_only: 'u',
    parts: 'id',
    nothing_yet: 'id',
  }[table]!;
  const within = `${key} BETWEEN ${from} AND ${from + size}`;
  switch (random.below(6)) {
    case 0:
      return `DELETE FROM ${table} WHERE ${within}`;
    case 1:
      return {
        keyed: `UPDATE keyed SET name = ${value()}, value = value + 0.1 WHERE ${within}`,
        bare: `UPDATE bare SET b = ${value()} WHERE ${within} LIMIT ${size}`,
        worded: `UPDATE IGNORE worded SET word = UPPER(word), x = 0x00FF WHERE ${within}`,
        composite: `UPDATE composite SET c = c + 0.00001 WHERE ${within}`,
        unique_only: `UPDATE unique_only SET t = FROM_UNIXTIME(${1 + number()}) WHERE ${within}`,
        parts: `UPDATE parts SET v = ${value()} WHERE ${within}`,
        nothing_yet: `UPDATE nothing_yet SET v = ${value()}`,
      }[table]!;
    case 2:
      return random.below(10) === 0
        ? `TRUNCATE ${random.pick(['bare', 'nothing_yet'])}`
        : `DELETE FROM bare LIMIT ${size}`;
    default:
      return {
        keyed: `INSERT INTO keyed (name, value) SELECT CONCAT('new ', i), i FROM n WHERE i <= ${size}`,
        bare: `INSERT INTO bare SELECT i % 7, ${value()} FROM n WHERE i <= ${size}`,
        worded: `INSERT IGNORE INTO worded SELECT CONCAT('Wörd ', ${from}), i, 'x' FROM n WHERE i <= ${size}`,
        composite: `INSERT IGNORE INTO composite SELECT i, 'key ${from % 60}', 1.5 FROM n WHERE i <= ${size}`,
        unique_only: `INSERT IGNORE INTO unique_only SELECT i + ${from}, '2026-01-01' FROM n WHERE i <= ${size}`,
        parts: `INSERT IGNORE INTO parts SELECT i + ${from}, ${value()} FROM n WHERE i <= ${size}`,
        nothing_yet: `INSERT INTO nothing_yet (v) VALUES (${value()})`,
      }[table]!;
  }
}

const BATCHES = 12;
const MOST_EDITS = 30;
const withoutHead = (document: string): string => document.slice(document.indexOf('"tables":{'));

describe.skipIf(!HAS_MYSQL)('MySQL and MariaDB: differentials', () => {
  let bench: MysqlBench;

  beforeEach(async () => {
    bench = await MysqlBench.open(new InlineEngine());
  });
  afterEach(() => bench.close());

  /** By digest and by row: what the engine and the independent reader make of it is what a full snapshot holds now. */
  async function expectTheDatabase(snapshot: StoredSnapshot): Promise<void> {
    const now = await bench.capture();
    expect(snapshot.manifest.tables).toEqual(now.manifest.tables);
    const expected = withoutHead(await readFile(now.document.path, 'utf8'));
    expect(withoutHead(await text(await bench.engine.read({ snapshot, view: 'document' }))) === expected).toBe(true);
    const base = snapshot.base ? await readFile(snapshot.base.document.path, 'utf8') : null;
    const stored = await readFile(snapshot.document.path, 'utf8');
    expect(base ? readDifferential(base, stored) : readFull(stored)).toEqual(readFull(expected));
  }

  it('are the database at their moment, after hundreds of edits of tables of every shape', async () => {
    let differentials = 0;
    await fc.assert(
      fc
        .asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
          const random = new SeededRandom(seed);
          await bench.exec(SCHEMA);
          const base = await bench.capture();
          const moments: { snapshot: StoredSnapshot; dump: string }[] = [];
          for (let batch = 0; batch < BATCHES; batch++) {
            for (let n = random.below(MOST_EDITS); n > 0; n--) await bench.exec(edit(random));
            const snapshot = await bench.captureAgainst(base);
            if (snapshot.manifest.kind === 'differential') differentials++;
            await expectTheDatabase(snapshot);
            moments.push({ snapshot, dump: await bench.dump() });
          }
          for (const { snapshot, dump } of [moments[3]!, moments[BATCHES - 1]!, moments[0]!]) {
            await bench.restore(snapshot);
            expect((await bench.dump()) === dump).toBe(true);
          }
        })
        .afterEach(async () => {
          await bench.close();
          bench = await MysqlBench.open(new InlineEngine());
        }),
      { numRuns: rounds(1, 3), endOnFailure: true },
    );
    expect(differentials).toBeGreaterThan(BATCHES / 3);
  });

  it('hold little of a little change, and nothing of none', async () => {
    await bench.exec(SCHEMA);
    const base = await bench.capture();
    const nothing = await bench.captureAgainst(base);
    expect(await readFile(nothing.document.path, 'utf8')).toMatch(/"tables":\{\n\}/);
    await bench.exec(`UPDATE worded SET x = 'changed' WHERE n = 500`);
    const little = await bench.captureAgainst(base);
    expect(little.manifest).toMatchObject({ kind: 'differential' });
    expect(little.manifest.file_size_bytes).toBeLessThan(1000);
  });

  it('make way for a full one where too much has changed', async () => {
    await bench.exec(SCHEMA);
    const base = await bench.capture();
    await bench.exec(
      `UPDATE parts SET v = CONCAT('new ', id, REPEAT('x', 100)); UPDATE keyed SET name = 'all of them'`,
    );
    const snapshot = await bench.captureAgainst(base);
    expect(snapshot.manifest).toMatchObject({ kind: 'full', full_reason: 'too_much_changed' });
    await expectTheDatabase(snapshot);
  });

  it.each([
    'ALTER TABLE bare ADD COLUMN c int',
    'ALTER TABLE bare MODIFY b varchar(41)',
    'ALTER TABLE bare MODIFY b varchar(40) NOT NULL',
    `ALTER TABLE bare ALTER COLUMN b SET DEFAULT 'x'`,
    'ALTER TABLE bare MODIFY b varchar(40) CHARACTER SET latin1',
    'ALTER TABLE bare MODIFY b varchar(40) COLLATE utf8mb4_bin',
    'ALTER TABLE composite DROP PRIMARY KEY',
    'CREATE TABLE another (a int)',
    'DROP TABLE nothing_yet',
  ])('make way for a full one after %s', async (sql) => {
    await bench.exec(SCHEMA);
    const base = await bench.capture();
    await bench.exec(sql);
    expect((await bench.captureAgainst(base)).manifest).toMatchObject({ kind: 'full', full_reason: 'schema_changed' });
  });
});
