import { literal, quoted, type Connection } from './sqlite.connection.js';
import type { SchemaStatement } from './sqlite.statements.js';
import { openSqlite } from '../../../system/sqlite-driver.js';

interface SchemaRow {
  rowid: number;
  name: string;
}

/**
 * Creates what a statement describes. A statement that cannot be run here (a string in double quotes, a function, collation or module that only the application has) is
 * written into the schema as it is, which is then read as SQLite reads it from the application's file.
 * @param keepDuplicates whether a unique index may come to hold rows that are not, as the application's does
 * @throws the error of the statement where that is no way either, such as an index that needs the application's function
 */
export function createObject(connection: Connection, statement: SchemaStatement, keepDuplicates = false): void {
  try {
    connection.prepare(statement.sql).run(); // one statement only: a manifest is data
  } catch (error) {
    if (!isRefusal(error) || isTaken(connection, statement)) throw error;
    if (statement.isVirtual) insertVirtualTable(connection, statement);
    else if (statement.type === 'table') insertTable(connection, statement);
    else if (statement.type === 'index') insertIndex(connection, statement, keepDuplicates);
    else throw error;
  }
}

/**
 * The same for a schema that nobody fills, in memory: there an index that only the application can build is listed, too.
 * @throws the error of the statement where not even that is possible
 */
export function declareObject(scratch: Connection, statement: SchemaStatement): void {
  try {
    scratch.prepare(statement.sql).run();
  } catch (error) {
    if (!isRefusal(error) || isTaken(scratch, statement)) throw error;
    if (statement.isVirtual) insertVirtualTable(scratch, statement);
    else if (statement.type === 'table') insertTable(scratch, statement);
    else if (statement.type === 'index') declareAsText(scratch, statement);
    else throw error;
  }
}

/** A stand-in gives its page, which no other object may have. It is that of a table with row ids: nothing may be read from it. */
function declareAsText(scratch: Connection, { type, name, sql }: Pick<SchemaStatement, 'type' | 'name' | 'sql'>): void {
  ensureSequences(scratch);
  const standIn = freeName(scratch);
  scratch.exec(`CREATE TABLE ${quoted(standIn)} (k)`);
  editSchema(scratch, (reread) => {
    scratch
      .prepare('UPDATE main.sqlite_schema SET type = ?, name = ?, tbl_name = ?, sql = ? WHERE name = ?')
      .run(type, name, name, sql, standIn);
    if (type === 'index') nameTableOfIndex(scratch, name, reread);
  });
}

/** Whether SQLite understood and refused, in contrast to a full disk or a lock. */
export const isRefusal = (error: unknown): boolean =>
  /^SQLITE_(ERROR|CONSTRAINT)/.test((error as { code?: string }).code ?? '');

/** Tables, views and indexes share their names. */
function isTaken(connection: Connection, { type, name }: SchemaStatement): boolean {
  const sameKind = type === 'trigger' ? `type = 'trigger'` : `type <> 'trigger'`;
  return (
    connection.prepare(`SELECT 1 FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND ${sameKind}`).get(name) !==
    undefined
  );
}

/**
 * Edits `sqlite_schema` itself. Every connection reads the schema anew afterwards, this one too.
 * @param edit may read what it has written as a schema after `reread`, mistakes included
 * @throws SqliteError `SQLITE_CORRUPT` where the result is no schema
 */
export function editSchema(connection: Connection, edit: (reread: () => void) => void): void {
  connection.unsafeMode(true);
  try {
    connection.pragma('writable_schema = on');
    edit(() => {
      connection.pragma('writable_schema = reset');
      connection.pragma('writable_schema = on');
    });
    const version = Number(connection.pragma('schema_version', { simple: true }));
    connection.pragma(`schema_version = ${version + 1}`);
  } finally {
    connection.pragma('writable_schema = reset');
    connection.unsafeMode(false);
  }
  connection.prepare('SELECT 1 FROM main.sqlite_schema').get();
}

/** Its module keeps what it holds in tables of its own, which are statements too. */
function insertVirtualTable(connection: Connection, { name, sql }: SchemaStatement): void {
  editSchema(connection, () =>
    connection.prepare(`INSERT INTO main.sqlite_schema VALUES ('table', ?, ?, 0, ?)`).run(name, name, sql),
  );
}

/** A stand-in with as many indexes gets the pages, and then the name and the statement. */
function insertTable(connection: Connection, { name, sql }: SchemaStatement): void {
  const { isWithoutRowid, indexes } = constraintIndexesOf(sql, name);
  if (/\bAUTOINCREMENT\b/i.test(sql)) ensureSequences(connection);
  const standIn = freeName(connection);
  const columns = [isWithoutRowid ? 'k PRIMARY KEY' : 'k', ...indexes.map((_, n) => `u${n} UNIQUE`)];
  connection.exec(
    `CREATE TABLE main.${quoted(standIn)} (${columns.join(', ')})${isWithoutRowid ? ' WITHOUT ROWID' : ''}`,
  );
  editSchema(connection, () => {
    const rows = connection
      .prepare(`SELECT rowid, name FROM main.sqlite_schema WHERE type = 'index' AND tbl_name = ? ORDER BY rowid`)
      .all(standIn) as SchemaRow[];
    const rename = connection.prepare('UPDATE main.sqlite_schema SET name = ?, tbl_name = ? WHERE rowid = ?');
    rows.forEach(({ rowid }, n) => rename.run(indexes[n], name, rowid));
    connection
      .prepare(`UPDATE main.sqlite_schema SET name = ?, tbl_name = ?, sql = ? WHERE type = 'table' AND name = ?`)
      .run(name, name, sql, standIn);
  });
}

/** The indexes that a table's own constraints bring, by their names, in the order of their numbers; told by having SQLite read the statement as from a file. */
function constraintIndexesOf(sql: string, name: string): { isWithoutRowid: boolean; indexes: string[] } {
  const scratch = openSqlite(':memory:');
  try {
    declareAsText(scratch, { type: 'table', name, sql });
    const isWithoutRowid =
      scratch.prepare(`SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?`).pluck().get(name) === 1;
    const listed = scratch.prepare(`SELECT name, origin FROM pragma_index_list(${literal(name)})`).all() as {
      name: string;
      origin: string;
    }[];
    const indexes = listed.filter(({ origin }) => !isWithoutRowid || origin !== 'pk').map((index) => index.name);
    return { isWithoutRowid, indexes: indexes.sort((a, b) => numberOf(a) - numberOf(b)) };
  } finally {
    scratch.close();
  }
}

const numberOf = (constraintIndex: string): number => Number(/\d+$/.exec(constraintIndex)?.[0]);

/** SQLite makes the table of the AUTOINCREMENT keys together with the first table that has one. */
function ensureSequences(connection: Connection): void {
  const standIn = quoted(freeName(connection));
  connection.exec(`CREATE TABLE main.${standIn} (k INTEGER PRIMARY KEY AUTOINCREMENT); DROP TABLE main.${standIn}`);
}

/** An empty index of another table gets the statement, by which SQLite then fills it. */
function insertIndex(connection: Connection, { name, sql }: SchemaStatement, keepDuplicates: boolean): void {
  const standIn = freeName(connection);
  connection.exec(
    `CREATE TABLE main.${quoted(standIn)} (k); CREATE INDEX main.${quoted(`${standIn}_k`)} ON ${quoted(standIn)} (k)`,
  );
  const fillable = keepDuplicates ? sql.replace(/^CREATE UNIQUE /i, 'CREATE ') : sql;
  editSchema(connection, (reread) => {
    connection
      .prepare(`UPDATE main.sqlite_schema SET name = ?, sql = ? WHERE type = 'index' AND name = ?`)
      .run(name, fillable, `${standIn}_k`);
    nameTableOfIndex(connection, name, reread);
  });
  connection.exec(`REINDEX main.${quoted(name)}`);
  if (fillable !== sql)
    editSchema(connection, () =>
      connection.prepare(`UPDATE main.sqlite_schema SET sql = ? WHERE type = 'index' AND name = ?`).run(sql, name),
    );
  connection.exec(`DROP TABLE main.${quoted(standIn)}`);
}

/** Only SQLite can tell from an index's statement which table it is of. */
function nameTableOfIndex(connection: Connection, index: string, reread: () => void): void {
  reread();
  const table = connection
    .prepare(
      `SELECT t.name FROM pragma_table_list AS t, pragma_index_list(t.name, 'main') AS i WHERE t.schema = 'main' AND i.name = ?`,
    )
    .pluck()
    .get(index);
  connection.prepare(`UPDATE main.sqlite_schema SET tbl_name = ? WHERE type = 'index' AND name = ?`).run(table, index);
}

function freeName(connection: Connection): string {
  const find = connection.prepare('SELECT 1 FROM main.sqlite_schema WHERE name LIKE ?');
  let name = 'nestjs_backup_stand_in';
  while (find.get(`${name}%`) !== undefined) name += '_';
  return name;
}
