import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FilesBench } from '../support/files-bench.js';
import {
  file,
  folder,
  hardlink,
  link,
  member,
  memberOf,
  plant,
  sha256,
  type Document,
  type Line,
} from '../support/hostile-tar.js';
import { describeTree } from '../support/tree-oracle.js';

let bench: FilesBench;
/** As a list names it. */
let root: string;
let everything: string[];

beforeEach(async () => {
  bench = await FilesBench.open();
  root = bench.uploads.slice(1);
  mkdirSync(join(bench.folder, 'outside'));
  writeFileSync(join(bench.folder, 'outside', 'secret'), 'nobody may read or change this');
  writeFileSync(join(bench.uploads, 'mine'), 'the live file');
});
afterEach(() => bench.close());

const top = () => folder(root);
const below = (name: string) => `${root}/${name}`;
const outside = () => join(bench.folder, 'outside');

/** Lines with the members that belong to them; every file has the content `x`. */
const consistent = (...lines: Line[]): Document => ({
  lines: [top(), ...lines],
  members: [top(), ...lines].map((line) => memberOf(line, line['type'] === 'file' ? 'x' : '')),
});

const HOSTILE: [what: string, document: () => Document][] = [
  ['an absolute name', () => consistent(file('/etc/planted', 'x'))],
  ['a name that climbs out', () => consistent(file(below('../outside/planted'), 'x'))],
  [
    'a name that climbs out in hexadecimal',
    () => consistent(file({ $hex: Buffer.from(below('../planted')).toString('hex').toUpperCase() }, 'x')),
  ],
  ['a single dot', () => consistent(file(below('.'), 'x'))],
  ['an empty name', () => consistent(file(below('a//b'), 'x'))],
  ['a NUL in a name', () => consistent(file(below('a\0b'), 'x'))],
  ['a name of 256 bytes', () => consistent(file(below('a'.repeat(256)), 'x'))],
  ['a path beside the captured one', () => consistent(file(`${root}2`, 'x'))],
  [
    'the captured path as a link',
    () => ({ lines: [link(root, outside())], members: [memberOf(link(root, outside()))] }),
  ],
  ['a file through a link', () => consistent(link(below('a'), outside()), file(below('a/planted'), 'x'))],
  ['a file in a file', () => consistent(file(below('a'), 'x'), file(below('a/b'), 'x'))],
  ['a file in a folder that is not there', () => consistent(file(below('a/b'), 'x'))],
  ['a name that comes twice', () => consistent(file(below('a'), 'x'), file(below('a'), 'x'))],
  ['a link that a file replaces', () => consistent(link(below('a'), outside()), file(below('a'), 'x'))],
  ['names out of order', () => consistent(file(below('b'), 'x'), file(below('a'), 'x'))],
  ['a hard link to the outside', () => consistent(hardlink(below('a'), `${outside().slice(1)}/secret`))],
  ['an absolute hard link', () => consistent(hardlink(below('a'), `${outside()}/secret`))],
  ['a hard link that climbs out', () => consistent(hardlink(below('a'), below('../outside/secret')))],
  [
    'a hard link to a symbolic one',
    () => consistent(link(below('a'), join(outside(), 'secret')), hardlink(below('b'), below('a'))),
  ],
  ['a hard link to what comes later', () => consistent(hardlink(below('a'), below('b')), file(below('b'), 'x'))],
  ['a hard link to nothing', () => consistent(hardlink(below('b'), below('a')))],
  ['a device', () => ({ ...consistent(), members: [memberOf(top()), member({ name: below('null'), flag: '3' })] })],
  ['an unknown type', () => consistent({ ...file(below('a'), 'x'), type: 'device' })],
  ['a mode that is none', () => consistent({ ...file(below('a'), 'x'), mode: '99999' })],
  ['a time that is none', () => consistent({ ...file(below('a'), 'x'), mtime: 'soon' })],
  ['a link with a NUL', () => consistent(link(below('a'), 'x\0y'))],
  [
    'a member that is not in the list',
    () => ({ ...consistent(), members: [memberOf(top()), memberOf(file(below('a'), 'x'), 'x')] }),
  ],
  ['a member that is missing', () => ({ ...consistent(file(below('a'), 'x')), members: [memberOf(top())] })],
  [
    'a member with another mode',
    () => ({
      lines: [top(), file(below('a'), 'x')],
      members: [memberOf(top()), memberOf({ ...file(below('a'), 'x'), mode: '4755' }, 'x')],
    }),
  ],
  [
    'a content with another digest',
    () => ({ lines: [top(), file(below('a'), 'x')], members: [memberOf(top()), memberOf(file(below('a'), 'x'), 'y')] }),
  ],
  [
    'a content that is longer',
    () => ({
      lines: [top(), file(below('a'), 'x')],
      members: [memberOf(top()), member({ name: below('a'), flag: '0', content: 'xy', size: 1 })],
    }),
  ],
  [
    'a content that is cut off',
    () => ({ ...consistent({ ...file(below('a'), 'x'), size: 5000 }), end: Buffer.alloc(0) }),
  ],
  ['a size beyond all disks', () => consistent({ ...file(below('a'), 'x'), size: 2 ** 52 })],
  ['a negative size', () => consistent({ ...file(below('a'), 'x'), size: -1 })],
  [
    'something behind its end',
    () => ({ ...consistent(), end: Buffer.concat([Buffer.alloc(1024), memberOf(file(below('a'), 'x'), 'x')]) }),
  ],
  ['no end', () => ({ ...consistent(), end: Buffer.alloc(0) })],
];

describe('a document that somebody made up', () => {
  it.each(HOSTILE)('with %s is refused before anything is touched', async (_, document) => {
    const snapshot = plant(bench.backups, bench.uploads, document());
    everything = describeTree(bench.folder, { folderTimes: false });

    await expect(bench.restore(snapshot)).rejects.toMatchObject({
      code: expect.stringMatching(/SNAPSHOT_CORRUPT|DISK_FULL/),
    });

    expect(describeTree(bench.folder, { folderTimes: false })).toEqual(everything);
    expect(readFileSync(join(bench.uploads, 'mine'), 'utf8')).toBe('the live file');
  });

  it('is taken when there is nothing wrong with it', async () => {
    const snapshot = plant(
      bench.backups,
      bench.uploads,
      consistent(file(below('a'), 'x'), hardlink(below('b'), below('a')), link(below('c'), outside())),
    );
    await bench.engine.verify({ snapshot });
    await bench.restore(snapshot);
    expect(readFileSync(join(bench.uploads, 'a'), 'utf8')).toBe('x');
    expect(statSync(join(bench.uploads, 'b')).nlink).toBe(2);
    expect(readFileSync(join(outside(), 'secret'), 'utf8')).toMatch(/^nobody/);
  });

  it('with a list that its manifest does not know is refused', async () => {
    const snapshot = plant(bench.backups, bench.uploads, consistent(file(below('a'), 'x')));
    const files = { ...snapshot.manifest.files, sha256: sha256('another list') };
    await expect(bench.restore({ ...snapshot, manifest: { ...snapshot.manifest, files } })).rejects.toMatchObject({
      code: 'SNAPSHOT_CORRUPT',
    });
  });

  it.each([
    ['id', { id: 'another' }],
    ['base', { kind: 'differential' as const, base: 'planted_base' }],
    ['time', { created_at: '2023-11-14T22:13:21.000Z' }],
  ])('with the %s of another snapshot is refused', async (_, facts) => {
    const snapshot = plant(bench.backups, bench.uploads, consistent(file(below('a'), 'x')));
    const manifest = { ...snapshot.manifest, ...facts };
    await expect(bench.restore({ ...snapshot, base: snapshot, manifest })).rejects.toMatchObject({
      code: 'SNAPSHOT_CORRUPT',
    });
  });
});
