import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { startOf } from '../../system/process-identity.js';
import { isProcessAlive, parseTemporaryName } from '../../system/temporary-file.js';
import { writeFileDurably } from './durable-file.js';
import { pathBytes, type BytePath } from './byte-path.js';
import { isStagingName, stagingPath } from './staging.name.js';
import { removeTree } from './tree.moves.js';

const OWNER = 'owner.json';

/** What a restore prepares for one folder, within that folder: so nothing has to cross a mount, not even where the folder is one. */
export interface Staging {
  /** The folder whose content is replaced; absolute, without symbolic links. */
  base: BytePath;
  path: BytePath;
}

/** What is to come, in the same places as in the base. */
export const newPath = ({ path }: Staging, relative: BytePath): BytePath =>
  relative === '' ? `${path}/new` : `${path}/new/${relative}`;
/** What was there, by the number of its swap. */
export const oldPath = ({ path }: Staging, swap: number | string): BytePath => `${path}/old/${swap}`;

export function createStaging(base: BytePath): Staging {
  const staging = { base, path: stagingPath(base) };
  for (const folder of [staging.path, newPath(staging, ''), `${staging.path}/old`])
    mkdirSync(pathBytes(folder), { mode: 0o700 });
  writeFileDurably(`${staging.path}/${OWNER}`, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
  return staging;
}

/** The stagings that stand in a folder. */
export function stagingsIn(base: BytePath): Staging[] {
  try {
    const names = readdirSync(pathBytes(base), { encoding: 'latin1' }).filter(isStagingName);
    return names.map((name) => ({ base, path: `${base}/${name}` }));
  } catch {
    return []; // there is no such folder, or nobody could have worked in it
  }
}

/** Whether the process that made it is still at work; another one that has got its number since is not it. */
export function isOwned({ path }: Staging): boolean {
  const pid = parseTemporaryName(path.slice(path.lastIndexOf('/') + 1))?.pid ?? 0;
  if (!isProcessAlive(pid)) return false;
  try {
    const { started } = JSON.parse(readFileSync(pathBytes(`${path}/${OWNER}`), 'utf8')) as { started: unknown };
    return started === null || started === startOf(pid);
  } catch {
    return false; // killed before it had begun
  }
}

/** What tells the state of a restore goes last, so that whoever finds the rest knows it. */
export function discardStaging(staging: Staging): void {
  removeTree(newPath(staging, ''));
  removeTree(`${staging.path}/old`);
  removeTree(staging.path);
}
