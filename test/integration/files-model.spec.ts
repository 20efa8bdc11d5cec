import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { FilesManifest } from '../../src/backup/model/manifest.js';
import { FilesBench } from '../support/files-bench.js';
import { Dice, RandomTree } from '../support/random-tree.js';
import { rounds, SEED } from '../support/rounds.js';
import { describeTree } from '../support/tree-oracle.js';

const RUNS = rounds(8, 24);
/** What keeps every differential below a third of its base. */
const BALLAST_BYTES = 300_000;
/** More than a tick of the clock that change times are taken from. */
const TICK_MS = 15;

afterEach(() => void vi.useRealTimers());

/** One life of a folder: a full snapshot, differentials after random changes, and restores of any of them. */
async function live(seed: number): Promise<void> {
  const dice = new Dice(seed);
  const bench = await FilesBench.open();
  try {
    writeFileSync(join(bench.uploads, 'ballast'), dice.bytes(BALLAST_BYTES));
    mkdirSync(join(bench.uploads, 'tree'));
    const tree = new RandomTree(join(bench.uploads, 'tree'), dice);
    tree.grow(60);
    const compression = dice.pick(['none', 'gzip', 'gzip', 'xz'] as const);
    const states: { snapshot: StoredSnapshot<FilesManifest>; tree: string[] }[] = [];
    const remember = async (base?: StoredSnapshot<FilesManifest>): Promise<void> => {
      const described = describeTree(bench.uploads);
      states.push({ snapshot: await bench.capture({ compression, ...(base && { base }) }), tree: described });
    };
    // Half of the runs take place when all files have long been settled, so that unchanged ones are not read again.
    if (dice.roll(2) === 0) vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    await remember();
    const base = states[0]!.snapshot;
    for (let round = 0; round < 3; round++) {
      await wait(TICK_MS);
      tree.grow(dice.roll(12));
      await remember(base);
    }
    expect(states.map(({ snapshot }) => snapshot.manifest.kind)).toEqual(['full', ...Array(3).fill('differential')]);

    for (let round = 0; round < 3; round++) {
      const { snapshot, tree: expected } = dice.pick(states);
      await bench.engine.verify({ snapshot });
      const target = dice.roll(2) === 0 ? bench.uploads : join(bench.folder, `elsewhere-${dice.roll(2)}`);
      await bench.restore(snapshot, target);
      expect(describeTree(target)).toEqual(expected);
      const scratch = join(bench.folder, `by-tar-${round}`);
      await extractByTar(await bench.engine.read({ snapshot, view: 'document' }), snapshot.manifest.filename, scratch);
      expect(describeTree(join(scratch, bench.uploads))).toEqual(expected);
    }
  } finally {
    await bench.close();
  }
}

async function extractByTar(document: Readable, filename: string, scratch: string): Promise<void> {
  mkdirSync(scratch);
  const file = `${scratch}.${filename}`;
  writeFileSync(file, await buffer(document));
  execFileSync('tar', [
    '--extract',
    '--auto-compress',
    '--preserve-permissions',
    '--file',
    file,
    '--directory',
    scratch,
  ]);
}

describe('a folder that lives', () => {
  it.each(Array.from({ length: RUNS }, (_, run) => SEED + run))(
    'comes back as it was at any of its snapshots, by the program and by tar (seed %i)',
    (seed) => live(seed),
  );
});
