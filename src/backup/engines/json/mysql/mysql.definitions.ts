import { quoted, type InfoRow, type MysqlConnection } from './mysql.connection.js';
import { endOfColumns } from './mysql.create-table.js';
import { isNotThere } from './mysql.errors.js';

/** What a statement that builds a trigger or a routine depends on besides its words. */
export interface Setting {
  sqlMode: string;
  charset: string;
  collation: string;
}

export interface Trigger extends Setting {
  name: string;
  table: string;
  /** The collation that the database had when it was made. */
  databaseCollation: string;
  sql: string;
}

/** The mode in which the server prints statements, and reads them again, whoever asks. */
export const STATEMENT_MODE = '';

/**
 * The statements that build these tables, the views, the routines and the tables' triggers, in this order. A comment before those of routines and triggers says which `sql_mode` they
 * were made in.
 */
export async function readDefinitions(connection: MysqlConnection, tables: readonly string[]): Promise<string[]> {
  return connection.withMode(STATEMENT_MODE, async () => {
    const ddl: string[] = [];
    for (const table of tables) ddl.push(await createTable(connection, table));
    for (const { name } of await connection.rows(VIEWS)) ddl.push(...(await shown(connection, 'VIEW', String(name))));
    for (const { name, type } of await connection.rows(ROUTINES))
      ddl.push(...(await shown(connection, String(type), String(name))));
    for (const trigger of await readTriggers(connection, tables)) ddl.push(withMode(trigger.sqlMode, trigger.sql));
    return ddl;
  });
}

const VIEWS = `SELECT TABLE_NAME AS name FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME`;
const ROUTINES = `SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS type FROM information_schema.ROUTINES
   WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE') ORDER BY ROUTINE_TYPE, ROUTINE_NAME`;
const TRIGGERS = `SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS \`table\` FROM information_schema.TRIGGERS
   WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER`;

/** As it was declared: what the next number of its counter is stands among the rows. */
export async function createTable(connection: MysqlConnection, table: string): Promise<string> {
  const [row] = await connection.rows(`SHOW CREATE TABLE ${quoted(table)}`);
  const sql = row?.['Create Table'] ?? '';
  const end = endOfColumns(sql);
  return sql.slice(0, end) + sql.slice(end).replace(/ AUTO_INCREMENT=\d+/, '');
}

/**
 * The triggers of these tables, each one's in the order in which they fire, as far as the account may see them.
 */
export async function readTriggers(connection: MysqlConnection, tables: readonly string[]): Promise<Trigger[]> {
  const triggers: Trigger[] = [];
  for (const { name, table } of await connection.rows(TRIGGERS)) {
    if (!tables.includes(String(table))) continue;
    const [row] = await connection.rows(`SHOW CREATE TRIGGER ${quoted(String(name))}`);
    triggers.push({ name: String(name), table: String(table), ...definitionIn(row) });
  }
  return triggers;
}

function definitionIn(row: InfoRow | undefined): Omit<Trigger, 'name' | 'table'> {
  return {
    sql: row?.['SQL Original Statement'] ?? '',
    sqlMode: row?.['sql_mode'] ?? '',
    charset: row?.['character_set_client'] ?? 'utf8mb4',
    collation: row?.['collation_connection'] ?? 'utf8mb4_general_ci',
    databaseCollation: row?.['Database Collation'] ?? '',
  };
}

/** Nothing for what the account may see but not read, for a view whose tables are gone, and for what has just been dropped. */
async function shown(connection: MysqlConnection, type: string, name: string): Promise<string[]> {
  const [row] = await connection.rows(`SHOW CREATE ${type} ${quoted(name)}`).catch((error: unknown) => {
    if (isNotThere(error)) return [];
    throw error;
  });
  const [, sql] = Object.entries(row ?? {}).find(([key]) => key.toLowerCase() === `create ${type.toLowerCase()}`) ?? [];
  if (!sql) return [];
  return [type === 'VIEW' ? sql : withMode(row?.['sql_mode'] ?? '', sql)];
}

const withMode = (mode: string, sql: string): string => `/* sql_mode='${mode}' */ ${sql}`;

/** The `sql_mode` that a statement's comment names, and the statement. */
export function splitMode(sql: string): { mode: string; statement: string } {
  const [comment, mode = STATEMENT_MODE] = /^\/\* sql_mode='([A-Z0-9_,]*)' \*\/ /.exec(sql) ?? [''];
  return { mode, statement: sql.slice(comment.length) };
}
