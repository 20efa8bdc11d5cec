import { BackupError } from '../../../model/errors.js';
import { literal, quoted, type InfoRow, type MysqlConnection } from './mysql.connection.js';
import { dropAsideTables, swap } from './mysql.aside-tables.js';
import { readTriggers, STATEMENT_MODE, type Setting, type Trigger } from './mysql.definitions.js';
import { isAlreadyThere, isMissingTable, mayPass } from './mysql.errors.js';
import { runAs } from './mysql.run-as.js';
import { hasTable, UNFINISHED_TABLE } from './mysql.schema.js';
import { setSequence } from './mysql.sequences.js';

/*
 * A table of ours in the same database, there only while a restore is under way: what is still to be done when it has committed or was interrupted, since statements
 * that define something cannot be part of a transaction (docs/decisions/0017-triggers-on-mysql.md).
 */

const CREATE = `CREATE TABLE IF NOT EXISTS ${UNFINISHED_TABLE} (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  what varchar(16) NOT NULL,
  name varchar(64) NOT NULL,
  in_table varchar(64) NOT NULL,
  sql_mode text NOT NULL,
  charset varchar(64) NOT NULL,
  collation varchar(64) NOT NULL,
  database_collation varchar(64) NOT NULL,
  time_zone varchar(64) NOT NULL,
  statement longtext NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
COMMENT='Triggers and counters that nestjs-backup puts back when an interrupted restore is found; not to be dropped'`;

export const createUnfinishedTable = (connection: MysqlConnection): Promise<number> => connection.run(CREATE);

/** What is noted; empty where it does not apply. */
interface Note {
  /**
   * `trigger`: dropped, and to be made again while the tables are locked; `counter`: a statement that can be run again; `restored`: the rows are; `swap`: a table
   * whose number is the name takes the place of another; `late`: something to be made when nothing is locked any more; `collation`: that of the database, which has
   * another one until its triggers are back.
   */
  what: 'trigger' | 'counter' | 'restored' | 'swap' | 'late' | 'collation';
  name?: string;
  table?: string;
  setting?: Setting;
  statement?: string;
}

async function note(connection: MysqlConnection, { what, name = '', table = '', setting, statement = '' }: Note) {
  const { sqlMode, charset, collation, databaseCollation, timeZone } = setting ?? NONE;
  const values = [what, name, table, sqlMode, charset, collation, databaseCollation, timeZone, statement];
  await connection.run(
    `INSERT INTO ${UNFINISHED_TABLE} (what, name, in_table, sql_mode, charset, collation, database_collation, time_zone, statement)
     VALUES (${values.map(literal).join(', ')})`,
  );
}

const NONE: Setting = { sqlMode: '', charset: '', collation: '', databaseCollation: '', timeZone: '' };

/** Notes triggers that are about to be dropped. Whoever calls commits before the first of them is. */
export async function noteTriggers(connection: MysqlConnection, triggers: readonly Trigger[]): Promise<void> {
  for (const trigger of triggers)
    await note(connection, {
      what: 'trigger',
      name: trigger.name,
      table: trigger.table,
      setting: trigger,
      statement: trigger.sql,
    });
}

/** Notes the collation of the database, before it gets another one for a while. */
export const noteCollation = (connection: MysqlConnection, collation: string): Promise<void> =>
  note(connection, { what: 'collation', name: collation });

/** Notes the next number of a table's counter. Inside the transaction of the rows, like all that follow: it is to be set only if that commits. */
export function noteCounter(connection: MysqlConnection, table: string, next: string): Promise<void> {
  const statement = `ALTER TABLE ${quoted(table)} AUTO_INCREMENT = ${BigInt(next)}`;
  return note(connection, { what: 'counter', name: table, table, statement });
}

/** Notes where a sequence is to stand. */
export const noteSequence = (connection: MysqlConnection, name: string, state: readonly string[]): Promise<void> =>
  note(connection, { what: 'counter', name, table: name, statement: setSequence(name, state) });

/** Notes a table that was filled aside. */
export const noteSwap = (connection: MysqlConnection, n: number, table: string): Promise<void> =>
  note(connection, { what: 'swap', name: String(n), table });

/** Notes something that is made last, when no table is locked and all of them are in their places. */
export const noteLate = (
  connection: MysqlConnection,
  { name, setting, sql }: { name: string; setting: Setting; sql: string },
): Promise<void> => note(connection, { what: 'late', name, setting, statement: sql });

/** Notes that the rows are restored, which is there for others to see only if they are. */
export const noteRestored = (connection: MysqlConnection): Promise<void> => note(connection, { what: 'restored' });

/**
 * Whether the restore that left its notes has committed.
 * @throws BackupError `ENGINE_FAILED` where somebody else has put everything in order, and the notes are gone
 */
export async function hasCommitted(connection: MysqlConnection): Promise<boolean> {
  if (await hasTable(connection, UNFINISHED_TABLE))
    return (await connection.rows(`SELECT 1 FROM ${UNFINISHED_TABLE} WHERE what = 'restored'`)).length > 0;
  throw new BackupError(
    'ENGINE_FAILED',
    'it is no longer known whether it was committed; check the database before you continue',
  );
}

/**
 * Does what is noted, unlocks and removes the table: each step can be done again, so it may be interrupted anywhere. The tables concerned are locked by the caller.
 * @returns what could not be made, in words
 */
export async function finish(connection: MysqlConnection): Promise<string[]> {
  const noted = await connection.rows(`SELECT * FROM ${UNFINISHED_TABLE} ORDER BY id`);
  const all = (wanted: Note['what']) => noted.filter(({ what }) => what === wanted);
  await putTriggersBack(connection, all('trigger'));
  for (const { statement } of all('counter')) await unlessTableIsGone(() => connection.run(String(statement)));
  await connection.run('UNLOCK TABLES');
  for (const { name, in_table } of all('swap')) await swap(connection, Number(name), String(in_table));
  await dropAsideTables(connection);
  const failures: string[] = [];
  for (const late of all('late')) failures.push(...(await makeLate(connection, late)));
  for (const { name } of all('collation')) await connection.run(`ALTER DATABASE COLLATE ${name}`);
  await connection.run(`DROP TABLE IF EXISTS ${UNFINISHED_TABLE}`);
  return failures;
}

/** Nothing is said of what is there already. */
async function makeLate(connection: MysqlConnection, noted: InfoRow): Promise<string[]> {
  try {
    await runAs(connection, settingOf(noted), String(noted['statement']));
    return [];
  } catch (error) {
    if (isAlreadyThere(error)) return [];
    if (!(error instanceof BackupError) || mayPass(error)) throw error;
    return [`"${noted['name']}" could not be created in the database: ${error.message}`];
  }
}

const settingOf = (noted: InfoRow): Setting => ({
  sqlMode: noted['sql_mode'] ?? '',
  charset: noted['charset'] ?? 'utf8mb4',
  collation: noted['collation'] ?? '',
  databaseCollation: noted['database_collation'] ?? '',
  timeZone: noted['time_zone'] ?? '',
});

/** Puts in order what a restore that was killed, or lost its server, left behind. Waits while one is still under way. */
export async function finishInterruptedRestore(connection: MysqlConnection): Promise<string[]> {
  if (!(await hasTable(connection, UNFINISHED_TABLE))) return [];
  let failures: string[] = [];
  await unlessTableIsGone(async () => {
    const concerned = await connection.rows(
      `SELECT DISTINCT TABLE_NAME AS name FROM ${UNFINISHED_TABLE} JOIN information_schema.TABLES
       ON TABLE_SCHEMA = DATABASE() AND TABLE_NAME = in_table COLLATE utf8mb4_bin`,
    );
    const noted = await connection.rows(`SELECT what, database_collation AS collation FROM ${UNFINISHED_TABLE}`);
    const trigger = noted.find(({ what }) => what === 'trigger');
    if (trigger && noted.some(({ what }) => what === 'collation'))
      await connection.run(`ALTER DATABASE COLLATE ${trigger['collation']}`);
    const locks = [UNFINISHED_TABLE, ...concerned.map(({ name }) => String(name))];
    await connection.run(`LOCK TABLES ${locks.map((table) => `${quoted(table)} WRITE`).join(', ')}`);
    failures = await finish(connection);
  });
  await connection.run('UNLOCK TABLES');
  return failures;
}

/**
 * All of them anew, in their order: one that was not dropped yet would come before those that were. One that is there in other words was made by somebody since, and
 * stays.
 */
async function putTriggersBack(connection: MysqlConnection, noted: InfoRow[]): Promise<void> {
  const tables = noted.map(({ in_table }) => String(in_table));
  const there = await connection.withMode(STATEMENT_MODE, () => readTriggers(connection, tables));
  const present = new Map(there.map((trigger) => [trigger.name, trigger.sql]));
  const missing = noted.filter(({ name, statement }) => {
    const sql = present.get(String(name));
    return sql === undefined || sql === statement;
  });
  for (const { name } of missing)
    if (present.has(String(name))) await connection.run(`DROP TRIGGER ${quoted(String(name))}`);
  for (const trigger of missing)
    await unlessTableIsGone(() =>
      // The database has that collation by now, and cannot get another one while tables are locked.
      runAs(connection, { ...settingOf(trigger), databaseCollation: '' }, String(trigger['statement'])),
    );
}

async function unlessTableIsGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isMissingTable(error)) throw error;
  }
}
