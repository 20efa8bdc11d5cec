import { quoted, type InfoRow, type MysqlConnection } from './mysql.connection.js';
import { endOfColumns } from './mysql.create-table.js';
import { isGone, isUnreadable } from './mysql.errors.js';
import { withoutDatabase } from './mysql.sequence-uses.js';

/** What a statement that builds a view, a routine, a trigger or an event depends on besides its words. */
export interface Setting {
  sqlMode: string;
  /** The character set and the collation of the client that made it. */
  charset: string;
  collation: string;
  /** The collation that the database had when it was made; `''` for a view, which does not depend on it. */
  databaseCollation: string;
  /** Of an event, in which its times are; `''` for all others. */
  timeZone: string;
}

export interface Trigger extends Setting {
  name: string;
  table: string;
  sql: string;
}

/** The mode in which the server prints statements, and reads them again, whoever asks. */
export const STATEMENT_MODE = '';

export interface Definitions {
  /** In the order in which they can be run: sequences, tables, views, routines, triggers, events. */
  ddl: string[];
  /** What the account may see but not read, in words. */
  unreadable: string[];
}

/**
 * The statements that build all this, and the views, routines and events of the database. A comment before those that are no tables tells their {@link Setting}.
 */
export async function readDefinitions(
  connection: MysqlConnection,
  { sequences, tables }: { sequences: readonly string[]; tables: readonly string[] },
): Promise<Definitions> {
  return connection.withMode(STATEMENT_MODE, async () => {
    const database = String(await connection.value('SELECT DATABASE()'));
    const ddl: string[] = [];
    const unreadable: string[] = [];
    for (const sequence of sequences) ddl.push(await createSequence(connection, sequence));
    for (const table of tables) ddl.push(withoutDatabase(await createTable(connection, table), database));
    const others = [
      ...(await connection.rows(VIEWS)),
      ...(await connection.rows(ROUTINES)),
      ...(await readTriggerNames(connection, tables)),
      ...(await connection.rows(EVENTS)),
    ];
    for (const { name, type } of others) {
      const shown = await show(connection, String(type), String(name));
      if (shown === 'gone') continue;
      if (shown.sql === '') unreadable.push(`${String(type).toLowerCase()} "${name}"`);
      else ddl.push(withSetting(shown));
    }
    return { ddl, unreadable };
  });
}

const VIEWS = `SELECT TABLE_NAME AS name, 'VIEW' AS type FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME`;
const ROUTINES = `SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS type FROM information_schema.ROUTINES
   WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE') ORDER BY ROUTINE_TYPE, ROUTINE_NAME`;
const TRIGGERS = `SELECT TRIGGER_NAME AS name, 'TRIGGER' AS type, EVENT_OBJECT_TABLE AS \`table\` FROM information_schema.TRIGGERS
   WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER`;
const EVENTS = `SELECT EVENT_NAME AS name, 'EVENT' AS type FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY EVENT_NAME`;

async function createSequence(connection: MysqlConnection, name: string): Promise<string> {
  const [row] = await connection.rows(`SHOW CREATE SEQUENCE ${quoted(name)}`);
  return row?.['Create Table'] ?? '';
}

/** As it was declared: what the next number of its counter is stands among the rows. */
export async function createTable(connection: MysqlConnection, table: string): Promise<string> {
  const [row] = await connection.rows(`SHOW CREATE TABLE ${quoted(table)}`);
  const sql = row?.['Create Table'] ?? '';
  const end = endOfColumns(sql);
  return sql.slice(0, end) + sql.slice(end).replace(/ AUTO_INCREMENT=\d+/, '');
}

/** The triggers of these tables, each one's in the order in which they fire, as far as the account may see them. */
export async function readTriggers(connection: MysqlConnection, tables: readonly string[]): Promise<Trigger[]> {
  const triggers: Trigger[] = [];
  for (const { name, table } of await readTriggerNames(connection, tables))
    triggers.push({
      name: String(name),
      table: String(table),
      ...(await showCreate(connection, 'TRIGGER', String(name))),
    });
  return triggers;
}

const readTriggerNames = async (connection: MysqlConnection, tables: readonly string[]): Promise<InfoRow[]> =>
  (await connection.rows(TRIGGERS)).filter(({ table }) => tables.includes(String(table)));

/** @returns an empty statement for what the account may see but not read, and for a view whose tables are gone */
async function show(
  connection: MysqlConnection,
  type: string,
  name: string,
): Promise<(Setting & { sql: string }) | 'gone'> {
  try {
    return await showCreate(connection, type, name);
  } catch (error) {
    if (isGone(error)) return 'gone';
    if (isUnreadable(error)) return { sql: '', ...PLAIN };
    throw error;
  }
}

async function showCreate(connection: MysqlConnection, type: string, name: string): Promise<Setting & { sql: string }> {
  const [row] = await connection.rows(`SHOW CREATE ${type} ${quoted(name)}`);
  const key = type === 'TRIGGER' ? 'sql original statement' : `create ${type.toLowerCase()}`;
  const [, sql] = Object.entries(row ?? {}).find(([column]) => column.toLowerCase() === key) ?? [];
  return {
    sql: sql ?? '',
    sqlMode: row?.['sql_mode'] ?? '',
    charset: row?.['character_set_client'] ?? 'utf8mb4',
    collation: row?.['collation_connection'] ?? 'utf8mb4_general_ci',
    databaseCollation: row?.['Database Collation'] ?? '',
    timeZone: row?.['time_zone'] ?? '',
  };
}

/** How statements without a comment are read. */
const PLAIN: Setting = { sqlMode: '', charset: 'utf8mb4', collation: '', databaseCollation: '', timeZone: '' };

const NAMES: Record<keyof Setting, string> = {
  sqlMode: 'sql_mode',
  charset: 'character_set_client',
  collation: 'collation_connection',
  databaseCollation: 'database_collation',
  timeZone: 'time_zone',
};

function withSetting({ sql, ...setting }: Setting & { sql: string }): string {
  const settings = (Object.keys(NAMES) as (keyof Setting)[])
    .filter((name) => name === 'sqlMode' || setting[name] !== '')
    .map((name) => `${NAMES[name]}='${setting[name]}'`);
  return `/* ${settings.join(' ')} */ ${sql}`;
}

/** The settings that a statement's comment names, and the statement. */
export function splitSetting(text: string): { setting: Setting; sql: string } {
  const [comment = '', settings = ''] = /^\/\* ((?:[a-z_]+='[\w,:+/-]*' ?)*)\*\/ /.exec(text) ?? [];
  const byName = new Map([...settings.matchAll(/([a-z_]+)='([^']*)'/g)].map(([, name, value]) => [name!, value!]));
  const values = (Object.keys(NAMES) as (keyof Setting)[]).map((name) => [
    name,
    byName.get(NAMES[name]) ?? PLAIN[name],
  ]);
  return { setting: Object.fromEntries(values) as Record<keyof Setting, string>, sql: text.slice(comment.length) };
}
