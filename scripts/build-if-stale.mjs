// Builds dist/ when it is missing or older than any source file, so that `npm start`, the tests and `npm pack` always take what is written. With `--always` it is built anew.
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeLeftovers } from './remove-leftovers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const always = process.argv.includes('--always');

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newestIn(path) {
  let newest = modified(path);
  if (!statSync(path).isDirectory()) return newest;
  for (const name of readdirSync(path)) {
    if (name.endsWith('.spec.ts')) continue; // not built
    newest = Math.max(newest, newestIn(join(path, name)));
  }
  return newest;
}

function buildIfStale({ name, sources, built, command, args }) {
  const result = join(root, built);
  if (always) rmSync(result, { force: true }); // the compiler leaves alone what it has written before
  if (Math.max(...sources.map((path) => newestIn(join(root, path)))) <= modified(result)) return;
  console.error(`Building ${name} …`); // what runs after it may print results of its own
  const build = spawnSync(process.execPath, [join(modules, command), ...args], {
    cwd: root,
    stdio: ['inherit', process.stderr, 'inherit'],
  });
  if (build.status !== 0) process.exit(build.status ?? 1);
  const now = new Date();
  utimesSync(result, now, now); // the compiler leaves it alone where nothing it knows of has changed
}

buildIfStale({
  name: 'the program',
  sources: ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'],
  built: 'dist/.tsbuildinfo',
  command: 'typescript/bin/tsc',
  args: ['-p', 'tsconfig.build.json'],
});
buildIfStale({
  name: 'the dashboard',
  sources: ['dashboard', 'package.json'],
  built: 'dist/dashboard/public/index.html',
  command: 'vite/bin/vite.js',
  args: ['build', 'dashboard', '--logLevel', 'warn'],
});
removeLeftovers(root);
chmodSync(join(root, 'dist/cli.js'), 0o755); // the command of the package
