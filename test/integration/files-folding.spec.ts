import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FilesBench } from '../support/files-bench.js';
import { onFoldingFileSystem } from '../support/folding-fs.js';
import { describeTree } from '../support/tree-oracle.js';

let bench: FilesBench;
let elsewhere: string;

beforeEach(async () => {
  bench = await FilesBench.open();
  elsewhere = join(bench.folder, 'elsewhere');
});
afterEach(() => bench.close());

function put(folder: string, path: string, content = path): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
const tree = () => describeTree(elsewhere, { folderTimes: false });

/** What a refused restore leaves: the state before, and nothing of its own. */
async function expectRefused(restore: () => Promise<unknown>, names: RegExp): Promise<void> {
  mkdirSync(elsewhere, { recursive: true });
  const before = tree();
  await expect(onFoldingFileSystem(elsewhere, restore)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringMatching(names),
  });
  expect(tree()).toEqual(before);
}

it.each<[string, RegExp, () => void]>([
  [
    'files',
    /"docs\/A\.txt" and "docs\/a\.txt" are the same name.*Nothing was changed/,
    () => ['docs/A.txt', 'docs/a.txt'].forEach((path) => put(bench.uploads, path)),
  ],
  [
    'folders',
    /"Docs" and "docs" are the same name/,
    () => ['Docs/a', 'docs/b'].forEach((path) => put(bench.uploads, path)),
  ],
  [
    'accents written in two ways',
    /"e\u0301" and "\u00e9" are the same name/,
    () => ['e\u0301', '\u00e9'].forEach((path) => put(bench.uploads, path)),
  ],
  [
    'links',
    /"A" and "a" are the same name/,
    () => {
      put(bench.uploads, 'A');
      symlinkSync('A', join(bench.uploads, 'a'));
    },
  ],
  [
    'another name of the same file',
    /"A" and "a" are the same name/,
    () => {
      put(bench.uploads, 'A');
      linkSync(join(bench.uploads, 'A'), join(bench.uploads, 'a'));
    },
  ],
])(
  'two names of a snapshot that are one where it is restored to are named, and nothing is changed: %s',
  async (_, names, make) => {
    make();
    const snapshot = await bench.capture();
    put(elsewhere, 'live');
    await expectRefused(() => bench.restore(snapshot, elsewhere), names);
  },
);

it('two targets that are one folder are named', async () => {
  const [first, second] = ['Docs', 'docs'].map((name) => join(bench.uploads, name)) as [string, string];
  put(first, 'same', 'first');
  put(second, 'same', 'second');
  const snapshot = await bench.capture({ paths: [first, second] });
  const targets = { [first]: join(elsewhere, 'Docs'), [second]: join(elsewhere, 'docs') };
  mkdirSync(elsewhere);
  await expect(onFoldingFileSystem(elsewhere, () => bench.engine.restore({ snapshot, targets }))).rejects.toMatchObject(
    { code: 'UNSUPPORTED', message: expect.stringMatching(/Docs" and ".*docs" are the same name/) },
  );
  expect(readdirSync(join(elsewhere, 'Docs'))).toEqual([]);
});

it.each([
  ['a file', 'README', 'readme'],
  ['a folder', 'Cache/deep', 'cache'],
  ['a folder in which something stays', 'Data/Cache/deep', 'data'],
])('what was never captured is not replaced under another spelling of its name: %s', async (_, kept, captured) => {
  put(bench.uploads, captured);
  const snapshot = await bench.capture({ exclude: ['README', '**/Cache'] });
  put(elsewhere, kept, 'precious');
  await expectRefused(() => bench.restore(snapshot, elsewhere), /are the same name.*never captured/);
});

it('what the snapshot spells in another way is replaced by it', async () => {
  put(bench.uploads, 'docs/a.txt', 'restored');
  const snapshot = await bench.capture();
  put(elsewhere, 'DOCS/A.TXT', 'live');
  put(elsewhere, 'DOCS/later', 'live');
  await onFoldingFileSystem(elsewhere, () => bench.restore(snapshot, elsewhere));
  expect(readdirSync(elsewhere)).toEqual(['docs']);
  expect(readdirSync(join(elsewhere, 'docs'))).toEqual(['a.txt']);
  expect(readFileSync(join(elsewhere, 'docs/a.txt'), 'utf8')).toBe('restored');
});
