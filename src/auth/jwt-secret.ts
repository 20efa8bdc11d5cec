import { randomBytes } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CannotStart } from '../config/backup/cannot-start.js';
import { prepareDataFolder } from '../config/database.js';
import type { Environment } from '../config/environment.js';

const SECRET_FILE = 'jwt-secret';
const SECRET_PATTERN = /^[0-9a-f]{64}$/;

/** The secret that signs tokens: the given one, else one generated once, so that a restart signs nobody out. */
export async function loadJwtSecret(environment: Environment): Promise<string> {
  if (environment.jwtSecret !== undefined) return environment.jwtSecret;
  const folder = await prepareDataFolder(environment);
  const file = join(folder, SECRET_FILE);
  const secret = (await readSecret(file)) ?? (await createSecret(folder, file));
  if (SECRET_PATTERN.test(secret)) return secret;
  throw new CannotStart(
    `The file ${SECRET_FILE} in the data folder is damaged. Delete it: a new one is created, and everybody has to sign in again.`,
  );
}

async function readSecret(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written aside and linked into place: a kill leaves no half secret, and of two processes the first one wins for both. */
async function createSecret(folder: string, file: string): Promise<string> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  await writeSynced(aside, `${randomBytes(32).toString('hex')}\n`);
  try {
    await link(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(aside);
  }
  await syncFolder(folder);
  return (await readFile(file, 'utf8')).trim();
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
