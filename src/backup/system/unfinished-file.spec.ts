import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { discard, discardAtExit } from './unfinished-file.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'unfinished-'))));
afterAll(() => rm(folder, { recursive: true }));

it('gives the room of a discarded file back although it is still open', async () => {
  const path = join(folder, 'document');
  await writeFile(path, 'half a document');
  const writer = await open(path, 'r+');
  discard(path);
  expect((await writer.stat()).size).toBe(0);
  await writer.close();
  expect(existsSync(path)).toBe(false);
  discard(path); // gone already is fine
});

it('discards a link, not what it leads to', async () => {
  const [target, link] = [join(folder, 'precious'), join(folder, 'link')];
  await writeFile(target, 'precious');
  await symlink(target, link);
  discard(link);
  expect(existsSync(link)).toBe(false);
  expect(await readFile(target, 'utf8')).toBe('precious');
});

it('discards at the end of the process what is not finished then', async () => {
  const before = process.listeners('exit');
  for (const name of ['finished', 'unfinished']) await writeFile(join(folder, name), name);
  discardAtExit(join(folder, 'finished'))();
  expect(process.listeners('exit')).toEqual(before);
  const finish = discardAtExit(join(folder, 'unfinished'));
  for (const listener of process.listeners('exit').filter((one) => !before.includes(one))) listener(0);
  finish();
  expect(existsSync(join(folder, 'finished'))).toBe(true);
  expect(existsSync(join(folder, 'unfinished'))).toBe(false);
});
