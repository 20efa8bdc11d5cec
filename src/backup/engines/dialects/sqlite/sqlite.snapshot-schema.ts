import { BackupError } from '../../../model/errors.js';
import type { Connection } from './sqlite.connection.js';
import { declareObject } from './sqlite.schema-text.js';
import { parseStatement, type SchemaStatement } from './sqlite.statements.js';
import { openSqlite } from '../../../system/sqlite-driver.js';

/** An object of a schema and the table that it belongs to, which is itself for a table or a view. */
export interface SchemaObject extends SchemaStatement {
  table: string;
}

/**
 * Builds a schema in memory out of the statements in a manifest, as SQLite reads it from the application's file: what only the application has does not
 * have to be there. It is for looking at; nothing can be stored in it.
 * @throws BackupError `SNAPSHOT_CORRUPT` for a statement that is none of a schema
 */
export function declareSchema(ddl: readonly string[]): { scratch: Connection; objects: SchemaObject[] } {
  const statements = ddl.map(statementOf).filter(({ name }) => !/^sqlite_/i.test(name));
  const scratch = openSqlite(':memory:');
  try {
    for (const statement of virtualFirst(statements)) declareUnlessThere(scratch, statement);
    return { scratch, objects: withTables(scratch, statements) };
  } catch (error) {
    scratch.close();
    throw error;
  }
}

/** In the database's own order, except that virtual tables come first: they bring shadow tables, which a manifest lists too, after a VACUUM before them. */
export function virtualFirst<Statement extends SchemaStatement>(statements: readonly Statement[]): Statement[] {
  return [...statements.filter(({ isVirtual }) => isVirtual), ...statements.filter(({ isVirtual }) => !isVirtual)];
}

function declareUnlessThere(scratch: Connection, statement: SchemaStatement): void {
  const there = scratch
    .prepare('SELECT 1 FROM sqlite_schema WHERE type = ? AND name = ? COLLATE NOCASE')
    .get(statement.type, statement.name);
  if (there === undefined) declareObject(scratch, statement);
}

function withTables(scratch: Connection, statements: readonly SchemaStatement[]): SchemaObject[] {
  const find = scratch.prepare('SELECT tbl_name FROM sqlite_schema WHERE type = ? AND name = ? COLLATE NOCASE').pluck();
  return statements.map((statement) => ({ ...statement, table: find.get(statement.type, statement.name) as string }));
}

function statementOf(sql: string): SchemaStatement {
  const statement = parseStatement(sql);
  if (statement) return statement;
  throw new BackupError(
    'SNAPSHOT_CORRUPT',
    `The manifest holds a statement that does not belong to a SQLite schema: ${sql.slice(0, 100)}. Use another snapshot.`,
  );
}
