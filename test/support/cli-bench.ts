import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import Database from 'better-sqlite3';
import type { BackupModuleOptions } from '../../src/backup/index.js';
import { runCommandLine } from '../../src/cli/command-line.js';
import { Terminal } from '../../src/cli/terminal.js';

export interface CliAnswer {
  code: number;
  /** Standard output. */
  out: string;
  /** Standard error. */
  err: string;
}

/** The command line on a temporary folder with a small database, called within this process: without a terminal, as a script calls it. */
export class CliBench {
  /** @param database its file, in the folder */
  constructor(
    readonly folder: string,
    private readonly database = join('data', 'app.sqlite'),
  ) {}

  static async open(): Promise<CliBench> {
    const bench = new CliBench(await mkdtemp(join(tmpdir(), 'cli-')));
    await mkdir(join(bench.folder, 'data'));
    bench.sql(`CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);
      CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), amount REAL);
      INSERT INTO users VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
      INSERT INTO orders VALUES (1, 1, 4.99), (2, 2, 10);`);
    return bench;
  }

  path = (...names: string[]): string => join(this.folder, ...names);

  get env(): NodeJS.ProcessEnv {
    return {
      DATABASE_URL: `sqlite:${this.path(this.database)}`,
      BACKUP_DIR: this.path('backups'),
      BACKUP_CONFIG_FILE: this.path('backup_config.json'),
      BACKUP_MIN_FREE_MB: '0',
    };
  }

  /** Runs one command. @param onOutput hears what it says while it runs */
  async run(
    args: string[],
    env: NodeJS.ProcessEnv = this.env,
    application?: BackupModuleOptions,
    onOutput: (text: string) => void = () => undefined,
  ): Promise<CliAnswer> {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const answer = { out: '', err: '' };
    stdout.setEncoding('utf8').on('data', (text: string) => (answer.out += text));
    stderr.setEncoding('utf8').on('data', (text: string) => (answer.err += text));
    for (const stream of [stdout, stderr]) stream.on('data', onOutput);
    const code = await runCommandLine(args, new Terminal({ stdin, stdout, stderr, env }), application);
    return { code, ...answer };
  }

  /** Runs a command that is to succeed. @returns its standard output */
  async ok(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(args);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}${out}`);
    return out;
  }

  /** The same with `--json`. */
  async json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    return JSON.parse(await this.ok(...args, '--json')) as T;
  }

  /** Takes a snapshot. @returns its id */
  async create(...options: string[]): Promise<string> {
    return (await this.json<{ id: string }>('create', ...options)).id;
  }

  sql(text: string, file = this.path(this.database)): void {
    const database = new Database(file);
    try {
      database.exec(text);
    } finally {
      database.close();
    }
  }

  /** All rows of a table, and what makes it. */
  table(name: string, file = this.path(this.database)): unknown[] {
    const database = new Database(file, { readonly: true, fileMustExist: true });
    try {
      return [
        ...database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').pluck().all(name),
        ...database.prepare(`SELECT * FROM "${name}" ORDER BY 1`).all(),
      ];
    } finally {
      database.close();
    }
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
