import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkArchive } from '../../src/backup/archive/archive.check.js';
import { ArchiveReader } from '../../src/backup/archive/archive.reader.js';
import { openStored } from '../../src/backup/archive/stored-file.js';
import { hostileContents, hostileZips, rawZip } from '../support/hostile-zip.js';

let root: string;
let folder: string;
let outside: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hostile-zip-'));
  folder = join(root, 'archived');
  await mkdir(folder);
  outside = join(root, 'outside.json');
  await writeFile(outside, 'untouched');
  await writeFile(
    join(folder, 'sound.zip'),
    rawZip([{ name: 'a.json' }, { name: 'README.txt', content: Buffer.from('hello') }]),
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

const corrupt = (reason: RegExp) => ({
  code: 'ARCHIVE_CORRUPT',
  details: expect.objectContaining({ reason: expect.stringMatching(reason) }),
});

async function planted(bytes: Buffer): Promise<string> {
  const path = join(folder, 'hostile.zip');
  await writeFile(path, bytes);
  return path;
}

describe('a hostile archive', () => {
  it('is refused for what it is, not for being built by hand', async () => {
    const reader = await ArchiveReader.open(join(folder, 'sound.zip'));
    expect([...reader.entries.keys()]).toEqual(['a.json', 'README.txt']);
    expect(await reader.text('a.json', 100)).toBe('{"id":1}\n');
    await reader.close();
    const zip64 = await ArchiveReader.open(await planted(rawZip([{ name: 'a.json' }], { zip64: {} })));
    expect(await zip64.text('a.json', 100)).toBe('{"id":1}\n');
    await zip64.close();
  });

  it.each(hostileZips())('is refused before anything is read: $what', async ({ bytes, reason }) => {
    const path = await planted(bytes);
    const error = await ArchiveReader.open(path).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject(corrupt(reason));
    expect(error!.message).not.toContain(root);
    expect(error!.message).toMatch(/^[\x20-\x7e]{1,400}$/);
    await expect(openStored({ path, entry: 'a.json' })).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
  });

  it.each(hostileContents())(
    'is found out while it is read, and gives no more than it declared: $what',
    async ({ bytes, reason }) => {
      const reader = await ArchiveReader.open(await planted(bytes));
      const declared = reader.entries.get('a.json')!.size;
      let given = 0;
      const read = async () => {
        for await (const chunk of await reader.stream('a.json')) given += (chunk as Buffer).length;
      };
      await expect(read()).rejects.toMatchObject(corrupt(reason));
      expect(given).toBeLessThanOrEqual(declared);
      expect(await reader.text('b.json', 100)).toBe('{"id":1}\n'); // its sound entries can still be saved
      await reader.close();
      const sha256 = createHash('sha256').update('{"id":1}\n').digest('hex');
      const expected = new Map(['a.json', 'b.json'].map((name) => [name, { size: 9, sha256 }]));
      await expect(checkArchive(join(folder, 'hostile.zip'), expected)).rejects.toMatchObject({
        code: 'ARCHIVE_CORRUPT',
      });
    },
  );

  it('leaves the folder, what is outside, and other archives as they were', async () => {
    expect((await readdir(folder)).sort()).toEqual(['hostile.zip', 'sound.zip']);
    expect((await readdir(root)).sort()).toEqual(['archived', 'outside.json']);
    expect(await readFile(outside, 'utf8')).toBe('untouched');
    expect((await buffer(await openStored({ path: join(folder, 'sound.zip'), entry: 'README.txt' }))).toString()).toBe(
      'hello',
    );
  });

  it('may not be a link, a folder or a pipe, even one that leads to a sound archive', async () => {
    const link = join(root, 'link.zip');
    const pipe = join(root, 'pipe.zip');
    await symlink(join(folder, 'sound.zip'), link);
    execFileSync('mkfifo', [pipe]);
    for (const path of [link, pipe, folder]) {
      await expect(ArchiveReader.open(path)).rejects.toMatchObject(corrupt(/regular file/));
      await expect(openStored({ path, entry: null })).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    }
    await expect(ArchiveReader.open(join(root, 'none.zip'))).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND' });
    await expect(openStored({ path: join(root, 'none.json'), entry: null })).rejects.toMatchObject({
      code: 'SNAPSHOT_CORRUPT',
    });
    await rm(link);
    await rm(pipe);
  });
});

describe('a flipped byte', () => {
  it('anywhere in an archive gives the exact content or an error', async () => {
    const content = Buffer.from('{"id":1,"email":"a@example.com"}\n'.repeat(3));
    const bytes = rawZip([{ name: 'a.json', content }, { name: 'b.json' }]);
    let refused = 0;
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [0x01, 0x20, 0x80, 0xff]) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= flip;
        const path = await planted(damaged);
        const read = await openStored({ path, entry: 'a.json' })
          .then((stream) => buffer(stream))
          .catch((error: unknown) => error as { code?: string });
        if (Buffer.isBuffer(read)) expect(read.equals(content), `byte ${at} ^ ${flip}`).toBe(true);
        else
          expect([at, flip, ['ARCHIVE_CORRUPT', 'FILE_NOT_IN_ARCHIVE'].includes(read.code!)]).toEqual([at, flip, true]);
        if (!Buffer.isBuffer(read)) refused++;
      }
    }
    expect(refused).toBeGreaterThan(bytes.length); // most flips matter
  });
});
