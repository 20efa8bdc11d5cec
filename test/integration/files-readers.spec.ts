import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { serialiseManifest, type FilesManifest } from '../../src/backup/model/manifest.js';
import { FilesBench } from '../support/files-bench.js';
import { Dice } from '../support/random-tree.js';
import { describeTree } from '../support/tree-oracle.js';

let bench: FilesBench;

beforeEach(async () => {
  bench = await FilesBench.open();
});
afterEach(() => bench.close());

const at = (...names: string[]): string => join(bench.uploads, ...names);
const scratch = (): string => join(bench.folder, 'scratch');

function fill(): void {
  mkdirSync(at('a', 'empty'), { recursive: true });
  mkdirSync(at('long'.repeat(40), 'longer'.repeat(40)), { recursive: true });
  writeFileSync(at('a', 'name\nwith "everything" in it'), 'strange');
  writeFileSync(at('long'.repeat(40), 'longer'.repeat(40), 'ü'), 'deep');
  for (const folder of [at('a'), at('long'.repeat(40))])
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]), 'no text');
  writeFileSync(at('gone'), 'goes');
  writeFileSync(at('ballast'), new Dice(3).bytes(200_000));
  linkSync(at('ballast'), at('other name'));
  symlinkSync(`../${'target/'.repeat(20)}`, at('link'));
  chmodSync(at('gone'), 0o2751);
  utimesSync(at('a', 'empty'), 1, 1_234_567_890.5);
}

/** Another reader's opinion of a tar: one line for each member, in its order. */
const PYTHON = String.raw`
import hashlib, sys, tarfile
with tarfile.open(sys.argv[1], errors='surrogateescape') as tar:
    for m in tar:
        content = hashlib.sha256(tar.extractfile(m).read()).hexdigest() if m.isreg() else ''
        kind = 'file' if m.isreg() else 'directory' if m.isdir() else 'symlink' if m.issym() else 'hardlink' if m.islnk() else 'other'
        name = m.name.encode('utf-8', 'surrogateescape').hex()
        print(name, kind, '%04o' % m.mode, m.uid, m.gid, '%.6f' % m.mtime, m.size, content, m.linkname.encode('utf-8', 'surrogateescape').hex())
`;

describe.each(['none', 'gzip', 'bzip2', 'xz'] as const)('a document, compression %s', (compression) => {
  it("is to Python's tarfile what its own list says", async () => {
    fill();
    const { document, manifest } = await bench.capture({ compression });
    const members = execFileSync('python3', ['-c', PYTHON, document.path], { encoding: 'utf8' }).trimEnd().split('\n');
    const list = execFileSync('tar', [
      '--extract',
      '--to-stdout',
      '--auto-compress',
      '--file',
      document.path,
      '.nestjs-backup/files.jsonl',
    ]);
    const expected = list
      .toString()
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => asPython(JSON.parse(line)));
    expect(members.slice(2)).toEqual(expected);
    expect(sha256sum(list)).toBe(manifest.files.sha256);
  });

  it('is extracted by tar to the same tree', async () => {
    fill();
    const { document } = await bench.capture({ compression });
    mkdirSync(scratch());
    execFileSync(
      'tar',
      ['--extract', '--auto-compress', '--preserve-permissions', '--file', document.path, '--directory', scratch()],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    expect(describeTree(join(scratch(), bench.uploads))).toEqual(describeTree(bench.uploads));
  });
});

function asPython(entry: Record<string, unknown>): string {
  const hex = (text: unknown): string =>
    typeof text === 'string' ? Buffer.from(text).toString('hex') : (text as { $hex: string }).$hex.toLowerCase();
  const { path, type, mode, uid, gid, mtime, size = 0, sha256 = '', target } = entry;
  const time = Number(mtime).toFixed(6);
  return [
    hex(path),
    type,
    mode,
    uid,
    gid,
    time,
    size,
    sha256,
    target === undefined ? '' : hex(target).replace(/(?:2f)+$/, (slashes) => (type === 'symlink' ? slashes : '')),
  ].join(' ');
}

const sha256sum = (bytes: Buffer): string =>
  execFileSync('sha256sum', { input: bytes, encoding: 'utf8' }).split(' ')[0]!;

/** The same size and the same time: only the change time tells. */
function rewriteUnnoticed(path: string): void {
  const { size, mtime } = statSync(path);
  writeFileSync(path, 'x'.repeat(size));
  utimesSync(path, mtime, mtime);
}

/** A recipe of the restore runbook, exactly as it is printed there, with no line of this program. */
async function recipe(name: string): Promise<string> {
  const runbook = await readFile('docs/restore-runbook.md', 'utf8');
  const marked = runbook.split(`<!-- ${name}:start -->`)[1]!.split(`<!-- ${name}:end -->`)[0]!;
  return /```bash\n([\s\S]*?)```/.exec(marked)![1]!;
}

describe('the runbook without the program', () => {
  async function byHand(snapshot: StoredSnapshot<FilesManifest>): Promise<string> {
    for (const { manifest } of [snapshot, snapshot.base ?? snapshot])
      writeFileSync(join(bench.backups, `${manifest.id}.meta.json`), serialiseManifest(manifest));
    mkdirSync(scratch());
    return execFileSync('bash', ['-c', await recipe('files')], {
      cwd: bench.backups,
      env: { ...process.env, SNAPSHOT: snapshot.manifest.id, TARGET: scratch() },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  it.each(['none', 'gzip', 'bzip2', 'xz'] as const)('gets files out of a full snapshot (%s)', async (compression) => {
    fill();
    await byHand(await bench.capture({ compression }));
    expect(describeTree(join(scratch(), bench.uploads))).toEqual(describeTree(bench.uploads));
  });

  it('gets files out of a differential and its base, and removes what was gone', async () => {
    fill();
    writeFileSync(at('twice'), 'before');
    linkSync(at('twice'), at('twice, too'));
    mkdirSync(at('folder'));
    writeFileSync(at('folder', 'in it'), 'x');
    const base = await bench.capture();
    writeFileSync(at('later'), 'new');
    rmSync(at('folder'), { recursive: true });
    writeFileSync(at('folder'), 'a file now');
    writeFileSync(at('a', 'name\nwith "everything" in it'), 'changed');
    rmSync(at('gone'));
    rmSync(Buffer.concat([Buffer.from(`${at('a')}/`), Buffer.from([0xff, 0xfe])]));
    rewriteUnnoticed(at('twice'));
    rmSync(at('a', 'empty'), { recursive: true });
    const differential = await bench.capture({ base });
    expect(differential.manifest.kind).toBe('differential');
    await byHand(differential);
    expect(describeTree(join(scratch(), bench.uploads), { folderTimes: false })).toEqual(
      describeTree(bench.uploads, { folderTimes: false }),
    );
  });

  it('stops at a document that is damaged', async () => {
    fill();
    const snapshot = await bench.capture();
    const bytes = readFileSync(snapshot.document.path);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(snapshot.document.path, bytes);
    await expect(byHand(snapshot)).rejects.toThrow();
  });
});
