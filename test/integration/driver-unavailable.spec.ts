import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BACKUPS } from '../support/backups-client.js';
import { eventually } from '../support/eventually.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

const PRELOAD = ['--require', resolve('test/support/broken-driver.cjs')];
const HOST = resolve('test/support/small-host.mjs');

const REASONS = {
  'for another Node':
    "The module 'better_sqlite3.node' was compiled against a different Node.js version using NODE_MODULE_VERSION 1",
  'never made': 'Could not locate the bindings file',
  'not even required': 'better_sqlite3.node: invalid ELF header',
};
type Reason = keyof typeof REASONS;

const sentence = (driver: Reason): string =>
  `The SQLite driver better-sqlite3 cannot be loaded (${REASONS[driver]}). Run "npm rebuild better-sqlite3" with the Node that runs this program, ${process.version}; with pnpm, "pnpm approve-builds" first.`;

const started: Host[] = [];

/** An application on Express, in a process of its own. */
class Host {
  private constructor(
    private readonly child: ChildProcess,
    readonly http: ReturnType<typeof supertest>,
    private readonly output: () => string,
  ) {}

  static async start(options: object, driver?: Reason): Promise<Host> {
    const child = spawn(process.execPath, [...PRELOAD, HOST, JSON.stringify(options)], {
      env: {
        PATH: process.env['PATH'],
        TMPDIR: process.env['TMPDIR'],
        NO_COLOR: '1',
        ...(driver && { DRIVER: driver }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (output += String(piece)));
    const port = await eventually(() => {
      if (child.exitCode !== null) throw new Error(`It did not start:\n${output}`);
      return /^port (\d+)$/m.exec(output)?.[1];
    });
    const host = new Host(child, supertest(`http://127.0.0.1:${port}`), () => output);
    started.push(host);
    return host;
  }

  /** What it has logged that is more than information. */
  get troubles(): string[] {
    return this.output()
      .split('\n')
      .filter((line) => /\b(WARN|ERROR|FATAL)\b|^\s+at /.test(line));
  }

  /** Where a test failed before. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Asks it to end. @returns its exit code, or the signal that ended it */
  async stop(): Promise<number | string | null> {
    const exited = once(this.child, 'exit') as Promise<[number | null, string | null]>;
    this.child.kill('SIGTERM');
    const [code, signal] = await exited;
    return code ?? signal;
  }
}

describe('an application whose better-sqlite3 cannot be loaded', () => {
  let folder: string;
  let sqlite: { database: string; directory: string; configFile: string };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driver-'));
    const file = join(folder, 'shop.db');
    new Database(file).exec('CREATE TABLE products (name TEXT)').close();
    sqlite = {
      database: `sqlite:${file}`,
      directory: join(folder, 'backups'),
      configFile: join(folder, 'backup_config.json'),
    };
  });

  afterEach(() => started.splice(0).forEach((host) => host.kill()));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.keys(REASONS) as Reason[])('starts and serves, without backups: %s', async (driver) => {
    const host = await Host.start(sqlite, driver);
    expect((await host.http.get('/products').expect(200)).body).toEqual([{ name: 'Tea' }]);
    expect((await host.http.get('/register').expect(200)).body).toEqual({ registered: true });
    expect((await host.http.get('/back-up').expect(200)).body).toEqual({
      code: 'DRIVER_UNAVAILABLE',
      message: sentence(driver),
    });

    const { body: health } = await host.http.get(`${BACKUPS}/health`).expect(200);
    expect(health).toMatchObject({
      status: 'critical',
      reasons: [`Backups are off until the next start: ${sentence(driver)}`],
      plans: [{ plan: 'auto', status: 'critical', newest: null }],
      storage: { free_bytes: expect.any(Number) },
    });

    expect(host.troubles).toEqual([
      expect.stringMatching(/ERROR \[Backup\] Backups are off until the next start: The SQLite driver/),
    ]);
    expect(host.troubles[0]).toContain(sentence(driver));
    expect(await host.stop()).toBe('SIGTERM');
    expect(host.troubles).toHaveLength(1);
    expect((await readdir(folder)).sort()).toEqual(['shop.db']);
  });

  it('answers 503 with that sentence on every backup route', async () => {
    const host = await Host.start(sqlite, 'for another Node');
    const refused = { status_code: 503, error_code: 'DRIVER_UNAVAILABLE', message: sentence('for another Node') };
    const id = 'manual_backup_20260101_000000';
    for (const path of ['', '/list', '/status', '/config', '/stats', '/sources', '/jobs', `/${id}`, `/${id}/download`])
      expect((await host.http.get(BACKUPS + path).expect(503)).body).toMatchObject(refused);
    expect((await host.http.post(BACKUPS).send({}).expect(503)).body).toMatchObject(refused);
    const restore = host.http.post(`${BACKUPS}/${id}/restore?wait=true`).send({ confirm: id });
    expect((await restore.expect(503)).body).toMatchObject(refused);
    expect((await host.http.put(`${BACKUPS}/config`).send({ retention_days: 90 }).expect(503)).body).toMatchObject(
      refused,
    );
    await host.stop();
  });

  it('takes backups again at the first start with one that loads', async () => {
    const host = await Host.start(sqlite);
    expect((await host.http.get('/back-up').expect(200)).body).toMatchObject({
      id: expect.any(String),
      source: 'database',
    });
    expect(host.troubles).toEqual([]);
    await host.stop();
  });

  it.skipIf(!hasPostgres)(
    'starts and serves on PostgreSQL as well, since the list of snapshots needs SQLite',
    async () => {
      const bench = await PostgresBench.open();
      try {
        const host = await Host.start({ ...sqlite, database: bench.url }, 'for another Node');
        await host.http.get('/products').expect(200);
        expect((await host.http.get(`${BACKUPS}/health`).expect(200)).body).toMatchObject({ status: 'critical' });
        expect((await host.http.post(BACKUPS).send({}).expect(503)).body).toMatchObject({
          error_code: 'DRIVER_UNAVAILABLE',
        });
        expect(host.troubles).toHaveLength(1);
        await host.stop();
      } finally {
        await bench.close();
      }
    },
  );

  describe('at the command line', () => {
    const call = (driver: Reason, ...args: string[]) =>
      promisify(execFile)(process.execPath, [...PRELOAD, resolve('dist/cli.js'), ...args], {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          DRIVER: driver,
          DATABASE_URL: sqlite.database,
          BACKUP_DIR: sqlite.directory,
        },
      }).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
      );

    it.each(Object.keys(REASONS) as Reason[])('ends each command with the sentence: %s', async (driver) => {
      const refusal = { code: 1, stdout: '', stderr: `${sentence(driver)}\n` };
      expect(await call(driver, 'create')).toEqual(refusal);
      expect(await call(driver, 'list')).toEqual(refusal);
    });

    it('says it as JSON where that is asked for', async () => {
      const { code, stderr } = await call('never made', 'restore', 'newest', '--yes', '--json');
      expect(code).toBe(1);
      expect(JSON.parse(stderr)).toEqual({ error_code: 'DRIVER_UNAVAILABLE', message: sentence('never made') });
    });

    it('still tells what its commands are', async () => {
      expect(await call('not even required', '--help')).toMatchObject({ code: 0, stderr: '' });
    });
  });
});
