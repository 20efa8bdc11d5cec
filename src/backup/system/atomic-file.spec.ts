import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureFolder, publish, removeAbandoned, writeAside, writeFileAtomically } from './atomic-file.js';
import { temporaryPath } from './temporary-file.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-file-'));
  path = join(folder, 'settings.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

describe('ensureFolder', () => {
  it('makes a folder with those above it, once', async () => {
    const deep = join(folder, 'a/b/c');
    await Promise.all([ensureFolder(deep), ensureFolder(deep)]);
    await ensureFolder(deep);
    expect(await modeOf(deep)).toBe(0o700);
  });

  it('goes on where somebody else makes one of them at the same time', async () => {
    for (let n = 0; n < 100; n++) {
      const parts = ['a', 'b', 'c', 'd'].map((name) => `${name}${n}`);
      const deep = join(folder, ...parts);
      await Promise.all(parts.map((_, depth) => ensureFolder(join(folder, ...parts.slice(0, depth + 1)))));
      expect(await modeOf(deep)).toBe(0o700);
    }
  });

  it('says what is in its way', async () => {
    await writeFile(path, '');
    await expect(ensureFolder(path)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(ensureFolder(join(path, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.runIf(process.platform === 'linux')('ends where the system makes no folders', async () => {
    await expect(ensureFolder('/proc/backups/a')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('writeFileAtomically', () => {
  it.each(['', 'ä € 😀\n', 'x'.repeat(3_000_000)])('stores what it is given', async (content) => {
    await writeFileAtomically(path, content);
    expect((await readFile(path, 'utf8')) === content).toBe(true);
    expect(await readdir(folder)).toEqual(['settings.json']);
  });

  it('keeps the file to its owner, even one that was open to all before', async () => {
    await writeFile(path, 'old');
    await chmod(path, 0o666);
    await writeFileAtomically(path, 'new');
    expect(await modeOf(path)).toBe(0o600);
  });

  it('shows a reader the old content or the new, and nothing between', async () => {
    const contents = ['a'.repeat(200_000), 'b'.repeat(300_000)];
    await writeFileAtomically(path, contents[0]!);
    let writing = true;
    const seen = new Set<string>();
    const reader = (async () => {
      while (writing) seen.add(await readFile(path, 'utf8'));
    })();
    for (let round = 0; round < 20; round += 1) await writeFileAtomically(path, contents[round % 2]!);
    writing = false;
    await reader;
    expect([...seen].every((text) => contents.includes(text))).toBe(true);
  });

  it('writes over what a killed run with the same process id left', async () => {
    await writeFile(temporaryPath(path), 'a much longer leftover of an earlier run');
    await writeFileAtomically(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['settings.json']);
  });

  it('follows no link that was planted under the temporary name', async () => {
    const victim = join(folder, 'victim');
    await writeFile(victim, 'precious');
    await symlink(victim, temporaryPath(path));
    await expect(writeFileAtomically(path, 'new')).rejects.toMatchObject({ code: 'ELOOP' });
    expect(await readFile(victim, 'utf8')).toBe('precious');
  });

  it('is not fooled by a pipe under the temporary name', async () => {
    execFileSync('mkfifo', [temporaryPath(path)]);
    await expect(writeFileAtomically(path, 'new')).rejects.toThrow();
    expect(await readdir(folder)).toEqual([]);
  });

  it('replaces a link in the place of the file, not what it points to', async () => {
    const victim = join(folder, 'victim');
    await writeFile(victim, 'precious');
    await symlink(victim, path);
    await writeFileAtomically(path, 'new');
    expect(await readFile(victim, 'utf8')).toBe('precious');
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('leaves nothing behind when it fails', async () => {
    await mkdir(path);
    await expect(writeFileAtomically(path, 'new')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await readdir(folder)).toEqual(['settings.json']);
    await expect(writeFileAtomically(join(folder, 'missing', 'x'), 'new')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('its two halves', () => {
  it('change nothing before the second', async () => {
    await writeFile(path, 'old');
    const aside = await writeAside(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readFile(aside, 'utf8')).toBe('new');
    expect(await modeOf(aside)).toBe(0o600);
    await publish(aside, path);
    expect(await readFile(path, 'utf8')).toBe('new');
  });
});

describe('ensureFolder', () => {
  it('makes what is missing, for the owner alone, and is content with what is there', async () => {
    const inner = join(folder, 'a', 'b');
    await ensureFolder(inner);
    await ensureFolder(inner);
    expect([await modeOf(join(folder, 'a')), await modeOf(inner)]).toEqual([0o700, 0o700]);
  });
});

describe('removeAbandoned', () => {
  /** No process has it: ids end far below. */
  const DEAD = 4_194_305;

  it('removes what killed processes left of this file, and nothing else', async () => {
    const kept = [path, temporaryPath(path, process.ppid), temporaryPath(join(folder, 'other.json'), DEAD)];
    for (const file of [...kept, temporaryPath(path, DEAD), temporaryPath(path)]) await writeFile(file, 'x');
    await removeAbandoned(path);
    expect((await readdir(folder)).sort()).toEqual(kept.map((file) => basename(file)).sort());
  });

  it('minds neither a folder that is not there nor what it cannot remove', async () => {
    await removeAbandoned(join(folder, 'missing', 'settings.json'));
    await mkdir(temporaryPath(path, DEAD));
    await removeAbandoned(path);
    expect(await readdir(folder)).toHaveLength(1);
  });
});
