import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderLock, LEASE_FOLDER } from './folder-lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('FolderLock', () => {
  it('lets one through at a time, also those that fail', async () => {
    const lock = new FolderLock(folder);
    let inside = 0;
    const work = async (fails: boolean) => {
      expect(++inside).toBe(1);
      await new Promise(setImmediate);
      inside -= 1;
      if (fails) throw new Error('failed');
    };
    const all = Array.from({ length: 20 }, (_, n) => lock.exclusively(() => work(n % 3 === 0)));
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(7);
  });

  it('writes nothing into its file, which is its owner’s alone', async () => {
    await new FolderLock(folder).exclusively(() => undefined);
    const { size, mode } = await stat(join(folder, LEASE_FOLDER, 'lock'));
    expect([size, mode & 0o777]).toEqual([0, 0o600]);
  });

  it('gives up when somebody stays in there', async () => {
    await new FolderLock(folder).exclusively(async () => {
      const impatient = new FolderLock(folder, 50).exclusively(() => undefined);
      await expect(impatient).rejects.toMatchObject({ code: 'BUSY' });
    });
  });

  it('follows no link that was planted in its place', async () => {
    await mkdir(join(folder, LEASE_FOLDER));
    const victim = join(folder, 'victim');
    await writeFile(victim, 'precious');
    await symlink(victim, join(folder, LEASE_FOLDER, 'lock'));
    await expect(new FolderLock(folder).exclusively(() => undefined)).rejects.toMatchObject({
      code: 'FOLDER_NOT_WRITABLE',
      message: expect.stringContaining('Remove it') as string,
    });
  });
});
