import { describe, expect, it } from 'vitest';
import { isSchemaStatement } from './sqlite.statement-kinds.js';

describe('a statement of a SQLite schema', () => {
  it.each([
    'CREATE TABLE users (id INTEGER PRIMARY KEY, n TEXT DEFAULT "x;y" CHECK(n IN (\'a\', "b")))',
    'CREATE TABLE "a; DROP TABLE x" (id) WITHOUT ROWID, STRICT',
    "CREATE TABLE 'fts_data'(id INTEGER PRIMARY KEY, block BLOB)",
    'CREATE TABLE [a b] (c /* ; */, d -- ;\n)',
    'CREATE TABLE sqlite_sequence(name,seq)',
    'CREATE VIRTUAL TABLE fts USING fts5(a, content="")',
    'CREATE UNIQUE INDEX i ON users (lower(n) DESC) WHERE n IS NOT NULL',
    'CREATE VIEW v (a) AS SELECT 1',
    'CREATE VIEW v AS WITH x AS (SELECT 1) SELECT * FROM x',
    'CREATE TRIGGER g AFTER INSERT ON users WHEN new.id > 0 BEGIN UPDATE users SET n = 1; DELETE FROM x; END',
  ])('may be: %s', (sql) => {
    expect(isSchemaStatement(sql)).toBe(true);
  });

  it.each([
    "ATTACH '/etc/x' AS y",
    'PRAGMA writable_schema = on',
    "SELECT load_extension('x')",
    'CREATE TABLE t AS SELECT 1',
    'CREATE TABLE t (a); DROP TABLE x',
    "CREATE TABLE t (a DEFAULT '\\'); DROP TABLE x --')",
    'CREATE INDEX i ON t (a); DROP TABLE x',
    'CREATE VIEW v AS SELECT 1; DROP TABLE x',
    'CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END; DROP TABLE x',
    'CREATE TEMP TABLE t (a)',
    'DROP TABLE t',
    "VACUUM INTO '/tmp/x'",
    'INSERT INTO t VALUES (1)',
    'CREATE TABLE t (a',
    "CREATE TABLE t (a DEFAULT 'open)",
    '',
  ])('is not: %s', (sql) => {
    expect(isSchemaStatement(sql)).toBe(false);
  });
});
