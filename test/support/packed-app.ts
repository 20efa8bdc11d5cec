import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import supertest from 'supertest';
import { eventually } from './eventually.js';
import { ShopClient } from './shop-client.js';

const runs = promisify(execFile);

interface PackageJson {
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/**
 * Somebody else's application with this package in it, as npm packs it. It sees nothing but what it declares itself and what the package declares:
 * the package's dependencies lie below the package, its peers and the application's own ones below the application.
 */
export class PackedApp {
  private readonly servers: ChildProcess[] = [];

  private constructor(private readonly folder: string) {}

  /**
   * Installs the package into a copy of a fixture that has a `package.json`, a `tsconfig.json` and its sources in `src`.
   * @param named where this checkout keeps an older version of something under another name, such as `{ typeorm: 'typeorm-0.3' }`
   */
  static async install(fixture: string, named: Record<string, string> = {}): Promise<PackedApp> {
    const app = new PackedApp(await mkdtemp(join(tmpdir(), 'packed-')));
    await cp(fixture, app.home, { recursive: true });
    await runs('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', app.folder]);
    const packed = (await readdir(app.folder)).find((name) => name.endsWith('.tgz'))!;
    await mkdir(app.library, { recursive: true });
    await runs('tar', ['-xzf', join(app.folder, packed), '-C', app.library, '--strip-components=1']);

    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = await packageJson(app.library);
    for (const name of Object.keys(dependencies)) await link(app.library, name);
    const own = Object.keys((await packageJson(app.home)).dependencies ?? {});
    const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
    for (const name of new Set([...own, ...peers])) await link(app.home, name, named[name]);
    return app;
  }

  /** The application's folder. */
  get home(): string {
    return join(this.folder, 'app');
  }

  /** Where the package is installed. */
  get library(): string {
    return join(this.home, 'node_modules', 'nestjs-backup');
  }

  /** As `npm install` would, from this checkout. */
  add = (name: string): Promise<void> => link(this.home, name);

  /** What the compiler complains about. */
  async compile(): Promise<string> {
    const compiler = resolve('node_modules/typescript/bin/tsc');
    const { stdout } = await runs(process.execPath, [compiler, '-p', this.home]).catch(
      (error: { stdout: string }) => error,
    );
    return stdout;
  }

  /** Runs one of the compiled programs until its process ends, and so until its last timer has. */
  run(program: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
    return runs(process.execPath, [join(this.home, 'built', program), ...args], { cwd: this.home });
  }

  /** Starts a program that prints the port it listens on. */
  async serve(program: string, environment: Record<string, string> = {}): Promise<ServedApp> {
    const server = spawn(process.execPath, [join(this.home, 'built', program)], {
      cwd: this.home,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.servers.push(server);
    let printed = '';
    for (const output of [server.stdout, server.stderr])
      output.on('data', (piece: Buffer) => (printed += String(piece)));
    const port = await eventually(() => {
      if (server.exitCode !== null) throw new Error(`It did not start:\n${printed}`);
      return /^port (\d+)$/m.exec(printed)?.[1];
    });
    return new ServedApp(server, `http://127.0.0.1:${port}`);
  }

  async remove(): Promise<void> {
    for (const server of this.servers) {
      if (server.exitCode !== null || server.signalCode !== null) continue;
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** An application in a process of its own, and the hand of somebody with its API key on its routes. */
export class ServedApp extends ShopClient {
  constructor(
    private readonly server: ChildProcess,
    url: string,
  ) {
    super(supertest(url));
  }

  /** Asks it to end, as whoever deploys it does. */
  async stop(): Promise<void> {
    this.server.kill('SIGTERM');
    await once(this.server, 'exit');
  }
}

const packageJson = async (folder: string): Promise<PackageJson> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageJson;

/** `@nestjs/typeorm` is copied, for it takes the `typeorm` that it finds from where it lies. */
async function link(folder: string, name: string, installedAs = name): Promise<void> {
  const place = join(folder, 'node_modules', name);
  await mkdir(dirname(place), { recursive: true });
  const source = resolve('node_modules', installedAs);
  await (name === '@nestjs/typeorm' ? cp(source, place, { recursive: true }) : symlink(source, place));
}
