import pg from 'pg';
import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { CopyIn, CopyOut } from './postgres.copy.js';
import { explain, type ServerError } from './postgres.errors.js';

const OLDEST_VERSION = 130_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** A connection of our own, never one of the application's. */
export class PostgresConnection {
  /** Such as 150020. */
  serverVersion = 0;

  private constructor(private readonly client: pg.Client) {}

  /** @throws BackupError `DATABASE_UNAVAILABLE`, `UNSUPPORTED` */
  static async open(target: ServerTarget): Promise<PostgresConnection> {
    const { host, port, user, password, database } = target;
    const client = new pg.Client({
      host,
      port,
      user,
      password,
      database,
      ssl: { off: false, require: { rejectUnauthorized: false }, verify: true }[target.tls],
      application_name: 'nestjs-backup',
      client_encoding: 'UTF8',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    client.on('error', () => undefined); // whoever asks next is told
    const connection = new PostgresConnection(client);
    try {
      await client.connect();
      await connection.refuseOtherServers();
      return connection;
    } catch (error) {
      await connection.close();
      throw explain(error, target);
    }
  }

  /** The rows that one statement answers. */
  async query<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const { rows } = await (values.length > 0 ? this.client.query<Row>(sql, values) : this.client.query<Row>(sql));
    return rows;
  }

  /** Statements that answer nothing, in one journey. */
  async run(...statements: string[]): Promise<void> {
    if (statements.length > 0) await this.client.query(statements.join(';\n'));
  }

  /**
   * One statement, and only one, that may fail without taking the transaction with it.
   * @returns why it failed
   */
  async attempt(statement: string): Promise<ServerError | null> {
    await this.run('SAVEPOINT attempt');
    try {
      await this.client.query({ text: statement, queryMode: 'extended' } as pg.QueryConfig);
      await this.run('RELEASE SAVEPOINT attempt');
      return null;
    } catch (error) {
      await this.run('ROLLBACK TO SAVEPOINT attempt', 'RELEASE SAVEPOINT attempt');
      return error as ServerError;
    }
  }

  /** Where unqualified names lead; to be asked before our settings apply. */
  async searchPath(): Promise<string> {
    const [setting] = await this.query<{ path: string }>(`SELECT pg_catalog.current_setting('search_path') AS path`);
    return setting!.path;
  }

  /** For the rest of the transaction. */
  async setSearchPath(path: string): Promise<void> {
    await this.query(`SELECT pg_catalog.set_config('search_path', $1, true)`, [path]);
  }

  /** What `COPY … TO STDOUT` sends, in pieces of whole rows. */
  copyOut(sql: string): AsyncGenerator<Buffer> {
    return this.client.query(new CopyOut(sql)).read();
  }

  /** Takes what `COPY … FROM STDIN` reads. */
  copyIn(sql: string): CopyIn {
    return this.client.query(new CopyIn(sql));
  }

  /** Ends the connection; the server undoes a transaction that has not committed. */
  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private async refuseOtherServers(): Promise<void> {
    const [found] = await this.query<{ version: number; named: string; encoding: string }>(
      `SELECT pg_catalog.current_setting('server_version_num')::int4 AS version, pg_catalog.current_setting('server_version') AS named,
         pg_catalog.current_setting('server_encoding') AS encoding`,
    );
    this.serverVersion = found!.version;
    if (found!.version < OLDEST_VERSION)
      throw new BackupError(
        'UNSUPPORTED',
        `The server is PostgreSQL ${found!.named}; JSON snapshots need 13 or later. Upgrade it, or use the native engine.`,
      );
    if (found!.encoding === 'SQL_ASCII')
      throw new BackupError(
        'UNSUPPORTED',
        'The database keeps its text in no known encoding (SQL_ASCII), which JSON cannot hold. Copy it into a UTF8 database, or use the native engine.',
      );
  }
}

/**
 * What every transaction of ours begins with, so that neither the server's, the database's nor the role's settings decide what is printed or how it is
 * read. For this transaction alone: a pooler may give the connection to somebody else after it.
 */
export function transactionSettings({ busyTimeoutMs }: ServerTarget, serverVersion: number): string[] {
  const settings: Record<string, string> = {
    search_path: `''`,
    standard_conforming_strings: 'on',
    DateStyle: `'ISO, MDY'`,
    IntervalStyle: 'postgres',
    TimeZone: `'UTC'`,
    extra_float_digits: '1',
    bytea_output: 'hex',
    xmloption: 'content',
    lc_monetary: `'C'`,
    row_security: 'off',
    // 0 would wait for ever.
    lock_timeout: String(Math.max(1, busyTimeoutMs)),
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    ...(serverVersion >= 170_000 && { transaction_timeout: '0' }),
  };
  return settingStatements(settings);
}

/**
 * Makes the server read a table as it lies on disk, from its start, so that rows come in an order that unchanged data keeps: decision 0013. Only for reading
 * rows, since the catalogs are read by their indexes.
 */
export const PHYSICAL_ORDER = settingStatements({
  synchronize_seqscans: 'off',
  max_parallel_workers_per_gather: '0',
  enable_indexscan: 'off',
  enable_indexonlyscan: 'off',
  enable_bitmapscan: 'off',
});

function settingStatements(settings: Record<string, string>): string[] {
  return Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${value}`);
}
