import pg from 'pg';
import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { tlsOptions } from '../../tls-options.js';
import { CopyIn, CopyOut } from './postgres.copy.js';
import { explain, type ServerError } from './postgres.errors.js';
import { candidates, isWanted, requireChannelBinding } from './postgres.servers.js';
import { patience, transactionSettings } from './postgres.settings.js';

const OLDEST_VERSION = 130_000;
const CONNECT_SECONDS = 10;
/** The driver's words. */
const WITHOUT_TLS = /does not support SSL connections/;
const STATEMENT_TIMED_OUT = '57014';
/** A role's `statement_timeout` may be so short that not even lifting it succeeds at once. */
const MOST_BEGINNINGS = 50;

/** What the application's own sessions find, as opposed to ours. */
export interface Surroundings {
  /** Where unqualified names lead. */
  searchPath: string;
  /** Where new tables go; null for nowhere. */
  schema: string | null;
  /** A standby, which takes no writes. */
  isStandby: boolean;
}

/** A connection of our own, never one of the application's. */
export class PostgresConnection {
  /** Such as 150020. */
  serverVersion = 0;
  surroundings: Surroundings = { searchPath: '', schema: null, isStandby: false };

  private constructor(
    private readonly client: pg.Client,
    /** The one server of it that answered. */
    readonly target: ServerTarget,
  ) {}

  /**
   * The first of the target's servers that answers and is of the wanted role.
   * @throws BackupError `DATABASE_UNAVAILABLE`, `UNSUPPORTED`
   */
  static async open(target: ServerTarget): Promise<PostgresConnection> {
    let failure: unknown;
    for (const server of candidates(target)) {
      try {
        return await PostgresConnection.openServer(server);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  private static async openServer(target: ServerTarget): Promise<PostgresConnection> {
    try {
      return await PostgresConnection.connect(target);
    } catch (error) {
      if (target.tls !== 'prefer' || !WITHOUT_TLS.test((error as Error).message)) throw explain(error, target);
    }
    try {
      return await PostgresConnection.connect({ ...target, tls: 'off' });
    } catch (error) {
      throw explain(error, target);
    }
  }

  private static async connect(target: ServerTarget): Promise<PostgresConnection> {
    const { host, port, user, password, database } = target;
    const client = new pg.Client({
      host,
      port,
      user,
      password,
      database,
      ssl: tlsOptions(target) ?? false,
      application_name: target.applicationName ?? 'nestjs-backup',
      client_encoding: 'UTF8',
      connectionTimeoutMillis: (target.connectTimeoutSeconds ?? CONNECT_SECONDS) * 1000,
      keepAlive: true,
      ...(target.options !== undefined && { options: target.options }),
      enableChannelBinding: (target.channelBinding ?? 'disable') !== 'disable',
    });
    client.on('error', () => undefined); // whoever asks next is told
    const isRefused = target.channelBinding === 'require' ? requireChannelBinding(client) : () => false;
    const connection = new PostgresConnection(client, target);
    try {
      await client.connect();
      await connection.getToKnow();
      return connection;
    } catch (error) {
      await connection.close();
      if (!isRefused()) throw error;
      throw new BackupError(
        'DATABASE_UNAVAILABLE',
        `The server of the database "${database}" at ${host}:${port} offers no channel binding, which the database URL requires. No password was sent; the connection may be intercepted.`,
      );
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

  /** Begins a transaction in which all of our settings apply, from its first statement on. */
  async begin(mode: 'READ ONLY' | 'READ WRITE'): Promise<void> {
    const isolation = mode === 'READ ONLY' ? 'REPEATABLE READ' : 'READ COMMITTED';
    const settings = transactionSettings(this.target.busyTimeoutMs, this.serverVersion);
    await this.beginWith(`BEGIN ISOLATION LEVEL ${isolation} ${mode}`, ...settings);
  }

  /**
   * Statements of ours, in one journey, that may fail without taking the transaction with them.
   * @returns why they failed: then none of them was done
   */
  async attemptAll(statements: readonly string[]): Promise<ServerError | null> {
    if (statements.length === 0) return null;
    await this.run('SAVEPOINT attempt');
    try {
      await this.run(...statements);
      await this.run('RELEASE SAVEPOINT attempt');
      return null;
    } catch (error) {
      await this.run('ROLLBACK TO SAVEPOINT attempt', 'RELEASE SAVEPOINT attempt');
      return error as ServerError;
    }
  }

  /** What is read within this leaves no locks behind. To leave it early does not wait for what the server still sends. */
  async *releasingLocks<Piece>(read: () => AsyncIterable<Piece>): AsyncGenerator<Piece> {
    await this.run('SAVEPOINT reading');
    try {
      yield* read();
    } finally {
      // In order before whatever is asked next; where it fails, that does too.
      void this.run('ROLLBACK TO SAVEPOINT reading', 'RELEASE SAVEPOINT reading').catch(() => undefined);
    }
  }

  /** From here on functions in indexes, checks and defaults find what they find in the application's own sessions, and its time zone. */
  async asApplication(): Promise<void> {
    await this.query(`SELECT pg_catalog.set_config('search_path', $1, true)`, [this.surroundings.searchPath]);
    await this.run('SET LOCAL TimeZone TO DEFAULT');
  }

  /** From here on nothing decides but our own settings. */
  async asOurselves(): Promise<void> {
    await this.run(...transactionSettings(this.target.busyTimeoutMs, this.serverVersion));
  }

  /**
   * For the planning of the next statement, which takes the search path away again. Before it plans, the server inlines the functions of a table's indexes
   * and statistics; where their bodies name others without their schema it fails if it does not find these, though reading the table needs none of them: decision 0035.
   */
  async findEverySchema(): Promise<void> {
    const { searchPath } = this.surroundings;
    await this.query(
      `SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'pg_catalog', $1::pg_catalog.text, (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(n.nspname), ', '
         ORDER BY n.nspname) FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')), true)`,
      [searchPath === '' ? null : searchPath],
    );
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

  private async beginWith(...statements: string[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.run(...statements);
      } catch (error) {
        await this.run('ROLLBACK');
        if ((error as ServerError).code !== STATEMENT_TIMED_OUT || attempt === MOST_BEGINNINGS) throw error;
      }
    }
  }

  /** @throws BackupError `UNSUPPORTED` */
  private async getToKnow(): Promise<void> {
    await this.beginWith('BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY', ...patience(0));
    const [found] = await this.query<
      Surroundings & { version: number; named: string; encoding: string; isReadOnly: boolean }
    >(
      `SELECT pg_catalog.current_setting('server_version_num')::int4 AS version, pg_catalog.current_setting('server_version') AS named,
         pg_catalog.current_setting('server_encoding') AS encoding, pg_catalog.current_setting('search_path') AS "searchPath",
         pg_catalog.current_schema()::pg_catalog.text AS schema, pg_catalog.pg_is_in_recovery() AS "isStandby",
         pg_catalog.current_setting('default_transaction_read_only')::pg_catalog.bool AS "isReadOnly"`,
    );
    await this.run('COMMIT');
    const { version, named, encoding, isReadOnly, ...surroundings } = found!;
    this.serverVersion = version;
    this.surroundings = surroundings;
    if (!isWanted(this.target.role, { isStandby: surroundings.isStandby, isReadOnly }))
      throw new BackupError(
        'DATABASE_UNAVAILABLE',
        `The server at ${this.target.host}:${this.target.port} does not have the role that the database URL requires (target_session_attrs=${this.target.role}).`,
      );
    if (version < OLDEST_VERSION)
      throw new BackupError(
        'UNSUPPORTED',
        `The server is PostgreSQL ${named}; JSON snapshots need 13 or later. Upgrade it, or use the native engine.`,
      );
    if (encoding === 'SQL_ASCII')
      throw new BackupError(
        'UNSUPPORTED',
        'The database has no defined encoding (SQL_ASCII), so JSON cannot hold its text. Copy it into a UTF8 database, or use the native engine.',
      );
  }
}
