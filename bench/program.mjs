import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const LOOP_DELAY = new URL('./loop-delay.mjs', import.meta.url).href;
const LOAD = fileURLToPath(new URL('./load.mjs', import.meta.url));
export const ADMIN = { email: 'bench@example.com', password: 'not a secret: of a benchmark' };
const BACKUPS = '/admin/database/backups';

/** The real program, serving a database of the benchmark on a free port of the loopback interface. */
export class Program {
  /** The port it listens on, once it does. */
  port;
  #process;
  #token = null;
  #log = '';

  constructor(child) {
    this.#process = child;
    const keep = (chunk) => (this.#log = (this.#log + chunk).slice(-20_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
  }

  /** @param database for its `url`; @param folder where its backups, configuration and catalog are */
  static async start(database, folder, { triggers = false, ...config } = {}) {
    await mkdir(join(folder, 'backups'), { recursive: true, mode: 0o700 });
    await writeFile(
      join(folder, 'backup_config.json'),
      JSON.stringify({ retention_days: 30, auto_archive_after_days: 14, backup_interval_minutes: 10, ...config }),
    );
    const child = fork(MAIN, [], {
      cwd: folder,
      execArgv: ['--import', LOOP_DELAY],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH: process.env.PATH,
        TMPDIR: process.env.TMPDIR,
        NO_COLOR: '1',
        NODE_ENV: 'production',
        JWT_SECRET: 'a benchmark has nothing to protect, but the program insists',
        PORT: '0',
        DATABASE_URL: database.url,
        BACKUP_DIR: join(folder, 'backups'),
        BACKUP_CONFIG_FILE: join(folder, 'backup_config.json'),
        BACKUP_TRIGGERS: triggers ? 'on' : 'off',
        ADMIN_EMAIL: ADMIN.email,
        ADMIN_PASSWORD: ADMIN.password,
      },
    });
    const program = new Program(child);
    try {
      await program.#listening();
      program.#token = (await program.ask('POST', '/auth/login', ADMIN)).access_token;
      return program;
    } catch (error) {
      await program.stop();
      throw error;
    }
  }

  get pid() {
    return this.#process.pid;
  }

  async #listening() {
    const ended = once(this.#process, 'exit');
    while (this.port === undefined) {
      const listening = /Listening on http:\/\/[^:]+:(\d+)/.exec(this.#log);
      if (listening) this.port = Number(listening[1]);
      else if (this.#process.exitCode !== null) throw new Error(`The program did not start:\n${this.#lastLines}`);
      else await Promise.race([sleep(20), ended]);
    }
  }

  get #lastLines() {
    return this.#log.split('\n').slice(-12).join('\n');
  }

  /** One request, however long it takes; throws where the answer is not a success. */
  ask(method, path, body) {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        ...(this.#token ? { authorization: `Bearer ${this.#token}` } : {}),
      };
      const asked = request({ host: '127.0.0.1', port: this.port, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.once('end', () => {
          if (response.statusCode < 300) resolve(text === '' ? null : JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}\n${this.#lastLines}`));
        });
      });
      asked.once('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** The finished snapshot. */
  capture() {
    return this.ask('POST', `${BACKUPS}?wait=true`, { kind: 'full' });
  }

  /** The same, as a timer would ask for it: a differential where that is possible. */
  tick() {
    return this.ask('POST', `${BACKUPS}?wait=true`, {});
  }

  /** A tick that has to be a differential. @throws where it was not: what was measured would be something else */
  async differential() {
    const snapshot = await this.tick();
    if (snapshot.kind !== 'differential') throw new Error(`The tick made a full snapshot, ${snapshot.id}.`);
    return snapshot;
  }

  list() {
    return this.ask('GET', `${BACKUPS}?page_size=50`);
  }

  health() {
    return this.ask('GET', `${BACKUPS}/health`);
  }

  /** Until it has listed all snapshots of its folder. */
  async untilIndexed() {
    while ((await this.health()).indexing !== null) await sleep(50);
  }

  newest() {
    return this.ask('GET', `${BACKUPS}/newest`);
  }

  /** What a clean-up would do. */
  dryRun() {
    return this.ask('POST', `${BACKUPS}/cleanup?dry_run=true`);
  }

  configure(settings) {
    return this.ask('PUT', `${BACKUPS}/config`, settings);
  }

  /** Milliseconds to the first byte of an answer, of which no more is read. */
  firstByte(path) {
    return new Promise((resolve, reject) => {
      const started = performance.now();
      const asked = request(this.#reading(path), (response) => {
        response.once('data', () => {
          resolve(performance.now() - started);
          asked.destroy();
        });
        if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`));
      });
      asked.on('error', reject); // of no consequence once it is settled
      asked.end();
    });
  }

  /** Reads an answer to its end without keeping it. @returns how many milliseconds it `took`, and its `bytes` */
  stream(path) {
    return new Promise((resolve, reject) => {
      const started = performance.now();
      const asked = request(this.#reading(path), (response) => {
        let bytes = 0;
        response.on('data', (piece) => (bytes += piece.length));
        response.once('end', () =>
          response.statusCode === 200
            ? resolve({ took: performance.now() - started, bytes })
            : reject(new Error(`${path}: ${response.statusCode}`)),
        );
        response.once('error', reject);
      });
      asked.once('error', reject);
      asked.end();
    });
  }

  #reading(path) {
    const headers = { authorization: `Bearer ${this.#token}` };
    return { host: '127.0.0.1', port: this.port, path: `${BACKUPS}${path}`, headers };
  }

  async verify(id) {
    const { is_valid, message } = await this.ask('POST', `${BACKUPS}/${id}/verify`);
    if (!is_valid) throw new Error(message);
  }

  restore(id) {
    return this.ask('POST', `${BACKUPS}/${id}/restore?wait=true`, { confirm: id });
  }

  remove(id) {
    return this.ask('DELETE', `${BACKUPS}/${id}`);
  }

  details(id) {
    return this.ask('GET', `${BACKUPS}/${id}`);
  }

  cleanUp() {
    return this.ask('POST', `${BACKUPS}/cleanup`);
  }

  /** Event-loop delay since it was last asked for, in milliseconds. */
  async loopDelay() {
    this.#process.send('loop-delay');
    return (await once(this.#process, 'message'))[0];
  }

  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGTERM');
    await once(this.#process, 'exit');
  }
}

/** Somebody who asks `GET /healthz` without pause, in a process of its own. */
export class Load {
  constructor(program, connections) {
    this.process = fork(LOAD, [String(program.port), '/healthz', String(connections)]);
  }

  /** Answers per second and latency since the last call. */
  async since() {
    this.process.send('since');
    return (await once(this.process, 'message'))[0];
  }

  async stop() {
    this.process.disconnect();
    await once(this.process, 'exit');
  }
}
