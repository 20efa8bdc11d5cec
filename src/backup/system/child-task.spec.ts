import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BackupError } from '../model/errors.js';
import { runChildTask, startChild, streamChildTask, type ChildRequest, type TaskRun } from './child-task.js';
import { isProcessAlive } from './temporary-file.js';
import { until } from '../../../test/support/until.js';

const dist = (path: string): string => JSON.stringify(pathToFileURL(resolve('dist/backup', path)).href);

const TASKS = `
import { serveOneTask } from ${dist('system/child-task-server.js')};
import { BackupError } from ${dist('model/errors.js')};
const task = (run) => () => Promise.resolve(run);
const hang = () => new Promise((resolve) => setTimeout(resolve, 600_000));
serveOneTask({
  echo: task(async (value) => value),
  length: task(async (bytes) => bytes.length),
  surroundings: task(async () => ({ argv: process.argv.slice(2), execArgv: process.execArgv, env: Object.keys(process.env) })),
  progress: task(async (_, { report }) => {
    for (let step = 0; step <= 10_000; step += 1) report({ stage: step < 5000 ? 'first' : 'second', progress: step / 10_000 });
    return 'done';
  }),
  refuse: task(async () => { throw new BackupError('SCHEMA_MISMATCH', 'It does not fit.', { differences: ['a'] }); }),
  diskFull: task(async () => { throw Object.assign(new Error('no room'), { code: 'ENOSPC' }); }),
  unsendable: task(async () => () => 'a function'),
  hang: task(hang),
  exit: task(async () => { process.stderr.write('the last words'); process.exitCode = 7; process.disconnect(); process.exit(); }),
  talkative: task(async () => { process.stderr.write('x'.repeat(100_000) + 'the end'); process.kill(process.pid, 'SIGKILL'); await hang(); }),
  brokenToLoad: async () => { throw new Error('cannot be loaded'); },
  pieces: task(async ({ count, size }, { ready, write }) => {
    await ready();
    for (let index = 0; index < count; index += 1) await write(Buffer.alloc(size, index % 251));
  }),
  fillTheBuffers: task(async (_, { ready }) => {
    await ready();
    let written = 0;
    while (process.stdout.writableLength === 0) {
      process.stdout.write(Buffer.alloc(1024));
      written += 1024;
      await new Promise(setImmediate);
    }
    process.stderr.write(String(written));
    return written;
  }),
  failMidway: task(async (_, { ready, write }) => {
    await ready();
    await write(Buffer.from('the first half'));
    throw new BackupError('SNAPSHOT_CORRUPT', 'The rest is broken.');
  }),
  dieMidway: task(async (_, { ready, write }) => {
    await ready();
    await write(Buffer.from('the first half'));
    process.kill(process.pid, 'SIGKILL');
    await hang();
  }),
  endless: task(async (_, { ready, write }) => {
    await ready();
    for (;;) await write(Buffer.alloc(65_536));
  }),
  silent: task(async () => 'nothing to say'),
}, process.argv[2]);
`;

let folder: string;
let entry: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'child-task-'));
  entry = join(folder, 'tasks.mjs');
  await writeFile(entry, TASKS);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (task: string, payload: unknown = null, how: TaskRun = {}): Promise<unknown> =>
  runChildTask(startChild(entry), { task, payload }, how);

function stream(task: string, payload: unknown = null, how: TaskRun = {}) {
  const child = startChild(entry);
  const request: ChildRequest = { task, payload };
  return { child, answer: streamChildTask(child, request, how) };
}

const gone = (child: ChildProcess): Promise<void> => until(() => expect(isProcessAlive(child.pid!)).toBe(false));

async function collect(answer: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

describe('runChildTask', () => {
  it('brings back what the task returns, exactly', async () => {
    const value = {
      big: 2n ** 63n - 1n,
      bytes: Buffer.from([0, 255]),
      none: undefined,
      at: new Date(0),
      text: '\u2028😀\0',
    };
    expect(await run('echo', value)).toEqual(value);
  });

  it('carries big payloads both ways', async () => {
    const big = Buffer.alloc(20_000_000, 7);
    expect(await run('length', big)).toBe(20_000_000);
    expect(((await run('echo', big)) as Uint8Array).length).toBe(20_000_000);
  });

  it('ends with its task', async () => {
    const child = startChild(entry);
    await runChildTask(child, { task: 'echo', payload: 1 });
    await gone(child);
  });

  it('serves a child that was started ahead and has its task loaded already', async () => {
    const waiting = startChild(entry, 'echo');
    expect(await runChildTask(waiting, { task: 'echo', payload: 5 })).toBe(5);
    // What cannot be loaded is told to whoever asks for it.
    const broken = startChild(entry, 'brokenToLoad');
    await expect(runChildTask(broken, { task: 'brokenToLoad', payload: 5 })).rejects.toThrow('cannot be loaded');
  });

  it('knows the process id from the start', async () => {
    const pids: number[] = [];
    await run('echo', 1, { onStart: (pid) => pids.push(pid) });
    expect(pids).toEqual([expect.any(Number)]);
  });

  it('puts nothing of the request where other users see it, and hands on no secret of the host', async () => {
    process.env['JWT_SECRET'] = 'secret';
    process.env['NODE_OPTIONS'] = '--no-warnings';
    try {
      expect(await run('surroundings', 'payload')).toEqual({
        argv: [],
        execArgv: ['--max-semi-space-size=4'],
        env: expect.not.arrayContaining(['JWT_SECRET', 'NODE_OPTIONS']),
      });
    } finally {
      delete process.env['JWT_SECRET'];
      delete process.env['NODE_OPTIONS'];
    }
  });

  it('reports progress in steps people can see, and every stage', async () => {
    const updates: { stage: string | null; progress: number }[] = [];
    await run('progress', null, { onProgress: (progress) => updates.push(progress) });
    expect(new Set(updates.map(({ stage }) => stage))).toEqual(new Set(['first', 'second']));
    expect(updates.map(({ progress }) => progress)).toEqual(
      updates.map(({ progress }) => progress).sort((a, b) => a - b),
    );
    expect(updates.length).toBeGreaterThan(50);
    expect(updates.length).toBeLessThan(150);
  });

  it('keeps the name and the details of an error', async () => {
    const failed = run('refuse');
    await expect(failed).rejects.toBeInstanceOf(BackupError);
    await expect(failed).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      message: 'It does not fit.',
      details: { differences: ['a'] },
    });
    await expect(run('diskFull')).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('no room'),
    });
  });

  it.each([
    ['nobodyKnows', /has no task "nobodyKnows"/],
    ['constructor', /./],
    ['brokenToLoad', /cannot be loaded/],
    ['unsendable', /could not be cloned/],
    ['exit', /ended with code 7 before it finished\. the last words/],
    ['talkative', /was killed by SIGKILL before it finished\. x{100,4000}the end$/],
  ])('says what is wrong with %s', async (task, message) => {
    await expect(run(task)).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringMatching(message) });
  });

  it('says so when there is no such program', async () => {
    const missing = startChild(join(folder, 'missing.mjs'));
    await expect(runChildTask(missing, { task: 'echo', payload: 1 })).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/ended with code 1 .*Cannot find module/s),
    });
  });
});

describe('an abort signal', () => {
  const hanging = (reason?: unknown) => {
    const child = startChild(entry);
    const abort = new AbortController();
    const failed = runChildTask(child, { task: 'hang', payload: null }, { signal: abort.signal });
    abort.abort(reason);
    return { child, failed };
  };

  it('kills the child and gives the reason', async () => {
    const { child, failed } = hanging(new BackupError('TIMED_OUT', 'too long'));
    await expect(failed).rejects.toMatchObject({ code: 'TIMED_OUT', message: 'too long' });
    await gone(child);
  });

  it('means cancelled when it gives none of ours', async () => {
    await expect(hanging().failed).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('counts when it came before the start', async () => {
    const signal = AbortSignal.abort(new BackupError('CANCELLED', 'never wanted'));
    await expect(run('hang', null, { signal })).rejects.toMatchObject({ message: 'never wanted' });
  });

  it('kills a stream', async () => {
    const abort = new AbortController();
    const { child, answer } = stream('endless', null, { signal: abort.signal });
    const collected = collect(await answer);
    abort.abort(new BackupError('TIMED_OUT', 'too long'));
    await expect(collected).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await gone(child);
  });
});

describe('streamChildTask', () => {
  it('hands every byte on, in order', async () => {
    const { child, answer } = stream('pieces', { count: 500, size: 10_007 });
    const expected = Buffer.concat(Array.from({ length: 500 }, (_, index) => Buffer.alloc(10_007, index % 251)));
    expect((await collect(await answer)).equals(expected)).toBe(true);
    await gone(child);
  });

  it('loses nothing of a short answer that nobody reads at once', async () => {
    const { child, answer } = stream('pieces', { count: 1, size: 5 });
    const readable = await answer;
    await gone(child);
    expect((await collect(readable)).length).toBe(5);
  });

  it('ends when the reader catches up after the task has written its last', async () => {
    const { child, answer } = stream('fillTheBuffers');
    const written = new Promise<number>((tell) => child.stderr!.once('data', (chunk) => tell(Number(chunk))));
    const readable = await answer;
    const bytes = await written;
    expect((await collect(readable)).length).toBe(bytes);
  });

  it('refuses before the first byte, and the application lives on', async () => {
    const accidents: unknown[] = [];
    const note = (error: unknown) => accidents.push(error);
    process.on('uncaughtException', note);
    try {
      const { child, answer } = stream('refuse');
      await expect(answer).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
      await gone(child);
      await new Promise(setImmediate);
      expect(accidents).toEqual([]);
    } finally {
      process.off('uncaughtException', note);
    }
  });

  it.each([
    ['failMidway', 'SNAPSHOT_CORRUPT', /The rest is broken/],
    ['dieMidway', 'ENGINE_FAILED', /killed by SIGKILL/],
  ])('never passes half an answer off as a whole one: %s', async (task, code, message) => {
    await expect(collect(await stream(task).answer)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('kills the child when the reader goes away', async () => {
    const { child, answer } = stream('endless');
    (await answer).destroy();
    await gone(child);
  });

  it('is empty when the task has nothing to say', async () => {
    expect((await collect(await stream('silent').answer)).length).toBe(0);
  });
});
