import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Written by Vite, which empties it at each build. */
const OF_THE_DASHBOARD = join('dashboard', 'public');
const COMPILED = /(\.d\.ts|\.js)$/;

/** Removes from dist/ what the compiler would not write today, such as the files of a source that is gone or has another name: the compiler itself leaves them. */
export function removeLeftovers(root, folder = '') {
  const dist = join(root, 'dist');
  for (const entry of readdirSync(join(dist, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (path === OF_THE_DASHBOARD || path === '.tsbuildinfo') continue;
    if (entry.isDirectory()) removeLeftovers(root, path);
    else if (!isCompiled(root, path)) rmSync(join(dist, path), { force: true });
  }
  if (folder !== '' && readdirSync(join(dist, folder)).length === 0) rmdirSync(join(dist, folder));
}

const isCompiled = (root, path) =>
  COMPILED.test(path) && !path.includes('.spec.') && existsSync(join(root, 'src', path.replace(COMPILED, '.ts')));
