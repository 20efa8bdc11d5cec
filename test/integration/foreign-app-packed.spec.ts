import { execFile, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKUPS, error } from '../support/backups-client.js';
import { eventually } from '../support/eventually.js';
import { PackedApp } from '../support/packed-app.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

const runs = promisify(execFile);
const FROM_SOURCE = "'../../../src/backup/index.js'";

describe('the package, as npm packs it, in an application of somebody else', () => {
  let app: PackedApp;

  beforeAll(async () => {
    app = await PackedApp.install('test/fixtures/foreign-app');
    for (const name of ['main.ts', 'serve.ts']) {
      const program = join(app.home, name);
      const source = await readFile(program, 'utf8');
      expect(source).toContain(FROM_SOURCE);
      await writeFile(program, source.replace(FROM_SOURCE, "'nestjs-backup'"));
    }
    expect(await app.compile()).toBe(''); // under strict
  });

  afterAll(() => app.remove());

  it('runs, backs up, and lets the process end by itself', async () => {
    const { stdout, stderr } = await app.run('main.js', join(app.home, 'on-sqlite'));
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      id: expect.stringMatching(/^manual_backup_\d{8}_\d{6}$/),
      tables: ['orders', 'products'],
    });
    await eventually(() => processesOf(app.home).length === 0);
  });

  it('brings a command line that runs there with environment variables alone', async () => {
    const { bin } = JSON.parse(await readFile(join(app.library, 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
    };
    const program = join(app.library, bin['nestjs-backup']!);
    expect(await readFile(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const env = { PATH: process.env['PATH'], DATABASE_URL: 'sqlite:./cli.db', BACKUP_DIR: './cli-backups' };
    const call = (...args: string[]) => runs(process.execPath, [program, ...args], { cwd: app.home, env });
    expect((await call('--help')).stdout).toContain('Usage: nestjs-backup');
    new Database(join(app.home, 'cli.db'))
      .exec('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (7)')
      .close();
    const { id } = JSON.parse((await call('create', '--json')).stdout) as { id: string };
    expect((await call('list')).stdout).toContain(id);
    await call('restore', id, '--yes', '--to', 'sqlite:./copy.db');
    expect(new Database(join(app.home, 'copy.db')).prepare('SELECT id FROM t').pluck().get()).toBe(7);
  });

  it.each([
    ['postgres', 'pg'],
    ['mysql', 'mysql2'],
  ])('asks for the driver of a server only where there is one, by its name: %s, %s', async (type, driver) => {
    const { library } = app;
    const dialects = join(library, 'dist/backup/engines/dialects/dialects.js');
    const ask = `const { dialectOf } = await import(process.argv[1]);
      await dialectOf({ type: process.argv[2] }).catch(({ code, message }) => console.log(code, message));`;
    const { stdout } = await runs(process.execPath, ['--input-type=module', '-e', ask, dialects, type], {
      cwd: app.home,
    });
    expect(stdout).toContain(`UNSUPPORTED The driver "${driver}" is not installed.`);
    expect(stdout).toContain(`npm install ${driver}`);
  });

  describe.skipIf(!hasPostgres)('on PostgreSQL', () => {
    let bench: PostgresBench;

    beforeAll(async () => {
      await app.add('pg');
      bench = await PostgresBench.open();
    });
    afterAll(() => bench.close());

    it('captures, lists and restores its data for whoever its own guard lets in, and leaves its errors alone', async () => {
      const shop = await app.serve('serve.js', { DATABASE_URL: bench.url });
      await shop.post('/products', { name: 'Tea', price: 499 }).expect(201);
      await shop.post('/products/1/orders', { quantity: 2 }).expect(201);
      const before = (await shop.get('/products').expect(200)).body as unknown;
      const dumped = bench.dump();

      const snapshot = await shop.capture();
      expect(snapshot.tables).toMatchObject({ products: { rows: 1 }, orders: { rows: 1 } });
      expect(await shop.listed()).toEqual([expect.objectContaining({ id: snapshot.id })]);

      await shop.delete('/products/1').expect(200);
      await shop.post('/products', { name: 'Mistake', price: 1 }).expect(201);
      const restore = await shop.restore(snapshot.id);
      expect(restore).toMatchObject({ status: 'completed', requested_by: 'olga@shop.example' });
      expect((await shop.get('/products').expect(200)).body).toEqual(before);
      expect(bench.dump()).toBe(dumped);

      await shop.http.get(BACKUPS).expect(401);
      expect((await shop.get('/broken').expect(500)).body).toEqual({ problem: 'Out of stock.' });
      expect((await shop.get(`${BACKUPS}/no_such_id`).expect(404)).body).toEqual(error(404, 'SNAPSHOT_NOT_FOUND'));
      await shop.stop();
      await eventually(() => processesOf(app.home).length === 0);
    });
  });
});

/** Running processes whose command line names the folder, which an orphan's still does. */
function processesOf(folder: string): string[] {
  const { stdout } = spawnSync('pgrep', ['-f', folder], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean);
}
