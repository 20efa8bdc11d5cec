import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { captureFilesTask } from '../../src/backup/engines/files/capture.task.js';
import type { CaptureFilesRequest } from '../../src/backup/engines/files/files.requests.js';
import { readWhole, type FileSink } from '../../src/backup/engines/files/file.reading.js';
import { withoutPrivileges } from '../support/privileges.js';
import { FilesBench } from '../support/files-bench.js';
import { quiet } from '../support/inline-tasks.js';
import { describeTree } from '../support/tree-oracle.js';

let bench: FilesBench;

beforeEach(async () => {
  bench = await FilesBench.open();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await bench.close();
});

const at = (...names: string[]): string => join(bench.uploads, ...names);

/** A capture during which something happens before each thing it takes. */
function captureWhile(happens: (step: number) => void, chosen: Partial<CaptureFilesRequest> = {}) {
  let step = 0;
  const breathe = () => Promise.resolve(happens(step++));
  return captureFilesTask(bench.request(chosen), { ...quiet(), breathe });
}

const LARGE = 9 * 1024 * 1024;

/** Takes what is read, and lets something happen after the first piece of each attempt. */
function recorder(happens: (attempt: number) => void) {
  let pieces: Buffer[] = [];
  let attempt = 0;
  const sink: FileSink = {
    begin: () => {
      pieces = [];
      attempt++;
    },
    piece: (bytes) => {
      if (pieces.push(Buffer.from(bytes)) === 1) happens(attempt);
    },
    giveUp: () => void (pieces = []),
  };
  return { sink, content: () => Buffer.concat(pieces) };
}

describe('a file that changes while it is read', () => {
  beforeEach(() => writeFileSync(at('file'), Buffer.alloc(LARGE, 'a')));

  it('is read again, and taken when it holds still', async () => {
    const { sink, content } = recorder((attempt) => {
      if (attempt === 1) writeFileSync(at('file'), Buffer.alloc(LARGE, 'b'));
    });
    expect(await readWhole(at('file'), sink)).toMatchObject({ isUnstable: false });
    expect(content().equals(Buffer.alloc(LARGE, 'b'))).toBe(true);
  });

  it('is taken as it was read when it keeps growing, and marked', async () => {
    const { sink, content } = recorder(() => appendFileSync(at('file'), 'more'));
    const read = await readWhole(at('file'), sink);
    expect(read).toMatchObject({ isUnstable: true, stats: { size: BigInt(LARGE + 8) } });
    expect(content()).toHaveLength(LARGE + 8);
  });

  it('is left out when it keeps shrinking: half a file is none', async () => {
    const { sink, content } = recorder((attempt) => truncateSync(at('file'), LARGE - 2_000_000 * attempt));
    expect(await readWhole(at('file'), sink)).toBe('it kept changing while it was read');
    expect(content()).toHaveLength(0);
  });

  it('is left out when a link has taken its place', async () => {
    rmSync(at('file'));
    symlinkSync('/etc/passwd', at('file'));
    expect(await readWhole(at('file'), recorder(() => undefined).sink)).toBe('it could not be read (ELOOP)');
  });
});

describe.each(['none', 'gzip', 'xz'] as const)('a capture while everything changes, compression %s', (compression) => {
  it('is whole: what came to nothing left nothing in the document', async () => {
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(at(name), Buffer.alloc(LARGE, name));
    mkdirSync(at('folder'));
    const busy = setInterval(() => appendFileSync(at('b'), 'x'), 1);
    const captured = await captureWhile(
      (step) => {
        if (step === 1) truncateSync(at('c'), 1000);
        if (step === 2) rmSync(at('d'));
        if (step === 3) rmSync(at('folder'), { recursive: true });
      },
      { compression },
    ).finally(() => clearInterval(busy));
    expect(captured.files.skipped).toContainEqual({
      path: at('d'),
      reason: 'it vanished while the snapshot was taken',
    });
    expect(captured.files.skipped).toContainEqual({
      path: at('folder'),
      reason: 'it vanished while the snapshot was taken',
    });
    expect(captured.files.count).toBe(3);
    const listed = execFileSync('tar', ['--list', '--auto-compress', '--file', captured.temporaryPath], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(listed.split('\n').filter((name) => /uploads\/[abcd]$/.test(name))).toHaveLength(3);
  });
});

describe('what cannot be captured', () => {
  it('fails nothing, and is named', async () => {
    writeFileSync(at('readable'), 'x');
    mkdirSync(at('gone'));
    const captured = await captureWhile((step) => {
      if (step === 0) rmSync(at('gone'), { recursive: true });
    });
    expect(captured.files.skipped).toEqual([{ path: at('gone'), reason: 'it vanished while the snapshot was taken' }]);
  });

  it('is what may not be read, which makes the snapshot incomplete', async () => {
    writeFileSync(at('secret'), 'x');
    chmodSync(at('secret'), 0);
    mkdirSync(at('closed'));
    writeFileSync(at('closed', 'file'), 'x');
    chmodSync(at('closed'), 0);
    writeFileSync(at('open'), 'x');
    const { manifest } = await withoutPrivileges(bench.folder, () => bench.capture());
    const reason = 'it could not be read (EACCES)';
    expect(manifest.files.skipped).toEqual(['closed', 'secret'].map((name) => ({ path: at(name), reason })));
    expect(bench.lastCapture?.warnings).toMatchObject([
      {
        code: 'incomplete',
        message: expect.stringMatching(/^2 files or folders could not be read .*closed".*secret"/),
      },
    ]);
  });

  it('is no reason for a warning where there was nothing to capture', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await bench.capture();
    expect(bench.lastCapture?.warnings).toEqual([]);
  });

  it('is named at most a hundred times, and listed always', async () => {
    mkdirSync(at('pipes'));
    execFileSync(
      'mkfifo',
      Array.from({ length: 130 }, (_, number) => at('pipes', String(number))),
    );
    const { manifest } = await bench.capture();
    expect(manifest.files.skipped).toHaveLength(100);
    const { warnings } = await bench.restore(await bench.capture());
    expect(warnings).toEqual([expect.stringMatching(/^130 paths/)]);
  });
});

describe('a differential', () => {
  const settled = () => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });

  it('does not read what cannot have changed, and does read what only pretends not to have', async () => {
    settled();
    writeFileSync(at('same'), 'unread');
    writeFileSync(at('sly'), 'before');
    writeFileSync(at('ballast'), Buffer.from(Array.from({ length: 50_000 }, (_, n) => (n * n * 31) >> 3)));
    utimesSync(at('sly'), 1, 1);
    const base = await bench.capture({ compression: 'none' });
    await wait(15);
    writeFileSync(at('sly'), 'behind');
    utimesSync(at('sly'), 1, 1);
    const opened: string[] = [];
    const fs = await import('node:fs');
    const { syncBuiltinESMExports } = await import('node:module');
    const real = fs.default.openSync;
    fs.default.openSync = (...args: Parameters<typeof real>) => {
      opened.push(String(args[0]));
      return real(...args);
    };
    syncBuiltinESMExports();
    try {
      const differential = await bench.capture({ compression: 'none', base });
      expect(differential.manifest.kind).toBe('differential');
      expect(readFileSync(differential.document.path, 'latin1')).toContain('behind');
    } finally {
      fs.default.openSync = real;
      syncBuiltinESMExports();
    }
    expect(opened).toContain(at('sly'));
    expect(opened).not.toContain(at('same'));
    expect(opened).not.toContain(at('ballast'));
  });

  it('reads again what had only just changed when its base was taken', async () => {
    writeFileSync(at('file'), 'x'.repeat(60_000));
    const base = await bench.capture({ compression: 'none' });
    expect(readFileSync(join(bench.backups, `${base.manifest.id}.index`), 'utf8')).toMatch(/^- \{"path":"[^"]*file"/m);
  });

  it('holds nothing but its list when nothing has changed', async () => {
    writeFileSync(at('large'), Buffer.alloc(LARGE, 'a'));
    const base = await bench.capture({ compression: 'none' });
    const { manifest } = await bench.capture({ compression: 'none', base });
    expect(manifest.kind).toBe('differential');
    expect(manifest.file_size_bytes).toBeLessThan(4096);
    expect(manifest.files).toEqual(base.manifest.files);
  });
});

describe('a program that is missing', () => {
  it.each([
    ['bzip2', 'bzip2'],
    ['xz', 'xz-utils'],
  ] as const)('is named with its package (%s)', async (compression, debianPackage) => {
    writeFileSync(at('file'), 'x');
    const snapshot = await bench.capture({ compression });
    vi.stubEnv('PATH', '/nowhere');
    const missing = { code: 'UNSUPPORTED', message: expect.stringContaining(`Install the package "${debianPackage}"`) };
    await expect(bench.capture({ compression })).rejects.toMatchObject(missing);
    await expect(bench.restore(snapshot)).rejects.toMatchObject(missing);
    await expect(bench.engine.verify({ snapshot })).rejects.toMatchObject(missing);
  });
});

describe('a disk without room', () => {
  it('is found out before anything is written', async () => {
    writeFileSync(at('file'), 'x');
    const snapshot = await bench.capture();
    const fs = await import('node:fs');
    const { syncBuiltinESMExports } = await import('node:module');
    const real = fs.default.statfsSync;
    Object.assign(fs.default, { statfsSync: () => ({ bavail: 1, bsize: 4096 }) });
    syncBuiltinESMExports();
    const before = describeTree(bench.uploads);
    try {
      await expect(bench.restore(snapshot)).rejects.toMatchObject({ code: 'DISK_FULL' });
      await expect(
        bench.engine.checkRestorable({ snapshot, targets: { [bench.uploads]: bench.uploads } }),
      ).rejects.toMatchObject({ code: 'DISK_FULL' });
    } finally {
      Object.assign(fs.default, { statfsSync: real });
      syncBuiltinESMExports();
    }
    expect(describeTree(bench.uploads)).toEqual(before);
  });
});
