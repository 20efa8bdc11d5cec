import { literal, type MysqlConnection } from './mysql.connection.js';
import type { Setting } from './mysql.definitions.js';

/**
 * Runs a statement that defines something under the settings of the client that ran it first, which the server keeps with what it makes. May change the database's
 * default collation for a moment, which it does not do while tables are locked.
 */
export async function runAs(connection: MysqlConnection, setting: Setting, sql: string): Promise<void> {
  return withDatabaseCollation(connection, setting.databaseCollation, () =>
    connection.withMode(setting.sqlMode, () => inCharset(connection, setting, sql)),
  );
}

async function inCharset(connection: MysqlConnection, setting: Setting, sql: string): Promise<void> {
  const { charset, collation, timeZone } = setting;
  if (charset === 'utf8mb4' && collation === '' && timeZone === '') return void (await connection.run(sql));
  const statement = await bytesIn(connection, charset, sql);
  const settings = [
    `character_set_client = ${literal(charset)}`,
    ...(collation === '' ? [] : [`collation_connection = ${literal(collation)}`]),
    ...(timeZone === '' ? [] : [`time_zone = ${literal(timeZone)}`]),
  ];
  try {
    await connection.run(`SET SESSION ${settings.join(', SESSION ')}`);
    await connection.runBytes(statement);
  } finally {
    await connection.run(`SET NAMES utf8mb4`);
    await connection.run(`SET SESSION time_zone = '+00:00'`);
  }
}

/** Whether a text can be sent in this character set and mean the same. */
export async function survives(connection: MysqlConnection, charset: string, text: string): Promise<boolean> {
  const converted = `CONVERT(${literal(text)} USING ${charset})`;
  return (
    (await connection.value(`SELECT BINARY CONVERT(${converted} USING utf8mb4) = BINARY ${literal(text)}`)) === '1'
  );
}

/** By the server, which knows its character sets best. */
async function bytesIn(connection: MysqlConnection, charset: string, sql: string): Promise<Buffer> {
  if (charset === 'utf8mb4' || /^\p{ASCII}*$/u.test(sql)) return Buffer.from(sql);
  return Buffer.from(
    String(await connection.value(`SELECT TO_BASE64(CONVERT(${literal(sql)} USING ${charset}))`)),
    'base64',
  );
}

/** An empty one means none in particular. */
async function withDatabaseCollation(
  connection: MysqlConnection,
  wanted: string,
  work: () => Promise<void>,
): Promise<void> {
  if (wanted === '') return work();
  const usual = String(await connection.value('SELECT @@collation_database'));
  if (wanted === usual) return work();
  await connection.run(`ALTER DATABASE COLLATE ${wanted}`);
  try {
    await work();
  } finally {
    await connection.run(`ALTER DATABASE COLLATE ${usual}`);
  }
}
