import { BackupError } from '../../../model/errors.js';
import { literal, quoted, type InfoRow, type MysqlConnection } from './mysql.connection.js';
import { readTriggers, STATEMENT_MODE, type Trigger } from './mysql.definitions.js';
import { isMissingTable } from './mysql.errors.js';
import { hasTable, UNFINISHED_TABLE } from './mysql.schema.js';

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
  statement longtext NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
COMMENT='Triggers and counters that nestjs-backup puts back when an interrupted restore is found; not to be dropped'`;

const INSERT = `INSERT INTO ${UNFINISHED_TABLE} (what, name, in_table, sql_mode, charset, collation, statement) VALUES`;

export const createUnfinishedTable = (connection: MysqlConnection): Promise<number> => connection.run(CREATE);

/** Notes triggers that are about to be dropped. Whoever calls commits before the first of them is. */
export async function noteTriggers(connection: MysqlConnection, triggers: readonly Trigger[]): Promise<void> {
  for (const { name, table, sqlMode, charset, collation, sql } of triggers)
    await connection.run(
      `${INSERT} (${['trigger', name, table, sqlMode, charset, collation, sql].map(literal).join(', ')})`,
    );
}

/** Notes the next number of a table's counter. Inside the transaction of the rows: it is to be set only if that commits. */
export async function noteCounter(connection: MysqlConnection, table: string, next: string): Promise<void> {
  const statement = `ALTER TABLE ${quoted(table)} AUTO_INCREMENT = ${BigInt(next)}`;
  await connection.run(`${INSERT} (${['counter', table, table, '', '', '', statement].map(literal).join(', ')})`);
}

/** Notes that the rows are restored, which is there for others to see only if they are. */
export async function noteRestored(connection: MysqlConnection): Promise<void> {
  await connection.run(`${INSERT} (${['restored', '', '', '', '', '', ''].map(literal).join(', ')})`);
}

/**
 * Whether the restore that left its notes has committed.
 * @throws BackupError `ENGINE_FAILED` where somebody else has put everything in order, and the notes are gone
 */
export async function hasCommitted(connection: MysqlConnection): Promise<boolean> {
  if (await hasTable(connection, UNFINISHED_TABLE))
    return (await connection.rows(`SELECT 1 FROM ${UNFINISHED_TABLE} WHERE what = 'restored'`)).length > 0;
  throw new BackupError('ENGINE_FAILED', 'nobody can tell any more whether it was committed; look before you go on');
}

/**
 * Does what is noted, and removes the table: each step can be done again, so it may be interrupted anywhere. The tables concerned are locked by the caller.
 */
export async function finish(connection: MysqlConnection): Promise<void> {
  const noted = await connection.rows(`SELECT * FROM ${UNFINISHED_TABLE} ORDER BY id`);
  await putTriggersBack(
    connection,
    noted.filter(({ what }) => what === 'trigger'),
  );
  for (const { statement } of noted.filter(({ what }) => what === 'counter'))
    await unlessTableIsGone(() => connection.run(String(statement)));
  await connection.run(`DROP TABLE ${UNFINISHED_TABLE}`);
}

/** Puts in order what a restore that was killed, or lost its server, left behind. Waits while one is still under way. */
export async function finishInterruptedRestore(connection: MysqlConnection): Promise<void> {
  if (!(await hasTable(connection, UNFINISHED_TABLE))) return;
  await unlessTableIsGone(async () => {
    const concerned = await connection.rows(
      `SELECT DISTINCT TABLE_NAME AS name FROM ${UNFINISHED_TABLE} JOIN information_schema.TABLES
       ON TABLE_SCHEMA = DATABASE() AND TABLE_NAME = in_table COLLATE utf8mb4_bin`,
    );
    const locks = [UNFINISHED_TABLE, ...concerned.map(({ name }) => String(name))];
    await connection.run(`LOCK TABLES ${locks.map((table) => `${quoted(table)} WRITE`).join(', ')}`);
    await finish(connection);
  });
  await connection.run('UNLOCK TABLES');
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
  for (const { sql_mode, charset, collation, statement } of missing) {
    await connection.run(`SET SESSION character_set_client = ${charset}, SESSION collation_connection = ${collation}`);
    await unlessTableIsGone(() => connection.withMode(String(sql_mode), () => connection.run(String(statement))));
  }
  await connection.run('SET NAMES utf8mb4');
}

async function unlessTableIsGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isMissingTable(error)) throw error;
  }
}
