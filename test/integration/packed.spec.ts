import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const CHECK = ['scripts/check-package.mjs'];

/** All that may be in the package, and why. */
const EXPECTED: readonly RegExp[] = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^dist\/cli\.js$/, // the command
  /^dist\/cli\/.+\.(js|d\.ts)$/,
  /^dist\/backup\/.+\.(js|d\.ts)$/, // the library
  /^dist\/config\/backup\/[^/]+\.(js|d\.ts)$/, // what the command reads from the environment
  /^dist\/dashboard\/public\/(index\.html|assets\/[\w-]+\.(js|css))$/, // the dashboard
];
const NEVER = /\.map$|\.spec\.|(^|\/)(test|tests|fixtures|node_modules)\/|\.vue$|(^|\/)\.env|backup_config/;

const DASHBOARD = 'dist/dashboard/public';
const PAGE = `${DASHBOARD}/index.html`;

interface PackageJson {
  name: string;
  version: string;
  main: string;
  types: string;
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  typesVersions: Record<string, Record<string, string[]>>;
}

describe('the file that npm packs', () => {
  let folder: string;
  let packed: string;
  let files: string[];
  let manifest: PackageJson;
  const inPackage = (path: string) => join(folder, 'package', path);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packed-spec-'));
    await run('npm', ['pack', '--silent', '--pack-destination', folder]);
    packed = join(folder, (await readdir(folder))[0]!);
    await run('tar', ['-xzf', packed, '-C', folder]);
    files = (await run('tar', ['-tzf', packed])).stdout.trim().split('\n');
    files = files.map((file) => file.replace(/^package\//, '')).sort();
    manifest = JSON.parse(await readFile(inPackage('package.json'), 'utf8')) as PackageJson;
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('holds the library, its command and what npm asks for, and nothing else', () => {
    expect(packed).toMatch(new RegExp(`/${manifest.name}-${manifest.version}\\.tgz$`));
    expect(files.filter((file) => !EXPECTED.some((pattern) => pattern.test(file)))).toEqual([]);
    expect(files.filter((file) => NEVER.test(file))).toEqual([]);
    for (const pattern of EXPECTED) expect(files.some((file) => pattern.test(file))).toBe(true);
  });

  it('holds each source, compiled, and nothing whose source is gone', async () => {
    const sources: string[] = [];
    for (const part of ['backup', 'cli', 'config/backup']) {
      const found = await readdir(join('src', part), { recursive: true });
      const compiled = found.filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
      sources.push(...compiled.map((file) => join(part, file.replace(/\.ts$/, ''))));
    }
    const expected = sources.flatMap((source) => [`dist/${source}.d.ts`, `dist/${source}.js`]);
    const built = await readdir(DASHBOARD, { recursive: true, withFileTypes: true });
    for (const file of built) if (file.isFile()) expected.push(join(file.parentPath, file.name));
    expect(files.filter((file) => file.startsWith('dist/'))).toEqual(['dist/cli.js', ...expected].sort());
  });

  it('refers to no source maps', async () => {
    const { stdout } = await run('grep', ['-rlE', 'sourceMappingURL=', inPackage('dist')]).catch(
      (error: { stdout: string }) => error, // grep finds nothing, and says so with its exit code
    );
    expect(stdout).toBe('');
  });

  it('has every file that package.json names', () => {
    const exported = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    const forOldResolution = Object.values(manifest.typesVersions['*']!).flat();
    const named = [manifest.main, manifest.types, ...Object.values(manifest.bin), ...exported, ...forOldResolution];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(inPackage(path)))).toEqual([]);
  });

  it('brings a command that the system can run', async () => {
    expect(Object.keys(manifest.bin)).toEqual(['nestjs-backup']);
    const command = inPackage(manifest.bin['nestjs-backup']!);
    expect(await readFile(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect((await stat(command)).mode & 0o777).toBe(0o755);
  });

  it('is clean to publint and to arethetypeswrong', async () => {
    const { stdout, stderr } = await run(process.execPath, [...CHECK, packed]);
    expect(stderr).toBe('');
    expect(stdout).toBe('publint and arethetypeswrong report nothing.\n');
  });

  it('is not, where a type or a file is missing', async () => {
    const broken = await mkdtemp(join(folder, 'broken-'));
    await cp(join(folder, 'package'), join(broken, 'package'), { recursive: true });
    await rm(join(broken, 'package/dist/backup/headless.d.ts'));
    await rm(join(broken, 'package/dist/cli/index.js'));
    const file = join(broken, 'broken.tgz');
    await run('tar', ['-czf', file, '-C', broken, 'package']);
    const { stdout, stderr } = (await run(process.execPath, [...CHECK, file]).catch((error: unknown) => error)) as {
      stdout: string;
      stderr: string;
    };
    expect(stdout).toBe('');
    expect(stderr).toContain(
      'publint: pkg.exports["./cli"].default is ./dist/cli/index.js but the file does not exist.',
    );
    expect(stderr).toMatch(/^arethetypeswrong: .*"UntypedResolution","entrypoint":".\/headless"/m);
  });
});

describe('packing a checkout', () => {
  let checkout: string;

  /** A checkout with one source, and the compiler and the dashboard's packer of this one. */
  beforeAll(async () => {
    checkout = await mkdtemp(join(tmpdir(), 'packing-'));
    for (const path of ['scripts/build-if-stale.mjs', 'scripts/remove-leftovers.mjs', 'package.json', 'nest-cli.json'])
      await cp(path, join(checkout, path));
    for (const path of ['tsconfig.json', 'tsconfig.build.json']) await cp(path, join(checkout, path));
    await symlink(resolve('node_modules'), join(checkout, 'node_modules'));
    await write('src/cli.ts', "import './backup/index.js';\n");
    await write('src/backup/index.ts', 'export const first = 1;\n');
    await write('dashboard/index.html', '<script type="module" src="./main.ts"></script>');
    await write('dashboard/main.ts', 'document.title = "Backups";');
    await write('dashboard/vite.config.ts', "export default { build: { outDir: '../dist/dashboard/public' } };");
  });

  afterAll(() => rm(checkout, { recursive: true }));

  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await writeFile(join(checkout, path), content);
  };
  const pack = async (): Promise<string[]> => {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', checkout], { cwd: checkout });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    // Scripts of the page have hashes in their names.
    return files
      .map(({ path }) => path)
      .filter((path) => path.startsWith('dist/') && !path.startsWith(`${DASHBOARD}/assets/`));
  };

  it('builds it first, where it never was', async () => {
    expect(await pack()).toEqual(['dist/backup/index.d.ts', 'dist/backup/index.js', 'dist/cli.js', PAGE]);
  });

  it('builds what has changed, and leaves out what earlier builds left behind', async () => {
    await write('dist/backup/gone/old.js', 'exports.old = 1;');
    await write('dist/backup/index.js.map', '{}');
    await write('src/backup/index.ts', "export { second } from './second.js';\n");
    await write('src/backup/second.ts', 'export const second = 2;\n');
    const compiled = ['index.d.ts', 'index.js', 'second.d.ts', 'second.js'].map((file) => `dist/backup/${file}`);
    expect((await pack()).sort()).toEqual([...compiled, 'dist/cli.js', PAGE]);
    expect(await readFile(join(checkout, 'dist/backup/index.js'), 'utf8')).toContain('./second.js');
    expect(existsSync(join(checkout, 'dist/backup/gone'))).toBe(false);
  });
});
