import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createConnection, type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';
import type { ServerTarget } from '../../src/backup/engines/database-target.js';
import { parseDatabaseUrl } from '../../src/backup/engines/database-url.js';
import type { CaptureRequest, DatabaseEngine } from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { EngineBench } from './engine-bench.js';

const MOST_OUTPUT = 256 * 1024 * 1024;
const run = promisify(execFile);

const server = parseDatabaseUrl(process.env['TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306/test') as ServerTarget;

/** Whether the tests have a server; in CI a missing one is a failure of theirs, not a reason to skip them. */
export const HAS_MYSQL =
  process.env['CI'] === 'true' ||
  (await connect({}).then(
    async (connection) => (await connection.end(), true),
    () => (console.warn('No MySQL or MariaDB server: its tests are skipped. docker-compose.yml starts one.'), false),
  ));

function connect(options: ConnectionOptions): Promise<Connection> {
  const { host, port, user, password } = server;
  return createConnection({ host, port, user, password, charset: 'utf8mb4', multipleStatements: true, ...options });
}

let benches = 0;

/** The JSON engine on a database of its own, on the server of the tests. */
export class MysqlBench {
  private constructor(
    readonly database: string,
    readonly files: EngineBench,
    /** For what a test does to the database. */
    readonly connection: Connection,
  ) {}

  static async open(engine?: DatabaseEngine): Promise<MysqlBench> {
    const database = `nestjs_backup_${process.pid}_${++benches}`;
    const connection = await connect({});
    await connection.query(
      `DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; USE ${database}`,
    );
    return new MysqlBench(database, await EngineBench.open(engine), connection);
  }

  get target(): ServerTarget {
    return { ...server, database: this.database, busyTimeoutMs: 5000, migrationsTable: 'migrations' };
  }

  get url(): string {
    const { user, password, host, port } = server;
    return `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${this.database}`;
  }

  get engine(): DatabaseEngine {
    return this.files.engine;
  }

  /** Another connection to the same database. */
  connect(options: ConnectionOptions = {}): Promise<Connection> {
    return connect({ database: this.database, ...options });
  }

  async exec(sql: string, values?: unknown[]): Promise<void> {
    await this.connection.query(sql, values);
  }

  async rows(sql: string): Promise<RowDataPacket[]> {
    return (await this.connection.query<RowDataPacket[]>(sql))[0];
  }

  async value(sql: string): Promise<unknown> {
    return Object.values((await this.rows(sql))[0] ?? {})[0];
  }

  capture(target: ServerTarget = this.target): Promise<StoredSnapshot> {
    return this.files.capture(target);
  }

  captureAgainst(base: StoredSnapshot, previous: CaptureRequest['previous'] = null): Promise<StoredSnapshot> {
    return this.files.captureAgainst(base, previous, this.target);
  }

  restore(
    snapshot: StoredSnapshot,
    options: { tables?: string[]; allowSchemaChanges?: boolean; target?: ServerTarget } = {},
  ) {
    return this.files.restore(snapshot, { target: this.target, ...options });
  }

  /** The oracle: everything that the server's own tool puts into a dump. */
  async dump(): Promise<string> {
    const { host, port, user, password } = server;
    const options = [
      '--skip-dump-date',
      '--hex-blob',
      '--order-by-primary',
      '--triggers',
      '--routines',
      '--skip-comments',
    ];
    const where = [`--host=${host}`, `--port=${port}`, `--user=${user}`, '--default-character-set=utf8mb4'];
    const { stdout } = await run('mysqldump', [...where, ...options, this.database], {
      env: { ...process.env, MYSQL_PWD: password },
      maxBuffer: MOST_OUTPUT,
      encoding: 'latin1',
    });
    return stdout;
  }

  async close(): Promise<void> {
    await this.connection.query(`DROP DATABASE ${this.database}`);
    await this.connection.end();
    await this.files.close();
  }
}
