import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import pg from 'pg';
import type { ServerTarget } from '../../src/backup/engines/database-target.js';
import { parseDatabaseUrl } from '../../src/backup/engines/database-url.js';
import type {
  CapturedDocument,
  CaptureRequest,
  RestoreOutcome,
  DatabaseEngine,
} from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { EngineBench } from './engine-bench.js';
import { InlineEngine } from './inline-engines.js';

const DESCRIPTION = resolve('test/support/postgres-description.sql');
const URL = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** False skips the tests where no server runs; where everything has to be there, they run and fail. */
export const hasPostgres = process.env['CI'] === 'true' || (await answers());

async function answers(): Promise<boolean> {
  const client = new pg.Client({ connectionString: URL, connectionTimeoutMillis: 3000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    console.warn('No PostgreSQL answers at TEST_POSTGRES_URL (or on 127.0.0.1:5432): its tests are skipped.');
    return false;
  }
}

/** The JSON engine with a database of its own on a PostgreSQL server. */
export class PostgresBench {
  private readonly clients: pg.Client[] = [];

  private constructor(
    readonly engines: EngineBench,
    readonly database: string,
  ) {}

  /** @param options what `CREATE DATABASE` is told */
  static async open(engine: DatabaseEngine = new InlineEngine(), options = ''): Promise<PostgresBench> {
    const database = `nestjs_backup_${randomBytes(6).toString('hex')}`;
    const bench = new PostgresBench(await EngineBench.open(engine), database);
    await bench.onServer(`CREATE DATABASE ${database} ${options}`);
    return bench;
  }

  get target(): ServerTarget {
    return {
      ...(parseDatabaseUrl(URL) as ServerTarget),
      database: this.database,
      busyTimeoutMs: 5000,
      migrationsTable: 'migrations',
    };
  }

  /** The address of the database, as an application is told it. */
  get url(): string {
    return Object.assign(new globalThis.URL(URL), { pathname: `/${this.database}` }).href;
  }

  get folder(): string {
    return this.engines.folder;
  }

  get lastCapture(): CapturedDocument {
    return this.engines.lastCapture!;
  }

  capture(target: Partial<ServerTarget> = {}): Promise<StoredSnapshot> {
    return this.engines.capture({ ...this.target, ...target });
  }

  captureAgainst(base: StoredSnapshot, previous: CaptureRequest['previous'] = null): Promise<StoredSnapshot> {
    return this.engines.captureAgainst(base, previous, this.target);
  }

  restore(
    snapshot: StoredSnapshot,
    { target, ...options }: { tables?: string[]; allowSchemaChanges?: boolean; target?: Partial<ServerTarget> } = {},
  ): Promise<RestoreOutcome> {
    return this.engines.restore(snapshot, { ...options, target: { ...this.target, ...target } });
  }

  /** A connection of the application's. */
  async connect(user = this.target.user): Promise<pg.Client> {
    const { host, port, password } = this.target;
    const client = new pg.Client({ host, port, user, password, database: this.database, ssl: false });
    client.on('error', () => undefined);
    this.clients.push(client);
    await client.connect();
    return client;
  }

  /** Statements, on a connection of their own. */
  async execute(sql: string): Promise<void> {
    const client = await this.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  /** Rows as arrays of what the server prints. */
  async query(sql: string): Promise<unknown[][]> {
    const client = await this.connect();
    try {
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array', types: AS_PRINTED });
      return rows;
    } finally {
      await client.end();
    }
  }

  /** Statements one by one, as the server's own tool sends them: some cannot stand in a transaction. */
  async script(sql: string): Promise<void> {
    this.run('psql', ['-q', '-X', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null'], sql);
    await Promise.resolve();
  }

  /** Everything in the database, as the server's own tool writes it: the oracle. A tool that is older than the server refuses; then the server describes it. */
  dump(encoding: BufferEncoding = 'utf8'): string {
    try {
      return this.run('pg_dump', [], '', encoding).replace(/^\\(un)?restrict .*$/gm, '');
    } catch (error) {
      if (!String((error as { stderr?: unknown }).stderr).includes('server version mismatch')) throw error;
      return this.run('psql', ['-q', '-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', DESCRIPTION], '', encoding);
    }
  }

  private run(program: string, args: string[], input = '', encoding: BufferEncoding = 'utf8'): string {
    const { host, port, user, password, database } = this.target;
    return execFileSync(program, ['-h', host, '-p', String(port), '-U', user, ...args, database], {
      encoding,
      maxBuffer: 2 ** 30,
      input,
      stdio: 'pipe', // what it complains of is in the error
      env: { ...process.env, PGPASSWORD: password },
    });
  }

  /** Everything away, as in a database that was just created. */
  async empty(): Promise<void> {
    await this.onServer(`DROP DATABASE ${this.database} WITH (FORCE)`, `CREATE DATABASE ${this.database}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.end().catch(() => undefined)));
    await this.onServer(`DROP DATABASE IF EXISTS ${this.database} WITH (FORCE)`);
    await this.engines.close();
  }

  async onServer(...statements: string[]): Promise<void> {
    const client = new pg.Client({ connectionString: URL });
    client.on('error', () => undefined);
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }
}

const AS_PRINTED = { getTypeParser: () => (text: unknown) => text } as unknown as pg.CustomTypesConfig;
