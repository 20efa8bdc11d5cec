import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPlainFileName, isRegularFile, openRegularFile, pathInside } from './safe-path.js';

describe('names from outside', () => {
  it.each(['', '.', '..', '/', '../x', 'a/b', 'a\\b', '/etc/passwd', 'a\0', 'a\nb', '\x1f', 'x'.repeat(256)])(
    'refuses %j',
    (name) => {
      expect(isPlainFileName(name)).toBe(false);
      expect(() => pathInside('/srv/backups', name)).toThrow('not the name of a backup file');
    },
  );

  it.each(['a.json', '...', '.hidden', 'ä b', '%2e%2e%2f', 'x'.repeat(255)])('takes %j as it stands', (name) => {
    expect(pathInside('/srv/backups', name)).toBe(`/srv/backups/${name}`);
  });

  it('never leave the folder', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('.', '..', '/', '\\', '\0', 'a', '%2e', '%2f')).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(name, (text) => {
        fc.pre(isPlainFileName(text));
        expect(dirname(pathInside('/srv/backups', text))).toBe('/srv/backups');
      }),
    );
  });
});

describe('regular files and what only looks like one', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safe-path-'));
    await writeFile(at('file'), 'content');
    await mkdir(at('folder'));
    await symlink(at('file'), at('link'));
    await symlink(at('nowhere'), at('dangling'));
    execFileSync('mkfifo', [at('pipe')]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('opens a regular file', async () => {
    const file = await openRegularFile(at('file'));
    expect(await file.readFile('utf8')).toBe('content');
    await file.close();
    expect(await isRegularFile(at('file'))).toBe(true);
  });

  // A pipe that nobody writes to would make an ordinary open wait for ever.
  it.each([
    ['link', 'ELOOP'],
    ['dangling', 'ELOOP'],
    ['folder', 'ELOOP'],
    ['pipe', 'ELOOP'],
    ['missing', 'ENOENT'],
  ])('refuses a %s', async (name, code) => {
    await expect(openRegularFile(at(name))).rejects.toMatchObject({ code });
    expect(await isRegularFile(at(name))).toBe(false);
  });
});
