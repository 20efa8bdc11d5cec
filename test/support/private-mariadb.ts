import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.js';

const SERVER = '/usr/sbin/mariadbd';
/** Small, and never written to the disk for good. */
const LIGHT = [
  ...['--innodb-log-file-size=4M', '--innodb-buffer-pool-size=8M', '--innodb-flush-method=nosync'],
  ...['--innodb-flush-log-at-trx-commit=0', '--performance-schema=OFF', '--skip-log-bin'],
];

/** False where the server's own programs are not installed. */
export const hasMariadbServer = existsSync(SERVER);

/** A server of a test's own, in a folder of its own, which a test may set up as it likes. */
export class PrivateMariadb {
  private process: ChildProcess | null = null;
  private output = '';

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  /** @param prepare puts files into the folder. @returns options of the server */
  static async start(prepare: (server: PrivateMariadb) => string[] = () => []): Promise<PrivateMariadb> {
    const server = new PrivateMariadb(mkdtempSync(join(tmpdir(), 'mariadb-')), await freePort());
    const user = process.geteuid?.() === 0 ? ['--user=root'] : [];
    const common = ['--no-defaults', `--datadir=${join(server.folder, 'data')}`, ...user, ...LIGHT];
    const install = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'];
    execFileSync('mariadb-install-db', [...common, ...install], { stdio: ['ignore', 'ignore', 'pipe'] });
    const where = [`--socket=${server.socket}`, `--port=${server.port}`, '--bind-address=127.0.0.1'];
    await server.run([...common, ...where, ...prepare(server)]);
    return server;
  }

  /** Runs statements as its administrator. @returns what they print */
  sql(statements: string): string {
    const args = ['--no-defaults', `--socket=${this.socket}`, '--user=root', '--batch', '--skip-column-names'];
    return execFileSync('mariadb', args, { input: statements, encoding: 'utf8', stdio: 'pipe' }).trimEnd();
  }

  async close(): Promise<void> {
    if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
      const exited = once(this.process, 'exit');
      this.process.kill('SIGKILL');
      await exited;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get socket(): string {
    return join(this.folder, 'socket');
  }

  private async run(options: string[]): Promise<void> {
    const server = spawn(SERVER, options, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.process = server;
    server.stderr.on('data', (piece: Buffer) => (this.output += piece.toString()));
    while (!this.output.includes('ready for connections')) {
      if (server.exitCode !== null) throw new Error(`The server did not start:\n${this.output}`);
      await pause(20);
    }
  }
}
