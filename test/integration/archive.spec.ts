import AdmZip from 'adm-zip';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ZipFile, type EndOptions } from 'yazl';
import { checkArchive, type ExpectedEntry } from '../../src/backup/archive/archive.check.js';
import { faultOfName, foldName } from '../../src/backup/archive/archive.names.js';
import { ArchiveReader } from '../../src/backup/archive/archive.reader.js';
import { writeArchive, type ArchiveEntryInput } from '../../src/backup/archive/archive.writer.js';
import { openStored } from '../../src/backup/archive/stored-file.js';
import { packArchiveTask } from '../../src/backup/engines/archive.task.js';
import { codecNamed } from '../../src/backup/engines/shared/codecs.js';

const modifiedAt = new Date('2026-01-30T12:00:00.000Z');

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-'));
  path = join(folder, 'archived_backups_20260130.zip');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const input = (name: string, content: Uint8Array | string): ArchiveEntryInput => ({
  name,
  modifiedAt,
  open: () => Readable.from([Buffer.from(content)], { objectMode: false }),
});

async function contentsOf(archive: string): Promise<Map<string, Buffer>> {
  const reader = await ArchiveReader.open(archive);
  const contents = new Map<string, Buffer>();
  for (const name of reader.entries.keys()) contents.set(name, await buffer(await reader.stream(name)));
  await reader.close();
  return contents;
}

function expected(contents: Record<string, string>): Map<string, ExpectedEntry> {
  const entry = (content: string) => ({
    size: Buffer.byteLength(content),
    sha256: createHash('sha256').update(content).digest('hex'),
  });
  return new Map(Object.entries(contents).map(([name, content]) => [name, entry(content)]));
}

const openDescriptors = async () => (await readdir('/proc/self/fd')).length;

const PYTHON = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    print(json.dumps({info.filename: archive.read(info).hex() for info in archive.infolist()}))
`;
import type { Manifest } from '../../src/backup/model/manifest.js';
import { quiet } from '../support/inline-tasks.js';
import { rounds } from '../support/rounds.js';
import { until } from '../support/until.js';

describe('an archive', () => {
  it('gives back what was put in, here and in three readers that know nothing of us', async () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((text) => faultOfName(text) === undefined);
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 20_000 }))
        .map(([unit, times]) => {
          return new Uint8Array(Buffer.concat(Array<Uint8Array>(times).fill(unit)));
        }),
    );
    const entries = fc.uniqueArray(fc.tuple(name, content), { maxLength: 8, selector: ([text]) => foldName(text) });
    await fc.assert(
      fc.asyncProperty(entries, async (files) => {
        await rm(path, { force: true });
        await writeArchive(
          path,
          files.map(([file, bytes]) => input(file, bytes)),
        );
        const wanted = Object.fromEntries(files.map(([file, bytes]) => [file, Buffer.from(bytes).toString('hex')]));
        const hex = (contents: Iterable<[string, Buffer]>) =>
          Object.fromEntries([...contents].map(([file, bytes]) => [file, bytes.toString('hex')]));

        expect(hex(await contentsOf(path))).toEqual(wanted);
        expect(hex(new AdmZip(path).getEntries().map((entry) => [entry.entryName, entry.getData()]))).toEqual(wanted);
        expect(JSON.parse(execFileSync('python3', ['-c', PYTHON, path], { encoding: 'utf8', maxBuffer: 1e9 }))).toEqual(
          wanted,
        );
        // Info-ZIP has nothing to say about an archive without entries but that it is empty.
        if (files.length > 0) execFileSync('unzip', ['-tqq', path]);
      }),
      { numRuns: rounds(15, 40) },
    );
  });

  it('is private, sorted, deflated, and dated in UTC', async () => {
    await writeArchive(path, [input('b.json', 'b'.repeat(5000)), input('README.txt', 'hello'), input('a.json', '')]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const reader = await ArchiveReader.open(path);
    expect([...reader.entries.keys()]).toEqual(['README.txt', 'a.json', 'b.json']);
    expect(reader.entries.get('b.json')).toMatchObject({ name: 'b.json', size: 5000 });
    expect(reader.entries.get('b.json')!.compressedSize).toBeLessThan(100);
    await reader.close();
    const listing = execFileSync('unzip', ['-Z', '-T', path], { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
    expect(listing).toMatch(/-rw------- .* defX 20260130\.120000 b\.json|-rw------- .* defN 20260130\.120000 b\.json/);
  });

  it('takes dates that the format cannot hold for the nearest it can', async () => {
    const dates = [new Date(-1), new Date(0), new Date(NaN), new Date('2200-01-01')];
    await writeArchive(
      path,
      dates.map((date, index) => ({ ...input(`${index}.json`, 'x'), modifiedAt: date })),
    );
    expect((await contentsOf(path)).size).toBe(4);
    execFileSync('unzip', ['-tqq', path]);
  });

  it('may be in ZIP64 format', async () => {
    const zip = new ZipFile();
    const options = { mtime: modifiedAt, mode: 0o100600, forceZip64Format: true };
    zip.addReadStream(Readable.from([Buffer.from('streamed')]), 'a.json', options);
    zip.addBuffer(Buffer.from('known'), 'b.json', options);
    zip.end({ forceZip64Format: true } as EndOptions);
    await pipeline(zip.outputStream, createWriteStream(path));
    const contents = await contentsOf(path);
    expect([...contents].map(([name, bytes]) => `${name}=${bytes.toString()}`)).toEqual([
      'a.json=streamed',
      'b.json=known',
    ]);
  });

  it('may come from other tools', async () => {
    await writeFile(join(folder, 'a.json'), '{"id":1}\n'.repeat(100));
    await writeFile(join(folder, 'b.json'), '{}');
    execFileSync('python3', ['-m', 'zipfile', '-c', 'python.zip', 'a.json', 'b.json'], { cwd: folder });
    const adm = new AdmZip();
    adm.addFile('a.json', await readFile(join(folder, 'a.json')));
    adm.addFile('b.json', Buffer.from('{}'));
    adm.writeZip(join(folder, 'adm.zip'));
    for (const name of ['python.zip', 'adm.zip']) {
      const contents = await contentsOf(join(folder, name));
      expect([name, contents.get('a.json')?.length, contents.get('b.json')?.toString()]).toEqual([name, 900, '{}']);
    }
  });
});

describe('a gzip file of this program', () => {
  const content = Buffer.from('{"id":1,"name":"Ida"},\n'.repeat(40_000));
  const gzipOf = (text: Buffer): Buffer => {
    const encoder = codecNamed('gzip-6').encoder();
    return Buffer.concat([Buffer.from(encoder.encode(text)), Buffer.from(encoder.end())]);
  };
  const gzipped = (name: string, bytes: Buffer, size: number) => ({ ...input(name, bytes), gzipOf: { size } });

  it.each([content, content.subarray(0, 1), Buffer.alloc(0)])(
    'becomes an entry as it is, comes out as it was, and is plain text to all others',
    async (text) => {
      const bytes = gzipOf(text);
      await writeArchive(path, [gzipped('a.json', bytes, text.length), input('b.json', 'b')]);
      const reader = await ArchiveReader.open(path);
      expect(reader.entries.get('a.json')).toMatchObject({ size: text.length, compressedSize: bytes.length - 18 });
      expect([reader.has('a.json.gz'), reader.has('a.json'), reader.has('c.json.gz')]).toEqual([true, true, false]);
      expect((await buffer(await reader.stream('a.json.gz'))).equals(bytes)).toBe(true);
      await reader.close();
      expect((await contentsOf(path)).get('a.json')!.equals(text)).toBe(true);
      expect(execFileSync('unzip', ['-p', path, 'a.json'], { maxBuffer: 1e8 }).equals(text)).toBe(true);
      const read = JSON.parse(
        execFileSync('python3', ['-c', PYTHON, path], { encoding: 'utf8', maxBuffer: 1e9 }),
      ) as object;
      expect(read).toEqual({ 'a.json': text.toString('hex'), 'b.json': Buffer.from('b').toString('hex') });
    },
  );

  it('is found damaged in the archive, wherever a bit is turned', async () => {
    const text = content.subarray(0, 3000);
    const bytes = gzipOf(text);
    await writeArchive(path, [gzipped('a.json', bytes, text.length), input('README.txt', 'hello')]);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const expected = new Map([['a.json', { size: text.length, sha256, readAs: 'a.json.gz' }]]);
    await checkArchive(path, expected);
    const sound = await readFile(path);
    const start = sound.indexOf(bytes.subarray(10, 40));
    for (let place = start; place < start + bytes.length - 18; place++) {
      const changed = Buffer.from(sound);
      changed[place]! ^= 1 << (place % 8);
      await writeFile(path, changed);
      await expect(checkArchive(path, expected), String(place)).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    }
  });

  it.each<[string, Buffer]>([
    ['another program', gzipSync(content)],
    ['nobody', Buffer.from('no gzip file at all')],
    ['somebody who stopped', gzipOf(content).subarray(0, 12)],
  ])('is not one that is of %s', async (_, bytes) => {
    if (bytes.length > 9) bytes[9] = 3; // made on Unix
    await expect(writeArchive(path, [gzipped('a.json', bytes, content.length)])).rejects.toThrow('gzip');
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps no others out of an archive where it was made by another program', async () => {
    const item = async (id: string, bytes: Buffer) => {
      const [document, manifestFile] = [`${id}.json.gz`, `${id}.meta.json`].map((name) => join(folder, name));
      await writeFile(document!, bytes);
      await writeFile(manifestFile!, '{}');
      const checksum = createHash('sha256').update(bytes).digest('hex');
      const sizes = { file_size_bytes: bytes.length, content_bytes: content.length };
      const manifest = {
        id,
        filename: `${id}.json.gz`,
        codec: 'gzip',
        checksum,
        created_at: modifiedAt.toISOString(),
        ...sizes,
      };
      const stored = (place: string) => ({ path: place, entry: null });
      return { manifest: manifest as Manifest, document: stored(document!), manifestFile: stored(manifestFile!) };
    };
    const foreign = gzipSync(content);
    foreign[9] = 3; // made on Unix
    const items = [await item('ours', gzipOf(content)), await item('foreign', foreign)];
    const packed = await packArchiveTask({ archivePath: path, items }, quiet());
    expect(packed.damaged).toEqual([{ id: 'foreign', message: expect.stringContaining('another program') }]);
    expect([...(await contentsOf(packed.temporaryPath)).keys()]).toEqual(['README.txt', 'ours.json', 'ours.meta.json']);
  });

  it('may be larger than 4 GB', async () => {
    const size = 5_000_000_000;
    await writeArchive(path, [gzipped('a.json', gzipOf(content), size), input('b.json', 'b')]);
    const list = 'import sys, zipfile; print([e.file_size for e in zipfile.ZipFile(sys.argv[1]).infolist()])';
    expect(execFileSync('python3', ['-c', list, path], { encoding: 'utf8' }).trim()).toBe(`[${size}, 1]`);
    // What it claims is too much for so few bytes.
    await expect(ArchiveReader.open(path)).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
  });
});

describe('writing an archive', () => {
  it('has one source open at a time and tells how far it is', async () => {
    let open = 0;
    let most = 0;
    const watched = (name: string): ArchiveEntryInput => ({
      name,
      modifiedAt,
      open: () => {
        most = Math.max(most, ++open);
        const source = Readable.from([randomBytes(200_000), randomBytes(200_000)], { objectMode: false });
        source.once('close', () => open--);
        return Promise.resolve(source);
      },
    });
    const onEntry = vi.fn();
    await writeArchive(path, ['c', 'a', 'b'].map(watched), { onEntry });
    expect([most, open]).toEqual([1, 0]);
    expect(onEntry.mock.calls).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it('never touches a file that is already there', async () => {
    await writeFile(path, 'precious');
    await expect(writeArchive(path, [input('a.json', 'x')])).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  const boom = () => new Error('the disk is on fire');
  const failures: [what: string, entry: Partial<ArchiveEntryInput>, message: RegExp][] = [
    ['cannot be opened', { open: () => Promise.reject(boom()) }, /on fire/],
    [
      'throws when opened',
      {
        open: () => {
          throw boom();
        },
      },
      /on fire/,
    ],
    [
      'fails while it is read',
      {
        open: () =>
          new Readable({
            read() {
              this.push(randomBytes(100_000));
              setImmediate(() => this.destroy(boom()));
            },
          }),
      },
      /on fire/,
    ],
    [
      'ends before its end',
      {
        open: () =>
          new Readable({
            read() {
              this.push('half');
              setImmediate(() => this.destroy());
            },
          }),
      },
      /premature/i,
    ],
  ];
  it.each(failures)('leaves nothing behind when a source %s', async (_, bad, message) => {
    const descriptors = await openDescriptors();
    const entries = [input('a.json', 'x'), { ...input('b.json', 'x'), ...bad }, input('c.json', 'x')];
    await expect(writeArchive(path, entries)).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual([]);
    expect(await openDescriptors()).toBe(descriptors);
  });

  it('leaves nothing behind when the progress listener throws', async () => {
    const onEntry = () => {
      throw boom();
    };
    await expect(writeArchive(path, [input('a.json', 'x'), input('b.json', 'x')], { onEntry })).rejects.toThrow(
      /on fire/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('can be cancelled before and while a source is read', async () => {
    const controller = new AbortController();
    const endless = new Readable({
      read() {
        this.push(randomBytes(10_000));
        setImmediate(() => controller.abort());
      },
    });
    const cancelled = { code: 'CANCELLED' };
    await expect(
      writeArchive(path, [{ name: 'a', modifiedAt, open: () => endless }], { signal: controller.signal }),
    ).rejects.toMatchObject(cancelled);
    expect(endless.destroyed).toBe(true);
    const open = vi.fn(() => Readable.from(['x']));
    await expect(
      writeArchive(path, [{ name: 'a', modifiedAt, open }], { signal: controller.signal }),
    ).rejects.toMatchObject(cancelled);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([['../evil.json'], ['a/b.json'], ['']])('refuses the name %j, which no reader should meet', async (name) => {
    await expect(writeArchive(path, [input(name, 'x')])).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses two entries that some file system would unpack over each other', async () => {
    await expect(writeArchive(path, [input('a.json', 'x'), input('A.json', 'y')])).rejects.toThrow(/two entries/);
  });
});

describe('reading an archive', () => {
  beforeEach(() =>
    writeArchive(path, [
      input('a.json', 'some text'),
      input('big.json', randomBytes(3_000_000)),
      input('raw.json', new Uint8Array([0xff])),
    ]),
  );

  it('says which file is not in it', async () => {
    const reader = await ArchiveReader.open(path);
    await expect(reader.stream('__proto__')).rejects.toMatchObject({ code: 'FILE_NOT_IN_ARCHIVE' });
    await expect(reader.text('A.json', 10)).rejects.toMatchObject({ code: 'FILE_NOT_IN_ARCHIVE' });
    await reader.close();
    const descriptors = await openDescriptors();
    await expect(openStored({ path, entry: 'none.json' })).rejects.toMatchObject({ code: 'FILE_NOT_IN_ARCHIVE' });
    expect(await openDescriptors()).toBe(descriptors);
  });

  it('reads text only up to the size that was asked for, and only text', async () => {
    const reader = await ArchiveReader.open(path);
    expect(await reader.text('a.json', 9)).toBe('some text');
    await expect(reader.text('a.json', 8)).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    await expect(reader.text('raw.json', 8)).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    await reader.close();
  });

  it('closes its file with the stream, read to the end or given up', async () => {
    const descriptors = await openDescriptors();
    expect((await buffer(await openStored({ path, entry: 'big.json' }))).length).toBe(3_000_000);
    const given = await openStored({ path, entry: 'big.json' });
    given.destroy();
    await finished(given).catch(() => undefined);
    const plain = await openStored({ path, entry: null });
    expect((await buffer(plain)).length).toBe((await stat(path)).size);
    await until(async () => expect(await openDescriptors()).toBe(descriptors));
  });

  it('can be closed in the middle of a stream', async () => {
    const reader = await ArchiveReader.open(path);
    const stream = await reader.stream('big.json');
    await reader.close();
    expect(stream.destroyed).toBe(true);
    await expect(buffer(stream)).rejects.toThrow();
    await reader.close();
  });

  it('reads several entries at once', async () => {
    const reader = await ArchiveReader.open(path);
    const streams = await Promise.all(['big.json', 'a.json', 'big.json'].map((name) => reader.stream(name)));
    const [first, text, second] = await Promise.all(streams.map((stream) => buffer(stream)));
    expect(first!.equals(second!)).toBe(true);
    expect(text!.toString()).toBe('some text');
    await reader.close();
  });
});

describe('checking an archive', () => {
  const contents = { 'a.json': 'first', 'b.json': 'second' };
  const differs = async (
    change: Partial<Record<string, string>>,
    message: RegExp,
    written: Record<string, string> = contents,
  ) => {
    await writeArchive(
      path,
      Object.entries({ 'README.txt': 'hello', ...written, ...change }).map(([name, content]) => input(name, content)),
    );
    await expect(checkArchive(path, expected(contents))).rejects.toMatchObject({
      code: 'ARCHIVE_CORRUPT',
      message: expect.stringMatching(message),
    });
  };

  it('finds nothing wrong with a sound one, and tells how far it is', async () => {
    await writeArchive(
      path,
      Object.entries({ 'README.txt': 'hello', ...contents }).map(([name, content]) => input(name, content)),
    );
    const onEntry = vi.fn();
    await checkArchive(path, expected(contents), { onEntry });
    expect(onEntry.mock.calls.at(-1)).toEqual([3, 3]);
    await expect(checkArchive(path, expected(contents), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('finds a missing entry', () => differs({}, /"b\.json" is missing/, { 'a.json': 'first' }));
  it('finds an entry that does not belong there', () => differs({ 'c.json': 'third' }, /"c\.json" does not belong/));
  it('finds another size', () => differs({ 'a.json': 'firs' }, /"a\.json" has 4 bytes instead of 5/));
  it('finds other content of the same size', () =>
    differs({ 'b.json': 'secomd' }, /"b\.json" does not match its SHA-256/));
  it('finds a missing README', async () => {
    await writeArchive(
      path,
      Object.entries(contents).map(([name, content]) => input(name, content)),
    );
    await expect(checkArchive(path, expected(contents))).rejects.toThrow(/"README\.txt" is missing/);
  });
});
