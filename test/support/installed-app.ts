import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

const run = promisify(execFile);
const MOST_OUTPUT = 16 * 1024 * 1024;
/** What the npm and the Vitest that run this test put into the environment; no terminal in the application's folder has it. */
const OF_THIS_TEST = /^(npm_(package|lifecycle|command|config_local_prefix)|VITEST|NODE_ENV$|TEST$|FORCE_COLOR$)/;

/** A small application of `test/apps`, copied, with the packed library and all else from the npm registry, as its user installs it. */
export class InstalledApp {
  private readonly started: ChildProcess[] = [];

  private constructor(
    readonly home: string,
    /** What the application finds in its environment wherever it runs. */
    private readonly environment: Record<string, string>,
  ) {}

  /** @throws Error with what npm says, where the ranges of the application and of the library do not go together */
  static async install(name: string, environment: Record<string, string> = {}): Promise<InstalledApp> {
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    const app = new InstalledApp(folder, environment);
    await cp(join('test/apps', name), app.home, { recursive: true });
    await app.npm('ping', '--fetch-retries=0', '--fetch-timeout=30000').catch((error: Error) => {
      throw new Error(`The npm registry, from which this application is installed, does not answer: ${error.message}`);
    });
    await app.npm('install', '--ignore-scripts', '--no-audit', '--no-fund', inject('packed'));
    // What its install script would compile is compiled here already, once for all applications.
    await cp(resolve('node_modules/better-sqlite3'), app.modules('better-sqlite3'), { recursive: true });
    return app;
  }

  modules = (name: string): string => join(this.home, 'node_modules', name);

  /** Runs a script of its `package.json` until its process ends, and so until its last timer has. */
  script = (name: string): Promise<string> => this.npm('run', name);

  /** Starts its `main`, and waits until it answers. */
  async start(): Promise<RunningApp> {
    const port = String(await freePort());
    const server = spawn(process.execPath, ['.'], {
      cwd: this.home,
      env: this.environmentWith({ PORT: port }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.started.push(server);
    let output = '';
    for (const stream of [server.stdout, server.stderr])
      stream.on('data', (piece: Buffer) => (output += String(piece)));
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => {
      if (server.exitCode !== null) throw new Error(`It did not start:\n${output}`);
      return (await fetch(url).catch(() => undefined)) !== undefined;
    });
    return new RunningApp(server, url);
  }

  async remove(): Promise<void> {
    await Promise.all(this.started.map((server) => end(server, 'SIGKILL')));
    await rm(this.home, { recursive: true, force: true });
  }

  private async npm(...args: string[]): Promise<string> {
    const options = { cwd: this.home, env: this.environmentWith({}), maxBuffer: MOST_OUTPUT };
    const { stdout, stderr } = await run('npm', args, options).catch((error: { stdout: string; stderr: string }) => {
      const command = ['npm', ...args.map((arg) => basename(arg))].join(' ');
      throw new Error(`"${command}" failed:\n${error.stdout}\n${error.stderr}`);
    });
    return stdout + stderr;
  }

  private environmentWith(more: Record<string, string>): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !OF_THIS_TEST.test(name));
    return { ...Object.fromEntries(own), ...this.environment, ...more, NO_COLOR: '1' };
  }
}

/** An application that answers. */
export class RunningApp {
  constructor(
    private readonly server: ChildProcess,
    readonly url: string,
  ) {}

  /** Asks it to end, as whoever deploys it does. */
  stop = (): Promise<void> => end(this.server, 'SIGTERM');
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill(signal);
  await ended;
}
