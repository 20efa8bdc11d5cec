import { execFileSync } from 'node:child_process';
import Database from 'better-sqlite3';

/** What `sqlite3 .dump` prints: the oracle that knows nothing of us. */
export function dump(path: string): string {
  return execFileSync('sqlite3', [path, '.dump'], { maxBuffer: 1 << 30, encoding: 'latin1' });
}

/**
 * Every value of every ordinary table with its type, bit for bit: where `.dump` rounds or normalises, this does not. Tables by name, rows in
 * the order in which they lie.
 */
export function everyValue(path: string): Record<string, string[]> {
  const database = new Database(path, { readonly: true });
  try {
    const tables = database
      .prepare(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name`)
      .pluck()
      .all() as string[];
    return Object.fromEntries(
      tables.filter((name) => name !== 'sqlite_schema').map((name) => [name, rowsOf(database, name)]),
    );
  } finally {
    database.close();
  }
}

function rowsOf(database: Database.Database, table: string): string[] {
  const columns = database.prepare(`SELECT name FROM pragma_table_xinfo(?)`).pluck().all(table) as string[];
  const values = columns.map((column) => {
    const name = `"${column.replaceAll('"', '""')}"`;
    return `CASE WHEN typeof(${name}) = 'real' THEN ${name} ELSE typeof(${name}) || ' ' || hex(${name}) END`;
  });
  const rows = database
    .prepare(`SELECT ${values.join(', ')} FROM "${table.replaceAll('"', '""')}" NOT INDEXED`)
    .raw()
    .all() as unknown[][];
  return rows.map((row) => row.map((value) => (typeof value === 'number' ? bitsOf(value) : String(value))).join('|'));
}

function bitsOf(real: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(real);
  return bytes.toString('hex');
}

/** A schema and rows with every trap we know of. */
export const TRAPS = `
CREATE TABLE migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, "timestamp" bigint NOT NULL, name varchar NOT NULL);
INSERT INTO migrations VALUES (1, 1700000000000, 'CreateUsers1700000000000');
CREATE TABLE numbers (id INTEGER PRIMARY KEY, i INTEGER, r REAL, n NUMERIC, any_value);
INSERT INTO numbers VALUES (1, 9223372036854775807, 1.7976931348623157e308, 12345678901234567890.5, 9223372036854775807);
INSERT INTO numbers VALUES (2, -9223372036854775808, 5e-324, 0.1, -9223372036854775808);
INSERT INTO numbers VALUES (3, 9007199254740993, 0.30000000000000004, 1e21, 3.0);
INSERT INTO numbers VALUES (4, 'text in an integer column', 9e999, -9e999, 9e999);
INSERT INTO numbers VALUES (5, x'00ff', 'text', x'', -9e999);
INSERT INTO numbers VALUES (-6, NULL, 1, 1.0, 1.0);
INSERT INTO numbers VALUES (-9223372036854775808, 0, 2.2250738585072014e-308, 123456789.987654321, '9.0e+999');
CREATE TABLE bytes (id INTEGER PRIMARY KEY, b BLOB, t TEXT);
INSERT INTO bytes SELECT value, unhex(printf('%02X', value)), char(value) FROM generate_series_0_255;
INSERT INTO bytes VALUES (1000, zeroblob(5000), ''), (1001, x'', '{"$hex":"00"}'), (1002, NULL, 'a' || char(0) || 'b'), (1003, 'text as blob', '"quoted" \\ back');
INSERT INTO bytes VALUES (1004, CAST(x'61ff62' AS TEXT), CAST(x'c328' AS TEXT)), (1005, x'c328', '日本語 🎉 ' || char(0x2028) || char(127));
CREATE TABLE "__proto__" ("constructor" INT, "__proto__" TEXT, "a""b" INT, "c\\d" TEXT, "e'f" BLOB, "$.x" INT, "[0]" INT, "select" TEXT, "é ü" TEXT, "" INT);
INSERT INTO "__proto__" VALUES (1, 'p', 2, 'three', x'04', 5, 6, 'seven', 'acht', 9), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE "order" ("group" INTEGER, "select" TEXT, PRIMARY KEY ("group", "select"));
INSERT INTO "order" VALUES (2, 'b'), (1, 'z'), (1, 'a'), (2, 'a');
CREATE TABLE no_key (a, b);
INSERT INTO no_key VALUES (3, 'c'), (1, 'a'), (1, 'a'), (2, NULL), (1.5, x'01');
CREATE TABLE "hides rowid" (rowid TEXT, _rowid_ TEXT, oid TEXT);
INSERT INTO "hides rowid" VALUES ('z', 'y', 'x'), ('a', 'b', 'c');
CREATE TABLE without_rowid (a TEXT COLLATE NOCASE, b INT, c BLOB, PRIMARY KEY (a DESC, b)) WITHOUT ROWID;
INSERT INTO without_rowid VALUES ('Zeta', 1, x'00'), ('alpha', 2, NULL), ('ALPHA', 3, 'x'), ('beta', -1, 1.5), (CAST(x'ff' AS TEXT), 0, 1);
CREATE TABLE generated (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c INT AS (a + 1), d TEXT DEFAULT 'x');
INSERT INTO generated (a, d) VALUES (1, 'one'), (2, 'two');
CREATE TABLE strict_table (id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, x ANY) STRICT;
INSERT INTO strict_table VALUES (1, 1, 1, 'a', x'01', 'any'), (2, NULL, 9e999, '', x'', 1.0), (3, 3, -0.5, 'c', NULL, 1);
CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree(id) ON DELETE CASCADE);
INSERT INTO tree VALUES (1, 3), (2, 1), (3, 2), (4, 4);
CREATE TABLE chicken (id INTEGER PRIMARY KEY, egg INTEGER NOT NULL REFERENCES egg(id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE egg (id INTEGER PRIMARY KEY, chicken INTEGER NOT NULL REFERENCES chicken(id) DEFERRABLE INITIALLY DEFERRED);
BEGIN; INSERT INTO chicken VALUES (1, 1); INSERT INTO egg VALUES (1, 1); COMMIT;
CREATE TABLE audited (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT UNIQUE, CHECK (length(v) < 100));
CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT, at TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX audited_v ON audited (v DESC) WHERE v IS NOT NULL;
CREATE TRIGGER on_insert AFTER INSERT ON audited BEGIN INSERT INTO audit (what) VALUES ('insert ' || new.v); END;
CREATE VIEW everything AS SELECT id, v FROM audited UNION ALL SELECT id, what FROM audit;
CREATE TRIGGER on_delete AFTER DELETE ON audited BEGIN INSERT INTO audit (what) VALUES ('delete ' || old.v); END;
CREATE TRIGGER through_view INSTEAD OF INSERT ON everything BEGIN INSERT INTO audited (v) VALUES (new.v); END;
CREATE UNIQUE INDEX "index ""with"" quotes" ON audited (lower(v));
INSERT INTO audited (v) VALUES ('a'), ('b'), ('c');
DELETE FROM audited WHERE v = 'c';
CREATE TABLE empty_table (id INTEGER PRIMARY KEY, v TEXT);
CREATE TABLE sequence_only (id INTEGER PRIMARY KEY AUTOINCREMENT);
INSERT INTO sequence_only DEFAULT VALUES; DELETE FROM sequence_only;
ANALYZE;
`;

/** Makes a database with all the traps, and closes it. */
export function createTraps(path: string, journalMode: 'wal' | 'delete' = 'wal'): void {
  const database = new Database(path);
  try {
    database.pragma(`journal_mode = ${journalMode}`);
    const bytes =
      '(WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value < 255) SELECT value FROM n)';
    database.exec(TRAPS.replace('generate_series_0_255', bytes));
    database.prepare('INSERT INTO no_key VALUES (?, ?)').run(-0.0, 'minus zero');
  } finally {
    database.close();
  }
}

/** Changes something in every table, so that a restore has to undo all of it. */
export function disturb(path: string): void {
  const database = new Database(path);
  try {
    database.pragma('foreign_keys = off');
    const tables = database
      .prepare(
        `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migrations'`,
      )
      .pluck()
      .all() as string[];
    for (const table of tables) database.exec(`DELETE FROM "${table.replaceAll('"', '""')}"`);
    database.exec(`INSERT INTO audited (v) VALUES ('new'), ('newer'); INSERT INTO tree VALUES (77, NULL); INSERT INTO no_key VALUES (1, 2);
      INSERT INTO sequence_only DEFAULT VALUES; INSERT INTO sequence_only DEFAULT VALUES; INSERT INTO empty_table VALUES (1, 'not empty');`);
  } finally {
    database.close();
  }
}
