import { execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

const DEBIAN = '/usr/lib/postgresql';
const BIN = existsSync(DEBIAN)
  ? readdirSync(DEBIAN)
      .map((version) => join(DEBIAN, version, 'bin'))
      .filter((folder) => existsSync(join(folder, 'initdb')))
      .sort()
      .at(-1)
  : undefined;

/** False where the server's own programs are not installed. */
export const hasServerPrograms = BIN !== undefined;

const idOf = (option: '-u' | '-g') => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));

/** A server of a test's own, in a folder of its own, which a test may set up as it likes. It never writes its data to the disk for good. */
export class PrivatePostgres {
  private readonly clusters: string[] = [];
  port = 0;

  private constructor(readonly folder: string) {}

  /** @param prepare puts files into the folder. @returns lines of the server's configuration */
  static async start(prepare: (server: PrivatePostgres) => string[] = () => []): Promise<PrivatePostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'pg-'));
    const server = new PrivatePostgres(folder);
    server.own(folder);
    server.run(
      'initdb',
      '-D',
      join(folder, 'primary'),
      '-A',
      'trust',
      '-U',
      'postgres',
      '-N',
      '-E',
      'UTF8',
      '--locale=C',
    );
    server.port = await freePort();
    server.startCluster('primary', server.port, prepare(server));
    return server;
  }

  /** @returns the port of a hot standby */
  async standby(): Promise<number> {
    const port = await freePort();
    this.run(
      'pg_basebackup',
      '-h',
      this.folder,
      '-p',
      String(this.port),
      '-U',
      'postgres',
      '-D',
      join(this.folder, 'standby'),
      '-c',
      'fast',
      '-R',
      '-N',
    );
    this.startCluster('standby', port, []);
    return port;
  }

  /** Gives a file to the user that the server runs as. */
  own(path: string): void {
    if (process.geteuid?.() === 0) chownSync(path, idOf('-u'), idOf('-g'));
  }

  close(): void {
    for (const cluster of this.clusters)
      this.run('pg_ctl', '-D', join(this.folder, cluster), '-m', 'immediate', '-w', 'stop');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private startCluster(name: string, port: number, settings: string[]): void {
    const data = join(this.folder, name);
    const all = [
      `port = ${port}`,
      `listen_addresses = '127.0.0.1'`,
      `unix_socket_directories = '${this.folder}'`,
      'fsync = off',
      'max_wal_senders = 4',
      'shared_buffers = 1MB',
    ];
    appendFileSync(join(data, 'postgresql.auto.conf'), [...all, ...settings, ''].join('\n'));
    this.run('pg_ctl', '-D', data, '-l', join(this.folder, `${name}.log`), '-w', 'start');
    this.clusters.push(name);
  }

  /** The server refuses to run as root. */
  private run(program: string, ...args: string[]): void {
    const command = [join(BIN!, program), ...args];
    const [first, ...rest] =
      process.geteuid?.() === 0
        ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...command]
        : command;
    execFileSync(first!, rest, { stdio: ['ignore', 'ignore', 'pipe'], cwd: this.folder, timeout: 600_000 });
  }
}
