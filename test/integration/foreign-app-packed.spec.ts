import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';

const runs = promisify(execFile);

/** As strict as hosts are, but not with all the switches of this project. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    outDir: 'built',
    rootDir: 'src',
  },
  include: ['src'],
};

describe('the package, as npm packs it, in an application of somebody else', () => {
  let folder: string;
  let app: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packed-'));
    app = join(folder, 'shop');
    const library = join(app, 'node_modules', 'nestjs-backup');
    await mkdir(library, { recursive: true });
    await symlink(resolve('node_modules'), join(folder, 'node_modules')); // all that it depends on
    await runs('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
    const packed = (await readdir(folder)).find((name) => name.endsWith('.tgz'))!;
    execFileSync('tar', ['-xzf', join(folder, packed), '-C', library, '--strip-components=1']);

    await cp('test/fixtures/foreign-app', join(app, 'src'), { recursive: true });
    const main = join(app, 'src', 'main.ts');
    const source = await readFile(main, 'utf8');
    expect(source).toContain("'../../../src/backup/index.js'");
    await writeFile(main, source.replace('../../../src/backup/index.js', 'nestjs-backup'));
    await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'shop', type: 'module' }));
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds the library and nothing of the backend, of the tests or of the sources', async () => {
    const files = await readdir(join(app, 'node_modules', 'nestjs-backup'), { recursive: true });
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'dist/backup/index.d.ts']));
    expect(files.filter((file) => /^(src|test|data|backups)\b|^dist\/(?!backup)|\.spec\./.test(file))).toEqual([]);
  });

  it('compiles under strict, runs, backs up, and lets the process end by itself', async () => {
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const compiled = await runs(process.execPath, [tsc, '-p', app]).catch((error: { stdout: string }) => error);
    expect(compiled.stdout).toBe('');

    // Resolves when the process has ended, and so when its last timer has.
    const { stdout, stderr } = await runs(process.execPath, [join(app, 'built', 'main.js'), app], { cwd: app });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      id: expect.stringMatching(/^manual_backup_\d{8}_\d{6}$/),
      tables: ['orders', 'products', 'sqlite_sequence'],
    });
    await eventually(() => processesOf(folder).length === 0);
  });
});

/** Running processes whose command line names the folder, which an orphan's still does. */
function processesOf(folder: string): string[] {
  const { stdout } = spawnSync('pgrep', ['-f', folder], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean);
}
