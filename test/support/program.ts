import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Job } from '../../src/backup/model/job.js';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { ADMIN } from './admin.js';
import { BACKUPS } from './backups-client.js';
import { eventually } from './eventually.js';

const MAIN = resolve('dist/main.js');

export interface Answer<T = unknown> {
  status: number;
  body: T;
}

/** The built program as a process of its own on a folder that outlives it, and an admin's hand on its routes. */
export class Program {
  protected url = '';
  protected printed = '';
  private child: ChildProcess | undefined;
  private token = '';

  /** @param folder holds `data/`, `backups/` and `backup_config.json` */
  constructor(
    readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv = {},
  ) {}

  get database(): string {
    return join(this.folder, 'data', 'app.sqlite');
  }

  get backups(): string {
    return join(this.folder, 'backups');
  }

  /** Where it listens: `http://host:port`. */
  get address(): string {
    return this.url;
  }

  /** What this run has logged so far. */
  get output(): string {
    return this.printed;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Starts it, and waits until it answers. */
  async start(environment: NodeJS.ProcessEnv = {}): Promise<this> {
    await this.begin(environment);
    await eventually(async () => (await fetch(`${this.url}/healthz`)).status === 200);
    this.token ||= await this.login();
    return this;
  }

  protected async begin(environment: NodeJS.ProcessEnv): Promise<void> {
    await this.launch(environment);
    this.url = await eventually(() => {
      if (!this.isRunning) throw new Error(`The program did not start:\n${this.printed}`);
      return /Listening on (http:\S+?),/.exec(this.printed)?.[1];
    });
  }

  /** Starts it where it is expected to refuse. @returns its exit code */
  async startRefused(environment: NodeJS.ProcessEnv = {}): Promise<number | null> {
    const child = await this.launch(environment);
    await once(child, 'close');
    return child.exitCode;
  }

  /** The engine hosts that are at work now. */
  engineHosts(): number[] {
    if (!this.isRunning) return [];
    try {
      return execFileSync('pgrep', ['-P', String(this.child!.pid)], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .map(Number);
    } catch {
      return []; // it found none
    }
  }

  /** `kill -9` of the program alone, or of everything that it started, too. */
  async kill(what: 'program' | 'group'): Promise<void> {
    const { pid } = this.child!;
    process.kill(what === 'group' ? -pid! : pid!, 'SIGKILL');
    await this.ended();
  }

  /** The end of a test, whatever has become of it. */
  async end(): Promise<void> {
    if (this.isRunning) await this.kill('group');
  }

  /** Ends it as a service manager does. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.child!.kill('SIGTERM');
    await this.ended();
  }

  get = <T = unknown>(path: string) => this.ask<T>('GET', BACKUPS + path);
  post = <T = unknown>(path: string, body?: object) => this.ask<T>('POST', BACKUPS + path, body);
  put = <T = unknown>(path: string, body: object) => this.ask<T>('PUT', BACKUPS + path, body);
  patch = <T = unknown>(path: string, body: object) => this.ask<T>('PATCH', BACKUPS + path, body);
  delete = <T = unknown>(path: string) => this.ask<T>('DELETE', BACKUPS + path);

  async capture(): Promise<Snapshot> {
    return expectStatus(201, await this.post<Snapshot>('/?wait=true', {}));
  }

  restore = (id: string) =>
    this.post<Job & { error_code?: string }>(`/${id}/restore?wait=true`, { confirm: id, skip_safety_snapshot: true });

  verify = (id: string) => this.post<{ is_valid: boolean; message: string }>(`/${id}/verify`);

  async listed(): Promise<Snapshot[]> {
    return expectStatus(200, await this.get<{ items: Snapshot[] }>('/?page_size=200')).items;
  }

  /** The newest first. */
  async jobs(): Promise<Job[]> {
    return expectStatus(200, await this.get<{ items: Job[] }>('/jobs?page_size=200')).items;
  }

  raw(method: string, path: string, body?: object): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  async ask<T = unknown>(method: string, path: string, body?: object): Promise<Answer<T>> {
    const response = await this.raw(method, path, body);
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T };
  }

  private async login(): Promise<string> {
    return expectStatus(200, await this.ask<{ access_token: string }>('POST', '/auth/login', ADMIN)).access_token;
  }

  private async launch(environment: NodeJS.ProcessEnv): Promise<ChildProcess> {
    await mkdir(this.folder, { recursive: true });
    this.printed = '';
    const child = spawn(process.execPath, [MAIN], {
      cwd: this.folder, // no .env of ours
      detached: true, // a process group of its own, to be killed as one
      stdio: ['ignore', 'pipe', 'pipe'],
      env: this.variables(environment),
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.printed += text));
    }
    this.child = child;
    return child;
  }

  /** What it is started with. */
  protected variables(changes: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      PORT: '0',
      NO_COLOR: '1',
      JWT_SECRET: 'the same for every run of this test',
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      BACKUP_TRIGGERS: 'off',
      DATABASE_URL: `sqlite:${this.database}`,
      BACKUP_DIR: this.backups,
      BACKUP_CONFIG_FILE: join(this.folder, 'backup_config.json'),
      ...this.environment,
      ...changes,
    };
  }

  private async ended(): Promise<void> {
    if (this.isRunning) await once(this.child!, 'exit');
  }
}

function expectStatus<T>(status: number, answer: Answer<T>): T {
  if (answer.status === status) return answer.body;
  throw new Error(`Expected status ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
}
