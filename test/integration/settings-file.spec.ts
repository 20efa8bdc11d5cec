import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFile } from '../../src/backup/system/settings-file.js';
import { fullDisk } from '../support/full-disk.js';

const OLD = '{ "retention_days": 30,   "min_keep": 5 }\n';
const NEW = '{"retention_days":90}\n';

let folder: string;
let path: string;
let mounts: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-file-'));
  path = join(folder, 'backup_config.json');
  mounts = [];
});
afterEach(async () => {
  for (const mount of mounts.reverse()) execFileSync('umount', [mount]);
  await rm(folder, { recursive: true, force: true });
});

function mount(...args: string[]): void {
  execFileSync('mount', args);
  mounts.push(args.at(-1)!);
}

/** A mount that can only be read. */
function readOnly(place: string): void {
  mount('--bind', place, place);
  execFileSync('mount', ['-o', 'remount,bind,ro', place]);
}

async function expectReplaced(): Promise<void> {
  const file = new SettingsFile(path);
  expect(await file.read()).toBe(OLD);
  const before = await file.state();
  await file.replace(NEW);
  expect(await file.read()).toBe(NEW);
  expect(await file.state()).not.toBe(before);
}

async function expectRefused(code: string, saying: RegExp): Promise<void> {
  const file = new SettingsFile(path);
  expect(await file.read()).toBe(OLD);
  const refused = await file.replace(NEW).catch((error: unknown) => error as Error);
  expect(refused).toMatchObject({ code, message: expect.stringMatching(saying) as string });
  expect((refused as Error).message).toContain(path);
  expect(await file.read()).toBe(OLD);
}

describe('a settings file', () => {
  it('that is missing is none, and is made with its folder', async () => {
    path = join(folder, 'new', 'backup_config.json');
    expect(await new SettingsFile(path).read()).toBeUndefined();
    await new SettingsFile(path).replace(NEW);
    expect(await readFile(path, 'utf8')).toBe(NEW);
  });

  it('that is a link stays one: what it leads to is replaced, also where that is not there yet', async () => {
    await mkdir(join(folder, 'elsewhere'));
    await symlink('elsewhere/settings.json', path);
    await new SettingsFile(path).replace(OLD);
    await expectReplaced();
    expect(await readlink(path)).toBe('elsewhere/settings.json');
    expect(await readFile(join(folder, 'elsewhere', 'settings.json'), 'utf8')).toBe(NEW);
  });

  it.each([
    ['a folder', () => mkdir(path), /is a folder\. Docker creates one/],
    ['a pipe', () => Promise.resolve(execFileSync('mkfifo', [path])), /not a regular file/],
    ['a link to itself', () => symlink('backup_config.json', path), /links form a loop/],
  ])('in place of which is %s is told, and not waited for', async (_, make, saying) => {
    await make();
    const refused = { code: 'CONFIG_INVALID', message: expect.stringMatching(saying) as string };
    await expect(new SettingsFile(path).read()).rejects.toMatchObject(refused);
    await expect(new SettingsFile(path).replace(NEW)).rejects.toMatchObject({ code: 'SETTINGS_NOT_WRITABLE' });
  });

  it.skipIf(!fullDisk.isPossible())(
    'that is mounted by itself, and so cannot be replaced, is written over',
    async () => {
      await writeFile(path, OLD);
      await writeFile(join(folder, 'host.json'), OLD);
      mount('--bind', join(folder, 'host.json'), path);
      const { ino } = await stat(path);
      await expectReplaced();
      expect((await stat(path)).ino).toBe(ino);
    },
  );

  it.skipIf(!fullDisk.isPossible())(
    'in a folder that is only read, but itself may be written, is written over',
    async () => {
      const mounted = join(folder, 'etc');
      await mkdir(mounted);
      path = join(mounted, 'backup_config.json');
      await writeFile(path, OLD);
      await writeFile(join(folder, 'host.json'), OLD);
      readOnly(mounted);
      mount('--bind', join(folder, 'host.json'), path);
      await expectReplaced();
    },
  );

  it.skipIf(!fullDisk.isPossible())(
    'of a ConfigMap is read through its links, followed when it changes, and never written',
    async () => {
      const mounted = join(folder, 'etc');
      for (const version of ['..1', '..2']) await mkdir(join(mounted, version), { recursive: true });
      await writeFile(join(mounted, '..1', 'backup_config.json'), OLD);
      await writeFile(join(mounted, '..2', 'backup_config.json'), NEW);
      await symlink('..1', join(mounted, '..data'));
      path = join(mounted, 'backup_config.json');
      await symlink('..data/backup_config.json', path);
      readOnly(mounted);
      await expectRefused(
        'SETTINGS_NOT_WRITABLE',
        /^Cannot write the settings file .*: read-only file system\. Mount it writable or set BACKUP_CONFIG_FILE\.$/,
      );
      execFileSync('mount', ['-o', 'remount,bind,rw', mounted]);
      const before = await new SettingsFile(path).state();
      execFileSync('ln', ['-sfn', '..2', join(mounted, '..data')]);
      expect(await new SettingsFile(path).state()).not.toBe(before);
      expect(await new SettingsFile(path).read()).toBe(NEW);
    },
  );

  it.skipIf(!fullDisk.isPossible())('on a full disk stays as it was', async () => {
    const full = join(folder, 'full');
    await mkdir(full);
    mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full);
    path = join(full, 'backup_config.json');
    await writeFile(path, OLD);
    await writeFile(join(full, 'filler'), Buffer.alloc(128 * 1024)).catch(() => undefined);
    await expectRefused('DISK_FULL', /no space left on its disk\. Free some space/);
  });

  it('keeps its mode from others', async () => {
    await writeFile(path, OLD);
    await chmod(path, 0o644);
    await expectReplaced();
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
  });
});
