import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCRATCH_FOLDER, scratchFolder, scratchName, sweepScratch } from './scratch-folder.js';

const DEAD_PID = 4_194_305;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scratch-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('temporary files', () => {
  it('go where the system has them, and else into the backup folder', async () => {
    const own = join(folder, SCRATCH_FOLDER);
    expect(scratchFolder(folder, ['/no/such/folder', tmpdir()])).toBe(tmpdir());
    expect(await readdir(folder)).toEqual([]);
    expect(scratchFolder(folder, [undefined, '/no/such/folder'])).toBe(own);
    expect((await stat(own)).mode & 0o777).toBe(0o700);
    expect(scratchFolder(folder, [])).toBe(own);
    expect(scratchFolder(null, [])).toBeNull();
    expect(scratchFolder('/no/such/folder', [])).toBeNull();
  });

  it('follow no link in the place of the folder', async () => {
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(folder, SCRATCH_FOLDER));
    expect(scratchFolder(folder, [])).toBeNull();
    expect(sweepScratch(folder)).toEqual([]);
  });

  it('of processes that have ended are removed, and no others', async () => {
    const own = scratchFolder(folder, [])!;
    const left = `nestjs-backup-${DEAD_PID}-abc`;
    const used = `nestjs-backup-${process.ppid}-abc`;
    for (const name of [left, used, 'of somebody else']) await mkdir(join(own, name));
    await writeFile(join(own, left, 'catalog.sqlite'), '');
    await chmod(join(own, left), 0o500);
    expect(sweepScratch(folder)).toEqual([join(SCRATCH_FOLDER, left)]);
    expect((await readdir(own)).sort()).toEqual([used, 'of somebody else'].sort());
    expect(scratchName()).toContain(`-${process.pid}-`);
  });
});
