import Database from 'better-sqlite3';

/** Numbers that look random and are the same for the same seed (the generator is public domain: "mulberry32"). */
export class SeededRandom {
  constructor(private state: number) {}

  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

const SCHEMA = `
  CREATE TABLE keyed (id INTEGER PRIMARY KEY, name TEXT, value);
  CREATE TABLE bare (a, b);
  CREATE TABLE worded (word TEXT COLLATE NOCASE, n INT, x, PRIMARY KEY (word, n DESC)) WITHOUT ROWID;
  CREATE TABLE composite (a INT, b TEXT, c, PRIMARY KEY (b, a));
  CREATE TABLE "one row" (only);
  CREATE TABLE nothing_yet (id INTEGER PRIMARY KEY AUTOINCREMENT, v);
  CREATE TABLE heavy (id INTEGER PRIMARY KEY, body TEXT);
  CREATE TABLE "__proto__" ("constructor", "10");
  CREATE TABLE "never touched" (id INTEGER PRIMARY KEY, v TEXT);
  CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) SELECT i FROM n;
  INSERT INTO keyed SELECT i * 10, 'name ' || i, i % 3 FROM n;
  INSERT INTO bare SELECT i % 7, 'same' FROM n;
  INSERT INTO worded SELECT 'word ' || (i * 31 % 997), i, NULL FROM n;
  INSERT INTO composite SELECT i % 50, 'key ' || (i / 50), i * 0.1 FROM n;
  INSERT INTO "one row" VALUES ('only');
  INSERT INTO "__proto__" SELECT i % 2, 1 FROM n;
  INSERT INTO "never touched" SELECT i, hex(zeroblob(30)) || i FROM n`;

const VALUES = `(NULL), (0), (-0.0), (9223372036854775807), (1e999), (0.1), (''), ('},'), (']}'), ('{"at":0,"drop":1,"rows":['), (x'00ff'), (CAST(x'ff' AS TEXT)), (char(10)), ('日本')`;

const DISTINCT = 7;
const ROWS = 4000;
const HUGE = 700_000;

/** A database of tables of every shape, and what may happen to it. */
export class ChangingDatabase {
  readonly journalMode: string;

  constructor(
    private readonly path: string,
    private readonly random: SeededRandom,
  ) {
    this.journalMode = random.pick(['wal', 'delete', 'truncate', 'persist']);
    this.write((database) => database.exec(SCHEMA));
  }

  /** That many random edits. The connection is closed afterwards, so that a capture may run within the same process. */
  edit(count: number): void {
    if (count === 0) return;
    this.write((database) => {
      for (let n = 0; n < count; n++) database.exec(this.random.pick(this.edits()));
    });
  }

  private write(work: (database: Database.Database) => void): void {
    const database = new Database(this.path);
    try {
      database.pragma(`journal_mode = ${this.journalMode}`);
      database.pragma('synchronous = off');
      work(database);
    } finally {
      database.close();
    }
  }

  private edits(): string[] {
    const any = (limit: number) => this.random.below(limit);
    const odd = `(SELECT column1 FROM (VALUES ${VALUES}) LIMIT 1 OFFSET ${any(14)})`;
    const id = any(ROWS * 10);
    const table = this.random.pick(['keyed', 'bare', 'composite', '"__proto__"']);
    const [from, size] = [any(ROWS), 1 + any(30)];
    return [
      `UPDATE keyed SET value = ${odd} WHERE id = ${id - (id % 10)}`,
      `UPDATE keyed SET value = value WHERE id < ${id}`,
      `INSERT OR REPLACE INTO keyed VALUES (${id}, 'new', ${odd})`,
      `INSERT INTO keyed SELECT max(id) + 10, 'appended', ${odd} FROM keyed`,
      `INSERT INTO keyed SELECT min(id) - 1, 'prepended', ${odd} FROM keyed`,
      `DELETE FROM keyed WHERE id = ${id - (id % 10)}`,
      `DELETE FROM ${table} WHERE rowid BETWEEN ${from} AND ${from + size}`,
      `UPDATE OR IGNORE keyed SET id = -id WHERE id BETWEEN ${id} AND ${id + 50}`,
      `INSERT INTO bare SELECT a, b FROM bare WHERE rowid BETWEEN ${from} AND ${from + size}`,
      `INSERT INTO bare VALUES (${any(DISTINCT)}, ${odd})`,
      `INSERT OR IGNORE INTO bare (rowid, a, b) VALUES (${from}, ${odd}, 'middle')`,
      `UPDATE bare SET a = ${any(DISTINCT)} WHERE rowid = ${from}`,
      `INSERT OR REPLACE INTO worded VALUES ('${this.random.pick(['WORD', 'word', 'zz', ''])} ${any(997)}', ${any(9)}, ${odd})`,
      `DELETE FROM worded WHERE n = ${any(ROWS)}`,
      `UPDATE OR IGNORE worded SET word = upper(word), n = -n WHERE n = ${any(ROWS)}`,
      `UPDATE OR IGNORE composite SET a = a + 100, c = ${odd} WHERE b = 'key ${any(80)}'`,
      `UPDATE "one row" SET only = ${odd}`,
      `DELETE FROM "one row" WHERE rowid > 1; INSERT INTO "one row" SELECT 2 WHERE ${any(2)}`,
      `INSERT INTO nothing_yet (v) VALUES (${odd})`,
      `DELETE FROM nothing_yet WHERE ${any(4)} = 0`,
      `UPDATE "__proto__" SET "10" = "10" + 1 WHERE ${any(12)} = 0 AND "constructor" = 1`,
      `DELETE FROM ${this.random.pick(['bare', 'composite'])} WHERE ${any(25)} = 0`,
      `INSERT OR REPLACE INTO heavy SELECT ${any(3)}, printf('%.*c', ${any(HUGE)}, 'h') WHERE ${any(4)} = 0`,
      `DELETE FROM heavy WHERE id <> ${any(4)}`,
      any(5) === 0 ? 'VACUUM' : 'SELECT 1',
    ];
  }
}
