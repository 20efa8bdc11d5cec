import {
  createConnection,
  type Connection as Driver,
  type ConnectionOptions,
  type QueryError,
  type SslOptions,
} from 'mysql2';
import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { DATA_MODE, LENIENT_MODE, sessionSettings } from './mysql.settings.js';
import { tlsOptions } from '../../tls-options.js';
import { explain } from './mysql.errors.js';
import { RowStream } from './mysql.row-stream.js';

export { quoted } from './mysql.names.js';

/** A row of what the server says about itself: every value as it prints it. */
export type InfoRow = Record<string, string | null>;

const CONNECT_SECONDS = 10;
/** The driver's code. */
const WITHOUT_TLS = 'HANDSHAKE_NO_SSL_SUPPORT';
/** So that a server which is gone without a word is noticed. */
const KEEP_ALIVE_MS = 30_000;

/** The driver's number of the character set in which a character is a byte. */
const BYTES = 63;

/** A connection of its own to the source, on which a session looks the same on every server. */
export class MysqlConnection {
  private readonly charsetNumber: number;

  private constructor(
    private readonly driver: Driver,
    /** With the encryption that the server can. */
    readonly target: ServerTarget,
    readonly server: ServerKind,
  ) {
    this.charsetNumber = (driver.config as { charsetNumber: number }).charsetNumber;
  }

  /** @throws BackupError `DATABASE_UNAVAILABLE`, `UNSUPPORTED` for a server that is too old */
  static async open(target: ServerTarget): Promise<MysqlConnection> {
    try {
      return await MysqlConnection.connect(target);
    } catch (error) {
      if (target.tls !== 'prefer' || (error as QueryError).code !== WITHOUT_TLS) throw explain(error, target);
    }
    return MysqlConnection.open({ ...target, tls: 'off' });
  }

  private static async connect(target: ServerTarget): Promise<MysqlConnection> {
    const driver = createConnection(optionsFor(target));
    driver.on('error', () => undefined); // whoever waits for an answer is told, and nobody else needs to be
    try {
      await new Promise<void>((resolve, reject) =>
        driver.connect((error: QueryError | null) => (error ? reject(error) : resolve())),
      );
      const [version] = await ask(driver, 'SELECT VERSION() AS version');
      const connection = new MysqlConnection(driver, target, serverKind(String(version?.['version'])));
      for (const statement of sessionSettings(target.busyTimeoutMs, connection.server)) await ask(driver, statement);
      return connection;
    } catch (error) {
      driver.destroy();
      throw error;
    }
  }

  /** Everything a statement answers. For what the server says about itself, not for the rows of tables. */
  async rows(sql: string): Promise<InfoRow[]> {
    try {
      return await ask(this.driver, sql);
    } catch (error) {
      throw explain(error, this.target);
    }
  }

  /** The first column of the first row, if there is one. */
  async value(sql: string): Promise<string | null | undefined> {
    const [row] = await this.rows(sql);
    return row && Object.values(row)[0];
  }

  /** @returns how many rows the statement wrote */
  async run(sql: string): Promise<number> {
    try {
      return await new Promise<number>((resolve, reject) =>
        this.driver.query<never>(sql, (error: QueryError | null, result: { affectedRows?: number }) =>
          error ? reject(error) : resolve(result.affectedRows ?? 0),
        ),
      );
    } catch (error) {
      throw explain(error, this.target);
    }
  }

  /** Runs a statement whose text is in the character set that `character_set_client` was set to. */
  async runBytes(statement: Buffer): Promise<void> {
    const config = this.driver.config as { charsetNumber: number }; // in which the driver encodes statements
    config.charsetNumber = BYTES;
    try {
      await this.run(statement.toString('latin1'));
    } finally {
      config.charsetNumber = this.charsetNumber;
    }
  }

  /** The one column of a query, in pieces of many rows, as the bytes that the server sends; bounded memory, whatever the size of the table. */
  async *stream(sql: string): AsyncGenerator<Buffer> {
    const rows = new RowStream(this.driver, sql);
    try {
      yield* rows.pieces();
    } catch (error) {
      throw explain(error, this.target);
    }
  }

  /** Takes what was there, whatever rule it breaks: cut to fit, out of range, against a CHECK. For rows that are proven afterwards. */
  async beLenient(): Promise<void> {
    await this.run(`SET SESSION sql_mode = '${LENIENT_MODE}'`);
    if (this.server === 'mariadb') await this.run('SET SESSION check_constraint_checks = 0');
  }

  /** Refuses what does not fit, as at the beginning. */
  async beStrict(): Promise<void> {
    await this.run(`SET SESSION sql_mode = '${DATA_MODE}'`);
    if (this.server === 'mariadb') await this.run('SET SESSION check_constraint_checks = 1');
  }

  /** Runs something under another `sql_mode`. */
  async withMode<T>(mode: string, work: () => Promise<T>): Promise<T> {
    const reset = () => this.run(`SET SESSION sql_mode = '${DATA_MODE}'`);
    await this.run(`SET SESSION sql_mode = ${literal(mode)}`);
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await reset().catch(() => undefined); // what failed first is the reason to tell
      throw error;
    }
    await reset();
    return result;
  }

  /** At once; the server rolls back what was not committed. */
  close(): void {
    this.driver.destroy();
  }
}

export type ServerKind = 'mysql' | 'mariadb';

const OLDEST = { mysql: [8, 0], mariadb: [10, 6] } as const;

function serverKind(version: string): ServerKind {
  const kind: ServerKind = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
  const [, major = '0', minor = '0'] = /^(?:5\.5\.5-)?(\d+)\.(\d+)/.exec(version) ?? [];
  const [oldestMajor, oldestMinor] = OLDEST[kind];
  const isKnown = Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  if (!isKnown)
    throw new BackupError(
      'UNSUPPORTED',
      `The database server says that it is "${version}"; MySQL 8.0 and MariaDB 10.6 are the oldest that can be backed up.`,
    );
  return kind;
}

function optionsFor(target: ServerTarget): ConnectionOptions {
  const { host, port, user, password, database, tls } = target;
  const ssl = tlsOptions(target);
  return {
    ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
    user,
    password,
    database,
    charset: 'utf8mb4',
    connectTimeout: (target.connectTimeoutSeconds ?? CONNECT_SECONDS) * 1000,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    multipleStatements: false,
    disableEval: true,
    // A server must not be able to ask for files of this machine.
    flags: ['-LOCAL_FILES'],
    ...(ssl && { ssl: { ...ssl, verifyIdentity: tls === 'verify' } as SslOptions }),
  };
}

function ask(driver: Driver, sql: string): Promise<InfoRow[]> {
  return new Promise((resolve, reject) =>
    driver.query<never>(
      { sql, typeCast: (field) => field.string('utf8') },
      (error: QueryError | null, rows: InfoRow[] | object) =>
        error ? reject(error) : resolve(Array.isArray(rows) ? rows : []),
    ),
  );
}

/** A text literal as SQL writes it. */
export const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
