import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planSweep } from '../../src/backup/stores/sweep.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { FilesEngine } from '../../src/backup/engines/files/files.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { FilesManifest } from '../../src/backup/model/manifest.js';
import { isProcessAlive } from '../../src/backup/system/temporary-file.js';
import { FilesBench } from '../support/files-bench.js';
import { InlineFilesEngine } from '../support/inline-engines.js';
import { useChildren } from '../support/inline-tasks.js';
import { withFate, type Fate } from '../support/mortal-fs.js';
import { some } from '../support/rounds.js';
import { describeTree } from '../support/tree-oracle.js';

const PATTERNS = { exclude: ['**/*.log'] };

let bench: FilesBench;
const inline = new InlineFilesEngine();

beforeEach(async () => {
  bench = await FilesBench.open();
});
afterEach(() => bench.close());

/** Two folders, so that a restore has two stagings; both with things to be replaced, removed, made and kept. */
const roots = () => [join(bench.uploads, 'one'), join(bench.uploads, 'two')];
const targets = () => Object.fromEntries(roots().map((root) => [root, root]));

function fillOld(): void {
  for (const root of roots()) {
    mkdirSync(join(root, 'folder', 'deep'), { recursive: true });
    mkdirSync(join(root, 'gone'));
    writeFileSync(join(root, 'file'), 'as captured');
    writeFileSync(join(root, 'folder', 'deep', 'file'), 'as captured');
    writeFileSync(join(root, 'gone', 'file'), 'as captured');
    symlinkSync('file', join(root, 'link'));
  }
}

function change(): void {
  for (const root of roots()) {
    writeFileSync(join(root, 'file'), 'live');
    writeFileSync(join(root, 'folder', 'deep', 'file'), 'live');
    writeFileSync(join(root, 'folder', 'kept.log'), 'never captured');
    rmSync(join(root, 'gone'), { recursive: true });
    writeFileSync(join(root, 'gone'), 'a file now');
    mkdirSync(join(root, 'later'));
  }
}

const copy = (from: string, to: string): void => void execFileSync('cp', ['-a', from, to]);

/** Times of folders change when something comes and goes in them, also when a restore comes to nothing. */
const look = (): string[] => describeTree(bench.uploads, { folderTimes: false });

/** Snapshot, live tree, and both as they may be afterwards. */
async function prepare(): Promise<{ snapshot: StoredSnapshot<FilesManifest>; before: string[]; after: string[] }> {
  fillOld();
  const snapshot = await bench.capture({ paths: roots(), ...PATTERNS });
  change();
  const before = look();
  copy(bench.uploads, join(bench.folder, 'live'));
  await inline.restore({ snapshot, targets: targets() });
  const after = look();
  expect(after).not.toEqual(before);
  makeLive();
  return { snapshot, before: look(), after };
}

function makeLive(): void {
  rmSync(bench.uploads, { recursive: true });
  copy(join(bench.folder, 'live'), bench.uploads);
}

describe('a restore that dies at any change of the disk', () => {
  it('is undone or finished by the next start, whichever it was', async () => {
    const { snapshot, before, after } = await prepare();
    const { changes } = await withFate(null, () => inline.restore({ snapshot, targets: targets() }));
    const ends = new Set<string>();
    for (let at = 0; at <= changes; at++) {
      makeLive();
      const { error } = await withFate({ at, how: 'dies' }, () => inline.restore({ snapshot, targets: targets() }));
      if (error) expect(error.message).toMatch(/^dies at/);
      const recovered = await inline.recover(roots());
      const end = JSON.stringify(look()) === JSON.stringify(before) ? 'undone' : 'finished';
      expect(look(), `at change ${at}`).toEqual(end === 'undone' ? before : after);
      if (recovered) expect([recovered.state, at]).toEqual([end, at]);
      if (recovered?.state === 'finished') expect(recovered.outcome?.restored.files).toBe(6);
      ends.add(end);
      expect(await inline.recover(roots())).toBeNull();
    }
    expect([...ends].sort()).toEqual(['finished', 'undone']);
  });

  it('is undone or finished although the next start dies as well', async () => {
    const { snapshot, before, after } = await prepare();
    const { changes } = await withFate(null, () => inline.restore({ snapshot, targets: targets() }));
    for (let at = 0; at < changes; at += 7) {
      for (let second = 0; ; second += 5) {
        makeLive();
        await withFate({ at, how: 'dies' }, () => inline.restore({ snapshot, targets: targets() }));
        const { error } = await withFate({ at: second, how: 'dies' }, () => inline.recover(roots()));
        await inline.recover([...roots()].reverse());
        expect([before, after].map((tree) => JSON.stringify(tree))).toContain(JSON.stringify(look()));
        if (!error) break;
      }
    }
  });

  it.each(['EIO'] as const)('leaves everything as it was where one change fails (%s)', async (how) => {
    const { snapshot, before, after } = await prepare();
    const { changes } = await withFate(null, () => inline.restore({ snapshot, targets: targets() }));
    for (let at = 0; at < changes; at++) {
      makeLive();
      const fate: Fate = { at, how };
      const { error } = await withFate(fate, () => inline.restore({ snapshot, targets: targets() }));
      const recovered = await inline.recover(roots());
      const isDone = error === null || recovered?.state === 'finished';
      expect(look(), `at change ${at}: ${error?.message}`).toEqual(isDone ? after : before);
    }
  });
});

describe('a restore in a process of its own', () => {
  useChildren();
  const engine = new FilesEngine(new EngineHost());
  const FILES = 400;

  async function prepareMany() {
    for (const root of roots()) mkdirSync(root);
    for (let file = 0; file < FILES; file++)
      writeFileSync(join(roots()[file % 2]!, `file ${file}`), `as captured ${file}`);
    const snapshot = await bench.capture({ paths: roots() });
    const after = look();
    for (let file = 0; file < FILES; file += 3) writeFileSync(join(roots()[file % 2]!, `file ${file}`), 'live');
    return { snapshot, before: look(), after };
  }

  it.each(some([0, 80, 120, 160, 200, 260, 320], 3))(
    'is undone or finished by itself when it is cancelled after %i ms',
    async (delay) => {
      const { snapshot, before, after } = await prepareMany();
      const abort = new AbortController();
      setTimeout(() => abort.abort(), delay);
      const outcome = await engine.restore({ snapshot, targets: targets() }, { signal: abort.signal }).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
      expect(['done', 'CANCELLED']).toContain(outcome);
      expect(look()).toEqual(outcome === 'done' ? after : before);
    },
  );

  it.each(['restore', 'check', 'swap'])(
    'is brought to an end by the next start when it is killed with its application at the stage "%s"',
    async (stage) => {
      const { snapshot, before, after } = await prepareMany();
      const application = startApplication(snapshot, stage);
      const [pid] = (await once(application, 'message')) as [number];
      await once(application, 'exit');
      await engine.recover(roots());
      expect(isProcessAlive(pid)).toBe(false);
      expect([before, after].map((tree) => JSON.stringify(tree))).toContain(JSON.stringify(look()));
      await engine.restore({ snapshot, targets: targets() });
      expect(look()).toEqual(after);
    },
  );

  /** An application of a few lines that starts the restore, and is killed together with the engine host once that has come so far. */
  function startApplication(snapshot: StoredSnapshot<FilesManifest>, until: string) {
    const host = new URL('../../dist/backup/engines/engine-host.js', import.meta.url).href;
    const script = `import { EngineHost } from ${JSON.stringify(host)};
      let child = 0;
      await new EngineHost().run('files.restore', ${JSON.stringify({ snapshot, targets: targets() })}, {
        onStart: (pid) => process.send((child = pid)),
        onProgress: ({ stage }) => {
          if (stage !== ${JSON.stringify(until)}) return;
          process.kill(child, 'SIGKILL');
          process.kill(process.pid, 'SIGKILL');
        },
      });`;
    return spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  it.each(some([0, 60, 120, 180, 240], 3))(
    'a capture that is cancelled after %i ms leaves nothing but what the next start sweeps',
    async (delay) => {
      await prepareMany();
      const before = readdirSync(bench.backups);
      const abort = new AbortController();
      setTimeout(() => abort.abort(), delay);
      await engine.capture(bench.request({ paths: roots() }), { signal: abort.signal }).catch(() => undefined);
      const left = readdirSync(bench.backups).filter((name) => !before.includes(name));
      expect(planSweep(readdirSync(bench.backups), () => true).files.sort()).toEqual(left.sort());
    },
  );
});
