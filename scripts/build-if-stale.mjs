// Builds dist/ when it is missing or older than any source file, so that `npm start` and the tests always run what is written.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newestIn(folder) {
  let newest = modified(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.endsWith('.spec.ts')) continue; // not built
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : modified(path));
  }
  return newest;
}

const inputs = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'].map((name) =>
  modified(join(root, name)),
);
const newestInput = Math.max(newestIn(join(root, 'src')), ...inputs);

const built = join(root, 'dist', '.tsbuildinfo');

if (newestInput > modified(built)) {
  console.error('Building …'); // what runs after it may print its own results
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const build = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (build.status !== 0) process.exit(build.status ?? 1);
  const now = new Date();
  utimesSync(built, now, now); // the compiler leaves it alone where nothing it knows of has changed
}
