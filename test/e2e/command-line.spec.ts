import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/backup/model/job.js';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { CliBench } from '../support/cli-bench.js';
import { eventually } from '../support/eventually.js';
import { Program } from '../support/program.js';

const CLI = resolve('dist/cli.js');
const TERMINAL = resolve('test/support/terminal.py');
const hasTerminal = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0;

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs a program to its end. */
async function run(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn(program, args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended: Ended = { code: null, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.err += text));
  [ended.code] = (await once(child, 'close')) as [number | null];
  return ended;
}

const cli = (env: NodeJS.ProcessEnv, ...args: string[]) => run(process.execPath, [CLI, ...args], env);

/** The same for somebody who sits at a terminal. @param steps what is waited for, and what is typed then */
const typing = (env: NodeJS.ProcessEnv, steps: [waitFor: string, type: string][], ...args: string[]) =>
  run('python3', [TERMINAL, JSON.stringify(steps), process.execPath, CLI, ...args], { TERM: 'xterm-256color', ...env });

const MANY_ROWS = `WITH RECURSIVE n (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO users SELECT i, printf('%0200d@example.com', i) FROM n`;

describe('the command line as a process', () => {
  let bench: CliBench;
  let id: string;

  beforeAll(async () => {
    bench = await CliBench.open();
    bench.sql(MANY_ROWS);
    id = await bench.create('--description', 'x'.repeat(200));
  });
  afterAll(() => bench.close());

  describe('through pipes', () => {
    it('prints one document and nothing else, and leaves no process behind', async () => {
      const { code, out, err } = await cli(bench.env, 'create', '--json');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(JSON.parse(out)).toMatchObject({ trigger: { type: 'cli' } });
      await eventually(() => spawnSync('pgrep', ['-f', bench.folder]).status === 1);
    });

    it('tells its steps as lines, without colours, bars or cut-off columns', async () => {
      const { err } = await cli(bench.env, 'restore', id, '--yes');
      expect(err).toMatch(/^Restore: safety snapshot$/m);
      expect(err).toMatch(/^Restore: restore$/m);
      const listed = await cli(bench.env, 'list');
      expect(listed.out).toContain('x'.repeat(200));
      expect([...(err + listed.out)].filter((letter) => letter < ' ' && letter !== '\n')).toEqual([]);
    });

    it.each([
      [`extract ${'$ID'} --table users`, 3],
      ['list', 1],
    ])('lets a reader go who has seen enough: %s | head -n %i', async (command, lines) => {
      const script = `"${process.execPath}" "${CLI}" ${command} | head -n ${lines}; echo "\${PIPESTATUS[0]}" >&2`;
      const { out, err } = await run('bash', ['-c', script], { ...bench.env, ID: id });
      expect(err).toBe('0\n');
      expect(out.trim().split('\n')).toHaveLength(lines);
    });

    it('cancels what runs when it is told to end, and removes what was half done', async () => {
      const somebody = new Database(bench.path('data', 'app.sqlite'));
      somebody.exec('BEGIN EXCLUSIVE'); // for which the capture waits
      const child = spawn(process.execPath, [CLI, 'create'], {
        env: { PATH: process.env['PATH'], ...bench.env },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let output = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
      const ended = once(child, 'close');
      const captures = async () =>
        (await bench.json<{ items: Job[] }>('jobs', '--type', 'capture', '--limit', '1')).items;
      await eventually(async () => (await captures())[0]?.status === 'running');
      child.kill('SIGINT');
      expect(await ended).toEqual([130, null]);
      somebody.close();
      expect(output).toMatch(/^Cancelling\. .*\nCancelled\.$/m);
      expect(await captures()).toMatchObject([{ status: 'cancelled' }]);
      expect((await readdir(bench.path('backups'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    });
  });

  describe.skipIf(!hasTerminal)('on a terminal', () => {
    it('asks for the id, and restores when it is typed', async () => {
      bench.sql("UPDATE users SET email = 'mistake' WHERE id = 1");
      const { code, out } = await typing(bench.env, [['Type the id', `${id}\r`]], 'restore', id);
      expect(out).toMatch(/2\. A safety snapshot/);
      expect(out).toContain('Restore [');
      expect(out).toMatch(/\[#+\.*\] +\d+ %/);
      expect(out).toMatch(new RegExp(`Restored ${id}: 2 tables`));
      expect(code).toBe(0);
      expect(bench.table('users')).toContainEqual({ id: 1, email: 'ada@example.com' });
    });

    it('does nothing when something else is typed, or Ctrl-C', async () => {
      bench.sql("UPDATE users SET email = 'mistake' WHERE id = 1");
      const [wrong, cancelled] = await Promise.all([
        typing(bench.env, [['Type the id', 'yes\r']], 'restore', id),
        typing(bench.env, [['Type the id', '\x03']], 'restore', id),
      ]);
      expect(wrong).toMatchObject({ code: 5, out: expect.stringContaining('Nothing was changed') as unknown });
      expect(cancelled).toMatchObject({ code: 130 });
      expect(bench.table('users')).toContainEqual({ id: 1, email: 'mistake' });
      bench.sql("UPDATE users SET email = 'ada@example.com' WHERE id = 1");
    });

    it('shows tables as wide as it is, in colours unless nobody wants them', async () => {
      const [listed, coloured, plain] = await Promise.all([
        typing(bench.env, [], 'list'),
        typing(bench.env, [], 'health'),
        typing({ ...bench.env, NO_COLOR: '1' }, [], 'health'),
      ]);
      const lines = listed.out.trim().split(/\r?\n/);
      expect(lines.length).toBeGreaterThan(1);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
      expect(lines.some((line) => line.endsWith('xx..'))).toBe(true);
      expect(coloured.out).toContain('\x1b[32mHEALTHY');
      expect(plain.out).toContain('HEALTHY');
      expect(plain.out).not.toContain('\x1b[3');
    });
  });
});

describe('the command line beside a running server', () => {
  let folder: string;
  let server: Program;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-server-'));
    server = await new Program(folder).start();
    env = {
      DATABASE_URL: `sqlite:${server.database}`,
      BACKUP_DIR: server.backups,
      BACKUP_CONFIG_FILE: join(folder, 'backup_config.json'),
    };
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, out, err } = await cli(env, ...args, '--json');
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
    return JSON.parse(out) as T;
  };

  it('each sees what the other took, changed and ran', async () => {
    const [mine, its] = await Promise.all([json<Snapshot>('create'), server.capture()]);
    expect((await server.listed()).map(({ id }) => id).sort()).toEqual([mine.id, its.id].sort());
    expect((await json<{ items: Snapshot[] }>('list')).items).toHaveLength(2);
    expect(await server.verify(mine.id)).toMatchObject({ body: { is_valid: true } });
    await json('config', 'set', 'retention_days=77');
    await eventually(async () => (await server.get<{ retention_days: number }>('/config')).body.retention_days === 77);
    expect((await server.jobs()).map(({ requested_by }) => requested_by)).toContainEqual(expect.stringMatching(/^cli/));
  });

  it('brings back what the server lost while it goes on serving', async () => {
    const { id } = await json<Snapshot>('create');
    const student = { email: 'later@example.com', password: 'correct horse battery' };
    expect((await server.ask('POST', '/users', { ...student, name: 'Later' })).status).toBe(201);
    // Only a few sign-ins a minute are let in, so this is what waits for the end of maintenance.
    const served = () => eventually(async () => (await server.get('/stats')).status === 200);
    const login = async () => (await server.ask('POST', '/auth/login', student)).status;
    expect(await login()).toBe(200);
    const job = await json<Job>('restore', id, '--yes');
    expect(job).toMatchObject({ status: 'completed' });
    await served();
    expect(await login()).toBe(401);
    await json('restore', job.result!['safety_snapshot_id'] as string, '--yes');
    await served();
    expect(await login()).toBe(200);
    await server.stop();
    expect(await json('health')).toMatchObject({ status: 'healthy' }); // and without it
  });
});
