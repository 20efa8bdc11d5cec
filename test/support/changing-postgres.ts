import { SeededRandom } from './changing-database.js';

export const CHANGING_SCHEMA = String.raw`
CREATE TABLE keyed (id bigint PRIMARY KEY, name text, value jsonb);
CREATE TABLE bare (a integer, b text);
CREATE TABLE composite (a integer, b text COLLATE "C", c double precision, PRIMARY KEY (b, a));
CREATE TABLE "one row" (only_one text);
CREATE TABLE nothing_yet (id serial PRIMARY KEY, v text[]);
CREATE TABLE heavy (id integer PRIMARY KEY, body text);
CREATE TABLE "__proto__" ("constructor" integer, "10" integer);
CREATE TABLE "never touched" (id integer PRIMARY KEY, v text);
CREATE TABLE parted (id integer, v text) PARTITION BY LIST (id);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES IN (0); CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
INSERT INTO keyed SELECT i * 10, 'name ' || i, to_jsonb(i % 3) FROM generate_series(1, 4000) AS i;
INSERT INTO bare SELECT i % 7, 'same' FROM generate_series(1, 4000) AS i;
INSERT INTO composite SELECT i % 50, 'key ' || (i / 50), i * 0.1 FROM generate_series(1, 4000) AS i;
INSERT INTO "one row" VALUES ('only');
INSERT INTO "__proto__" SELECT i % 2, 1 FROM generate_series(1, 4000) AS i;
INSERT INTO "never touched" SELECT i, repeat('0', 60) || i FROM generate_series(1, 4000) AS i;
INSERT INTO parted SELECT i % 3, 'v' || i FROM generate_series(1, 300) AS i;
`;

const VALUES = [
  `NULL`,
  `'{"a": null}'`,
  `'null'`,
  `'[]'`,
  `'"},"'`,
  `'"]}"'`,
  `'"{\\"at\\":0,\\"drop\\":1,\\"rows\\":["'`,
  `'"\\n"'`,
  `'"日本"'`,
  `'1e400'`,
];
const ROWS = 4000;
const HUGE = 700_000;

/** One random edit of a database with {@link CHANGING_SCHEMA}; some cannot stand in a transaction. */
export function randomEdit(random: SeededRandom): string {
  const any = (limit: number) => random.below(limit);
  const odd = random.pick(VALUES);
  const id = any(ROWS * 10);
  const table = random.pick(['keyed', 'bare', 'composite', '"__proto__"', 'parted']);
  const page = any(30);
  const where = `ctid BETWEEN '(${page},${any(100)})' AND '(${page},${any(200)})'`;
  return random.pick([
    `UPDATE keyed SET value = ${odd} WHERE id = ${id - (id % 10)}`,
    `UPDATE keyed SET value = value WHERE id BETWEEN ${id} AND ${id + any(500)}`,
    `INSERT INTO keyed VALUES (${id}, 'new', ${odd}) ON CONFLICT (id) DO UPDATE SET name = 'again'`,
    `INSERT INTO keyed SELECT max(id) + 10, 'appended', ${odd} FROM keyed HAVING count(*) > 0`,
    `DELETE FROM keyed WHERE id = ${id - (id % 10)}`,
    `DELETE FROM ${table} WHERE ${where}`,
    `INSERT INTO bare SELECT a, b FROM bare WHERE ${where}`,
    `INSERT INTO bare VALUES (${any(7)}, repeat('x', ${any(3000)}))`,
    `UPDATE bare SET a = ${any(7)} WHERE ${where}`,
    `UPDATE composite SET a = a + 100 * ${1 + any(50)}, c = '-0' WHERE b = 'key ${any(80)}'`,
    `UPDATE "one row" SET only_one = ${any(50)}`,
    `INSERT INTO nothing_yet (v) VALUES ('[${any(3)}:${2 + any(2)}]={a,"b,",NULL}'::text[])`.replace(
      /\[(\d):(\d)\]=\{[^}]*\}/,
      (_, from: string, to: string) =>
        `[${from}:${to}]={${Array.from({ length: Number(to) - Number(from) + 1 }, () => '"b,"').join(',')}}`,
    ),
    `DELETE FROM nothing_yet WHERE ${any(4)} = 0`,
    `SELECT nextval('nothing_yet_id_seq')`,
    `SELECT setval('nothing_yet_id_seq', ${1000 + any(1000)}, ${any(2) === 0})`,
    `UPDATE "__proto__" SET "10" = "10" + 1 WHERE ${any(12)} = 0 AND "constructor" = 1`,
    `UPDATE parted SET id = ${any(4)} WHERE v = 'v${any(300)}'`,
    `DELETE FROM ${random.pick(['bare', 'composite'])} WHERE ${any(25)} = 0`,
    any(10) === 0 ? 'TRUNCATE parted' : 'SELECT 1',
    `INSERT INTO heavy SELECT ${any(3)}, repeat('h', ${any(HUGE)}) WHERE ${any(4)} = 0 ON CONFLICT DO NOTHING`,
    `DELETE FROM heavy WHERE id <> ${any(4)}`,
    `BEGIN; DELETE FROM keyed; ROLLBACK`,
    any(3) === 0
      ? random.pick([
          'VACUUM',
          'VACUUM FULL keyed',
          'CLUSTER composite USING composite_pkey; ALTER TABLE composite SET WITHOUT CLUSTER',
          'ANALYZE',
          'CHECKPOINT',
        ])
      : 'SELECT 1',
  ]);
}
