import { createHash } from 'node:crypto';
import { BackupError } from '../../../model/errors.js';
import type { MysqlConnection } from './mysql.connection.js';

/**
 * A text that is the same for two transactions only if nothing was written between their snapshots (docs/decisions/0018-quiet-tick-mysql.md). To be asked inside
 * the transaction.
 * @param known what no transaction of InnoDB shows: schema and counters
 * @returns null where that cannot be told: while anybody is writing, and where the account may not see it
 */
export async function databaseState(connection: MysqlConnection, known: unknown): Promise<string | null> {
  const [identity] = await connection.rows(
    connection.server === 'mariadb' ? identityQuery('information_schema') : identityQuery('performance_schema'),
  );
  const view = await readView(connection);
  if (!identity || view === null) return null;
  const text = JSON.stringify([identity, view, known]);
  return createHash('sha256').update(text).digest('hex');
}

/** The second in which the server started: both times are those of the same statement. */
const identityQuery = (statusSchema: string): string =>
  `SELECT @@hostname AS host, @@port AS port, @@server_id AS server, @@datadir AS folder, DATABASE() AS name,
   UNIX_TIMESTAMP() - (SELECT VARIABLE_VALUE FROM ${statusSchema}.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME') AS started`;

/**
 * The number that the next transaction to write will get, if the snapshot sees all before it: every transaction that writes has a number, given before it writes and
 * never twice. The limits alone do not say it: MariaDB lowers the upper one past transactions that are under way.
 */
async function readView(connection: MysqlConnection): Promise<string | null> {
  const status = await monitorOutput(connection);
  const id = await connection.value('SELECT CONNECTION_ID()');
  const own = status
    .split(/^---TRANSACTION /m)
    .find((transaction) => new RegExp(`^\\w+ thread id ${id},`, 'm').test(transaction));
  const [, unseen, seen] = /^Trx read view will not see trx with id >= (\d+), sees < (\d+)$/m.exec(own ?? '') ?? [];
  const [, next] = /^Trx id counter (\d+)$/m.exec(status) ?? [];
  const [, redo] = /^Log sequence number\s+(\d+)$/m.exec(status) ?? [];
  if (next === undefined || next !== unseen || next !== seen || redo === undefined) return null;
  return `${next} ${redo}`;
}

async function monitorOutput(connection: MysqlConnection): Promise<string> {
  try {
    const [row] = await connection.rows('SHOW ENGINE INNODB STATUS');
    return row?.['Status'] ?? '';
  } catch (error) {
    if (error instanceof BackupError && error.code !== 'DATABASE_UNAVAILABLE') throw error;
    return '';
  }
}
