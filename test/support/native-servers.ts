import { execFileSync, type ExecFileSyncOptions } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { parseDatabaseUrl } from '../../src/backup/engines/database-url.js';
import type { ServerTarget } from '../../src/backup/engines/database-target.js';

const POSTGRES_URL = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const MYSQL_URL = process.env['TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306/test';

function server(url: string): ServerTarget {
  const address = parseDatabaseUrl(url);
  if (address.type === 'sqlite') throw new Error('This is no server.');
  return { ...address, busyTimeoutMs: 5000, migrationsTable: 'migrations' };
}

const quiet: ExecFileSyncOptions = {
  timeout: 600_000,
  maxBuffer: 1 << 28,
  stdio: ['pipe', 'pipe', 'pipe'],
  encoding: 'utf8',
};

/** The server and its own programs, without anything of ours between. */
export const postgres = {
  /** A database on the test server. */
  target: (database: string): ServerTarget => ({ ...server(POSTGRES_URL), database }),

  run: (program: string, args: string[], input = ''): string => {
    const { host, port, user, password } = server(POSTGRES_URL);
    const env = {
      ...process.env,
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: password,
      PGOPTIONS: '-c client_min_messages=warning',
    };
    return execFileSync(program, args, { ...quiet, env, input }) as string;
  },

  sql: (database: string, sql: string): string =>
    postgres
      .run(
        'psql',
        ['-XqAt', '-v', 'ON_ERROR_STOP=1', `--dbname=dbname='${database.replaceAll(/['\\]/g, '\\$&')}'`],
        sql,
      )
      .trimEnd(),

  /** The oracle: the whole database as text. */
  dump: (database: string): string =>
    postgres
      .run('pg_dump', [`--dbname=dbname='${database.replaceAll(/['\\]/g, '\\$&')}'`])
      .replaceAll(/^\\(un)?restrict .*\n/gm, ''),

  create: (database: string, template = 'template0'): void => {
    postgres.drop(database);
    postgres.sql('postgres', `CREATE DATABASE "${database.replaceAll('"', '""')}" TEMPLATE ${template}`);
  },

  drop: (database: string): void =>
    void postgres.sql('postgres', `DROP DATABASE IF EXISTS "${database.replaceAll('"', '""')}" WITH (FORCE)`),

  isThere: (): boolean => answers(() => postgres.sql('postgres', 'SELECT 1')),
};

export const mysql = {
  target: (database: string): ServerTarget => ({ ...server(MYSQL_URL), database }),

  run: (program: string, args: string[], input = ''): string => {
    const { host, port, user, password } = server(MYSQL_URL);
    const where = ['--no-defaults', `--host=${host}`, `--port=${port}`, '--protocol=tcp', `--user=${user}`];
    const env = { ...process.env, MYSQL_PWD: password };
    return execFileSync(program, [...where, ...args], { ...quiet, env, input }) as string;
  },

  sql: (database: string, sql: string): string =>
    mysql
      .run(
        'mariadb',
        [
          '--batch',
          '--skip-column-names',
          '--default-character-set=utf8mb4',
          ...(database === '' ? [] : [`--database=${database}`]),
        ],
        sql,
      )
      .trimEnd(),

  /** The oracle: the whole database as text. */
  dump: (database: string): string =>
    mysql.run('mariadb-dump', [
      '--single-transaction',
      '--routines',
      '--events',
      '--triggers',
      '--hex-blob',
      '--skip-comments',
      '--order-by-primary',
      '--',
      database,
    ]),

  create: (database: string): void => {
    mysql.drop(database);
    mysql.sql('', `CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4`);
  },

  drop: (database: string): void => void mysql.sql('', `DROP DATABASE IF EXISTS \`${database}\``),

  isThere: (): boolean => answers(() => mysql.sql('', 'SELECT 1')),
};

/** In CI a missing server is a failure: the tests run, and say so. */
function answers(ask: () => unknown): boolean {
  if (process.env['CI'] === 'true') return true;
  try {
    ask();
    return true;
  } catch {
    return false;
  }
}

/** The arguments of every process of this machine. */
export function commandLines(): { pid: number; line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [{ pid: Number(pid), line: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

/** Looks at the arguments of all processes again and again while something goes on. @returns all that were seen */
export async function sampled(goOn: () => Promise<unknown>): Promise<Set<string>> {
  const seen = new Set<string>();
  const look = () => commandLines().forEach(({ line }) => seen.add(line));
  const timer = setInterval(look, 5);
  try {
    await goOn();
  } finally {
    clearInterval(timer);
  }
  return seen;
}
