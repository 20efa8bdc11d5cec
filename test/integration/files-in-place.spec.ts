import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FilesBench } from '../support/files-bench.js';
import { describeTree } from '../support/tree-oracle.js';

let bench: FilesBench;
const servers: Server[] = [];

beforeEach(async () => {
  bench = await FilesBench.open();
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await bench.close();
});

const at = (...names: string[]): string => join(bench.uploads, ...names);
const put = (path: string, content = path): void => {
  mkdirSync(join(at(path), '..'), { recursive: true });
  writeFileSync(at(path), content);
};
const text = (path: string): string | null => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : null);

async function socketAt(path: string): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

describe('what was never captured', () => {
  it('stays where it is: excluded files, not included ones, and the folders they lie in', async () => {
    for (const path of ['kept.txt', 'a/kept.txt', 'a/x.log', 'cache/deep/1', 'b/gone.txt', 'c/only.log']) put(path);
    const snapshot = await bench.capture({ exclude: ['**/*.log', 'cache'] });
    put('kept.txt', 'changed');
    put('a/later.txt');
    put('a/x.log', 'newer log');
    put('cache/2');
    put('d/new.log');
    put('d/new.txt');
    rmSync(at('b'), { recursive: true });
    rmSync(at('c'), { recursive: true });

    await bench.restore(snapshot);

    expect(['kept.txt', 'a/kept.txt', 'b/gone.txt'].map(text)).toEqual(['kept.txt', 'a/kept.txt', 'b/gone.txt']);
    expect([text('a/x.log'), text('cache/2'), text('cache/deep/1'), text('d/new.log')]).toEqual([
      'newer log',
      'cache/2',
      'cache/deep/1',
      'd/new.log',
    ]);
    expect([text('a/later.txt'), text('d/new.txt'), text('c/only.log')]).toEqual([null, null, null]);
    expect(statSync(at('c')).isDirectory()).toBe(true);
  });

  it('stays with include patterns, which pass over everything else', async () => {
    for (const path of ['a.pdf', 'a/b.pdf', 'a/b.txt', 'invoices/1.txt', 'n\nl/c.pdf']) put(path);
    const snapshot = await bench.capture({ include: ['**/*.pdf', 'invoices'], exclude: ['a.pdf'] });
    expect(snapshot.manifest.files.count).toBe(3);
    for (const path of ['a.pdf', 'a/b.pdf', 'a/b.txt', 'invoices/1.txt', 'n\nl/c.pdf']) put(path, 'changed');
    put('a/later.pdf');
    await bench.restore(snapshot);
    expect(['a.pdf', 'a/b.pdf', 'a/b.txt', 'invoices/1.txt', 'n\nl/c.pdf', 'a/later.pdf'].map(text)).toEqual([
      'changed',
      'a/b.pdf',
      'changed',
      'invoices/1.txt',
      'n\nl/c.pdf',
      null,
    ]);
  });

  it('stays where it could not be captured: sockets and pipes, and the backups themselves', async () => {
    put('a/file');
    await socketAt(at('a', 'socket'));
    execFileSync('mkfifo', [at('pipe')]);
    const inside = await captureAround();
    expect(inside.files.skipped).toEqual([
      { path: at('a', 'socket'), reason: 'it is a socket' },
      { path: at('backups'), reason: 'it is the folder of the backups' },
      { path: at('pipe'), reason: 'it is a named pipe' },
    ]);
  });

  /** A capture whose backups lie within what is captured. */
  async function captureAround() {
    mkdirSync(at('backups'));
    const request = bench.request();
    const captured = await bench.engine.capture({ ...request, documentPath: at('backups', 'x.tar.gz') });
    execFileSync('mv', [captured.temporaryPath, at('backups', 'x.tar.gz')]);
    const { manifest } = await bench.capture();
    const { kind, base, checksum, files, sizeBytes } = captured;
    const own = {
      ...manifest,
      id: request.id,
      filename: 'x.tar.gz',
      kind,
      base,
      checksum,
      files,
      file_size_bytes: sizeBytes,
    };
    put('a/file', 'changed');
    put('a/later');
    const { warnings } = await bench.restore({
      manifest: own,
      document: { path: at('backups', 'x.tar.gz'), entry: null },
      base: null,
    });
    expect(warnings).toEqual([expect.stringMatching(/^3 paths could not be captured/)]);
    expect([text('a/file'), text('a/later')]).toEqual(['a/file', null]);
    expect(existsSync(at('backups', 'x.tar.gz'))).toBe(true);
    expect([statSync(at('a', 'socket')).isSocket(), statSync(at('pipe')).isFIFO()]).toEqual([true, true]);
    return own;
  }

  it('is in the way where a file has to become what is a folder now: nothing is done', async () => {
    put('a');
    const snapshot = await bench.capture({ exclude: ['**/*.log'] });
    rmSync(at('a'));
    put('a/x.log');
    const before = describeTree(bench.uploads, { folderTimes: false });
    await expect(bench.restore(snapshot)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/was not captured/),
    });
    expect(describeTree(bench.uploads, { folderTimes: false })).toEqual(before);
  });
});

describe('the target', () => {
  it('keeps its own inode, as a mount point must', async () => {
    put('a/file');
    const { ino } = statSync(bench.uploads);
    const snapshot = await bench.capture();
    put('a/file', 'changed');
    await bench.restore(snapshot);
    expect(statSync(bench.uploads).ino).toBe(ino);
    expect(text('a/file')).toBe('a/file');
  });

  it('may be reached by a symbolic link, in both directions', async () => {
    put('a');
    const link = join(bench.folder, 'current');
    symlinkSync('uploads', link);
    const snapshot = await bench.capture({ paths: [link] });
    put('a', 'changed');
    await bench.engine.restore({ snapshot, targets: { [link]: link } });
    expect(text('a')).toBe('a');
    expect(realpathSync(link)).toBe(bench.uploads);
  });

  it('can be a single file, and several at once', async () => {
    put('.env', 'SECRET=1');
    put('config.json', '{}');
    put('files/1');
    const paths = [at('.env'), at('config.json'), at('files')];
    const snapshot = await bench.capture({ paths });
    for (const name of ['.env', 'config.json', 'files/1', 'beside']) put(name, 'changed');
    await bench.engine.restore({ snapshot, targets: Object.fromEntries(paths.map((path) => [path, path])) });
    expect(['.env', 'config.json', 'files/1', 'beside'].map(text)).toEqual(['SECRET=1', '{}', 'files/1', 'changed']);
    put('.env', 'changed');
    put('files/1', 'changed');
    const { restored } = await bench.engine.restore({ snapshot, targets: { [at('.env')]: at('.env') } });
    expect(restored).toEqual({ files: 1, bytes: 8 });
    expect(['.env', 'files/1'].map(text)).toEqual(['SECRET=1', 'changed']);
  });

  it.each<[string, (snapshotOf: string) => Record<string, string>, RegExp]>([
    ['an unknown path', () => ({ '/nowhere': '/tmp/x' }), /holds no path "\/nowhere"/],
    ['none', () => ({}), /No path/],
    ['a relative one', (path) => ({ [path]: 'here' }), /not an absolute path/],
    ['the root', (path) => ({ [path]: '/' }), /root of the file system/],
    ['a file', (path) => ({ [path]: join(path, 'file') }), /is not a folder/],
    [
      'a dangling link',
      (path) => ({ [path]: join(path, 'dangling') }),
      /is a symbolic link to a path that does not exist/,
    ],
    ['the backups', (path) => ({ [path]: join(path, '..', 'backups', 'x') }), /folder of the backups/],
  ])('cannot be %s', async (_, targets, message) => {
    put('file');
    symlinkSync('nowhere', at('dangling'));
    const snapshot = await bench.capture();
    await expect(bench.engine.restore({ snapshot, targets: targets(bench.uploads) })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringMatching(message),
    });
    await expect(bench.engine.checkRestorable({ snapshot, targets: targets(bench.uploads) })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });

  it('cannot be inside another one', async () => {
    put('a/1');
    put('b/1');
    const snapshot = await bench.capture({ paths: [at('a'), at('b')] });
    const targets = { [at('a')]: at('c'), [at('b')]: at('c', 'd') };
    await expect(bench.engine.restore({ snapshot, targets })).rejects.toThrow(/inside another/);
  });
});

describe('paths of a plan', () => {
  it.each<[string, () => string[], RegExp]>([
    ['that is not there', () => [at('missing')], /it is not there/],
    ['inside another', () => [bench.uploads, at('a')], /inside another/],
    ['named twice', () => [at('a'), at('a')], /twice/],
    ['that is the whole file system', () => ['/'], /root of the file system/],
    ['that is relative', () => ['uploads'], /not an absolute/],
    ['that is the folder of the backups', () => [bench.backups], /folder of the backups/],
  ])('refuse one %s', async (_, paths, message) => {
    put('a/1');
    await expect(bench.capture({ paths: paths() })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('keep hard links within each of them', async () => {
    put('a/1');
    mkdirSync(at('b'));
    linkSync(at('a', '1'), at('b', '1'));
    linkSync(at('a', '1'), at('b', '2'));
    const snapshot = await bench.capture({ paths: [at('a'), at('b')] });
    const targets = { [at('a')]: join(bench.folder, 'a'), [at('b')]: join(bench.folder, 'b') };
    await bench.engine.restore({ snapshot, targets });
    expect(['a/1', 'b/1', 'b/2'].map((path) => statSync(join(bench.folder, path)).nlink)).toEqual([1, 2, 2]);
  });
});
