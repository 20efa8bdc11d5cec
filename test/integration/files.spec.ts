import { linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync, chmodSync, chownSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FilesBench } from '../support/files-bench.js';
import { rounds } from '../support/rounds.js';
import { describeTree } from '../support/tree-oracle.js';

/** Larger than what is read in one piece; and less for the slow ones, whose programs get many pieces all the same. */
const LARGE = {
  none: 9_000_001,
  gzip: 9_000_001,
  bzip2: rounds(1_000_001, 9_000_001),
  xz: rounds(1_000_001, 9_000_001),
};

let bench: FilesBench;

beforeEach(async () => {
  bench = await FilesBench.open();
});
afterEach(() => bench.close());

const at = (...names: string[]): string => join(bench.uploads, ...names);

/** Everything that a folder can hold and a restore brings back. */
function fillUploads(large: number): void {
  for (const folder of ['empty', 'a/b/c', 'read-only', 'ü €']) mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('a', 'text.txt'), 'Hello');
  writeFileSync(at('a', 'empty'), '');
  writeFileSync(at('a', 'b', 'x'.repeat(255)), 'a long name');
  writeFileSync(at('ü €', 'new\nline and "quote" \\ back'), 'strange');
  writeFileSync(at('..almost'), 'not a way out');
  writeFileSync(at(' '), 'a space');
  writeFileSync(Buffer.concat([Buffer.from(`${at('a')}/`), Buffer.from([0xff, 0x80, 0x0a, 0x41])]), 'no text');
  writeFileSync(at('large'), noise(large));
  writeFileSync(at('read-only', 'inside'), 'kept');
  symlinkSync('/etc/passwd', at('absolute-link'));
  symlinkSync('../../..', at('a', 'way-out'));
  symlinkSync('nowhere', at('a', 'dangling'));
  linkSync(at('large'), at('z-hard-link'));
  linkSync(at('a', 'text.txt'), at('a', 'b', 'hard'));
  chmodSync(at('a', 'text.txt'), 0o4755);
  chmodSync(at('read-only'), 0o555);
  if (process.geteuid?.() === 0) chownSync(at('a', 'empty'), 1234, 2_500_000);
  utimesSync(at('a', 'empty'), 1, 1_000_000_000.5);
  utimesSync(at('empty'), 1, 1_600_000_000);
}

describe.each(['none', 'gzip', 'bzip2', 'xz'] as const)('files, compression %s', (compression) => {
  it('come back in place exactly, whatever became of them', async () => {
    fillUploads(LARGE[compression]);
    const before = describeTree(bench.uploads);
    const snapshot = await bench.capture({ compression });
    writeFileSync(at('a', 'text.txt'), 'Changed');
    writeFileSync(at('later'), 'goes');
    writeFileSync(at('empty', 'no more'), 'goes');
    expect(describeTree(bench.uploads)).not.toEqual(before);

    const { restored, warnings } = await bench.restore(snapshot);

    expect(describeTree(bench.uploads)).toEqual(before);
    expect(restored).toEqual({ files: snapshot.manifest.files.count, bytes: snapshot.manifest.files.size_bytes });
    expect(warnings).toEqual([]);
    expect(await readdir(bench.backups)).toEqual(['auto_backup_1.index', snapshot.manifest.filename]);
  });

  it('come back in another folder, and the original stays as it is', async () => {
    fillUploads(LARGE[compression]);
    const snapshot = await bench.capture({ compression });
    const captured = describeTree(bench.uploads);
    writeFileSync(at('later'), 'stays');
    const now = describeTree(bench.uploads);
    const elsewhere = join(bench.folder, 'deep', 'elsewhere');
    await bench.restore(snapshot, elsewhere);
    expect(describeTree(elsewhere)).toEqual(captured);
    expect(describeTree(bench.uploads)).toEqual(now);
  });

  it('come back from a differential and its base', async () => {
    fillUploads(LARGE[compression]);
    writeFileSync(at('noise'), noise(400_000));
    const base = await bench.capture({ compression });
    writeFileSync(at('a', 'text.txt'), 'Changed');
    writeFileSync(at('later'), 'new');
    const before = describeTree(bench.uploads);
    const differential = await bench.capture({ compression, base });
    expect(differential.manifest).toMatchObject({ kind: 'differential', base: base.manifest.id });
    expect(differential.manifest.file_size_bytes).toBeLessThan(base.manifest.file_size_bytes / 10);
    writeFileSync(at('a', 'text.txt'), 'Changed again');
    await bench.engine.verify({ snapshot: differential });
    await bench.restore(differential);
    expect(describeTree(bench.uploads)).toEqual(before);
  });
});

/** Bytes that no compression makes smaller, and the same in every run. */
function noise(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0, state = 1; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
