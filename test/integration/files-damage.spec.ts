import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { FilesManifest } from '../../src/backup/model/manifest.js';
import { FilesBench } from '../support/files-bench.js';
import { sha256 } from '../support/hostile-tar.js';
import { Dice, RandomTree } from '../support/random-tree.js';
import { rounds, SEED } from '../support/rounds.js';
import { describeTree } from '../support/tree-oracle.js';

const FLIPS = rounds(12, 40);

let bench: FilesBench;
let dice: Dice;

beforeEach(async () => {
  bench = await FilesBench.open();
  dice = new Dice(SEED);
  writeFileSync(join(bench.uploads, 'ballast'), dice.bytes(150_000));
  new RandomTree(bench.uploads, dice).grow(40);
});
afterEach(async () => {
  vi.useRealTimers();
  await bench.close();
});

/** All but the snapshots. */
const everythingElse = (): string[] =>
  describeTree(bench.folder, { folderTimes: false }).filter((line) => !line.includes('auto_backup'));

/** One flipped bit somewhere. */
function flip(path: string): Buffer {
  const bytes = readFileSync(path);
  const at = dice.roll(bytes.length);
  bytes[at] = bytes[at]! ^ (1 << dice.roll(8));
  writeFileSync(path, bytes);
  return bytes;
}

const outcomeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );

describe.each(['none', 'gzip', 'bzip2', 'xz'] as const)(
  `a damaged document, compression %s (seed ${SEED})`,
  (compression) => {
    it('is refused, and what is there stays', async () => {
      const snapshot = await bench.capture({ compression });
      const sound = readFileSync(snapshot.document.path);
      writeFileSync(join(bench.uploads, 'later'), 'stays');
      const before = everythingElse();
      for (let round = 0; round < FLIPS; round++) {
        flip(snapshot.document.path);
        if (round === 0)
          await expect(bench.engine.verify({ snapshot })).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
        expect(await outcomeOf(bench.restore(snapshot))).toBe('SNAPSHOT_CORRUPT');
        writeFileSync(snapshot.document.path, sound);
      }
      for (const length of [0, 1, 700, sound.length >> 1, sound.length - 1]) {
        truncateSync(snapshot.document.path, length);
        expect(await outcomeOf(bench.restore(snapshot))).toBe('SNAPSHOT_CORRUPT');
        writeFileSync(snapshot.document.path, sound);
      }
      expect(everythingElse()).toEqual(before);
    });

    it('whose manifest has taken on its checksum gives exactly the same tree, or is refused', async () => {
      const snapshot = await bench.capture({ compression });
      const expected = describeTree(bench.uploads, { folderTimes: false });
      const sound = readFileSync(snapshot.document.path);
      const outcomes = new Set<string>();
      for (let round = 0; round < FLIPS; round++) {
        const checksum = sha256(flip(snapshot.document.path));
        const outcome = await outcomeOf(bench.restore({ ...snapshot, manifest: { ...snapshot.manifest, checksum } }));
        outcomes.add(outcome);
        expect(describeTree(bench.uploads, { folderTimes: false })).toEqual(expected);
        writeFileSync(snapshot.document.path, sound);
      }
      expect([...outcomes].filter((outcome) => !['done', 'SNAPSHOT_CORRUPT'].includes(outcome))).toEqual([]);
    });
  },
);

describe(`a damaged base (seed ${SEED})`, () => {
  it('makes its differential one that cannot be restored, and that says so', async () => {
    const base = await bench.capture();
    writeFileSync(join(bench.uploads, 'later'), 'new');
    const differential = await bench.capture({ base });
    expect(differential.manifest.kind).toBe('differential');
    const expected = describeTree(bench.uploads, { folderTimes: false });
    const sound = readFileSync(base.document.path);
    for (let round = 0; round < FLIPS; round++) {
      flip(base.document.path);
      await expect(bench.engine.verify({ snapshot: differential })).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
      const outcome = await outcomeOf(bench.restore(differential));
      expect(['done', 'SNAPSHOT_CORRUPT']).toContain(outcome);
      expect(describeTree(bench.uploads, { folderTimes: false })).toEqual(expected);
      writeFileSync(base.document.path, sound);
    }
  });

  it('is not believed where only its index is damaged', async () => {
    // Everything is settled, so that nothing is read again where the index says that nothing has changed.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    const base = await bench.capture();
    const expected = describeTree(bench.uploads, { folderTimes: false });
    const indexPath = join(bench.backups, `${base.manifest.id}.index`);
    const sound = readFileSync(indexPath);
    const kinds = new Set<string>();
    for (let round = 0; round < FLIPS; round++) {
      flip(indexPath);
      const snapshot = await bench.capture({ base });
      kinds.add(`${snapshot.manifest.kind} ${snapshot.manifest.full_reason}`);
      await bench.engine.verify({ snapshot });
      await bench.restore(snapshot);
      expect(describeTree(bench.uploads, { folderTimes: false })).toEqual(expected);
      writeFileSync(indexPath, sound);
    }
    expect(
      [...kinds]
        .sort()
        .filter((kind) => !/^differential null$|^full (no_index|selection_changed|too_much_changed)$/.test(kind)),
    ).toEqual([]);
    rmSync(indexPath);
    const { manifest } = await bench.capture({ base });
    expect(manifest).toMatchObject({ kind: 'full', full_reason: 'no_index' });
  });

  it.each<[string, Parameters<FilesBench['capture']>[0], string]>([
    ['other patterns', { exclude: ['*.log'] }, 'selection_changed'],
    ['another compression', { compression: 'none' }, 'selection_changed'],
  ])('is not used for %s', async (_, chosen, reason) => {
    const base: StoredSnapshot<FilesManifest> = await bench.capture();
    const { manifest } = await bench.capture({ ...chosen, base });
    expect(manifest).toMatchObject({ kind: 'full', base: null, full_reason: reason });
  });

  it('is not used when too much has changed', async () => {
    const base = await bench.capture();
    writeFileSync(join(bench.uploads, 'ballast'), dice.bytes(150_000));
    const { manifest } = await bench.capture({ base });
    expect(manifest).toMatchObject({ kind: 'full', full_reason: 'too_much_changed' });
  });
});
