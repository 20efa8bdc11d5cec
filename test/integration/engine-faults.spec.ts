import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaptureRequest } from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { BackupError } from '../../src/backup/model/errors.js';
import type { TableSummary } from '../../src/backup/model/manifest.js';
import { isProcessAlive } from '../../src/backup/system/temporary-file.js';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { useChildren } from '../support/inline-tasks.js';
import { rounds } from '../support/rounds.js';
import { createTraps, disturb, dump } from '../support/sqlite-oracle.js';

let bench: EngineBench;

beforeEach(async () => {
  bench = await EngineBench.open();
});
afterEach(() => bench.close());

/** The same folder, without a child process for each call. */
const inline = new InlineEngine();
const restoreInline = (snapshot: StoredSnapshot, allowSchemaChanges = false) =>
  inline.restore({ database: bench.target, snapshot, tables: null, allowSchemaChanges });

const captureRequest = (): CaptureRequest => ({
  database: bench.target,
  id: 'x',
  createdAt: '2026-01-30T12:00:00.000Z',
  documentPath: join(bench.folder, 'x.json'),
  indexPath: join(bench.folder, 'x.index'),
  base: 'requested',
  previous: null,
});

describe('a database that cannot be used', () => {
  const impatient = () => ({ ...bench.target, busyTimeoutMs: 150 });

  it.each(['wal', 'delete'] as const)(
    'locked by another connection (%s): the restore says so, and works later',
    async (mode) => {
      createTraps(bench.databasePath, mode);
      const snapshot = await bench.capture();
      const holder = new Database(bench.databasePath);
      holder.exec('BEGIN EXCLUSIVE');
      await expect(bench.restore(snapshot, { target: impatient() })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
      if (mode === 'delete')
        await expect(bench.capture(impatient())).rejects.toMatchObject({
          code: 'DATABASE_LOCKED',
          message: expect.stringMatching(/0\.15 s/),
        });
      holder.exec('COMMIT');
      holder.close();
      await bench.restore(snapshot, { target: impatient() });
    },
  );

  it('is captured in WAL mode while another connection writes', async () => {
    createTraps(bench.databasePath, 'wal');
    const holder = new Database(bench.databasePath);
    holder.exec('BEGIN EXCLUSIVE; DELETE FROM tree');
    expect((await bench.capture(impatient())).manifest.tables['tree']?.rows).toBe(4);
    holder.close();
  });

  it('waits for a reader only at the commit, and gives up with everything as it was', async () => {
    createTraps(bench.databasePath, 'delete');
    const snapshot = await bench.capture();
    disturb(bench.databasePath);
    const before = dump(bench.databasePath);
    const reader = new Database(bench.databasePath);
    reader.exec('BEGIN');
    reader.prepare('SELECT * FROM tree').all();
    await expect(bench.restore(snapshot, { target: impatient() })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    reader.close();
    expect(dump(bench.databasePath)).toBe(before);
  });

  it.each<[string, () => Promise<void> | void, string]>([
    ['missing', () => rm(bench.databasePath), 'DATABASE_UNAVAILABLE'],
    [
      'not a database',
      () => writeFile(bench.databasePath, 'This is not a database. '.repeat(100)),
      'DATABASE_UNAVAILABLE',
    ],
    [
      'cut off',
      async () => writeFile(bench.databasePath, (await readFile(bench.databasePath)).subarray(0, 6000)),
      'DATABASE_UNAVAILABLE',
    ],
    [
      'overwritten within',
      async () => writeFile(bench.databasePath, (await readFile(bench.databasePath)).fill(0xa5, 4096)),
      'DATABASE_UNAVAILABLE',
    ],
    ['in UTF-16', () => utf16(), 'UNSUPPORTED'],
  ])('%s: both directions say what is wrong', async (_, harm, code) => {
    createTraps(bench.databasePath, 'delete');
    const snapshot = await bench.capture();
    await harm();
    await expect(bench.capture()).rejects.toMatchObject({ code });
    await expect(bench.restore(snapshot)).rejects.toMatchObject({ code });
    expect((await readdir(bench.folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  async function utf16(): Promise<void> {
    await rm(bench.databasePath);
    const database = new Database(bench.databasePath);
    database.pragma(`encoding = 'UTF-16le'`);
    database.exec('CREATE TABLE t (a)');
    database.close();
  }
});

describe('a document that is damaged', () => {
  let snapshot: StoredSnapshot;
  let bytes: Buffer;
  let before: string;

  beforeEach(async () => {
    createTraps(bench.databasePath, 'delete');
    snapshot = await bench.capture();
    bytes = await readFile(snapshot.document.path);
    disturb(bench.databasePath);
    before = dump(bench.databasePath);
  });

  async function expectRefusal(damaged: Buffer, codes: string[]): Promise<void> {
    await writeFile(snapshot.document.path, damaged);
    await expect(restoreInline(snapshot)).rejects.toSatisfy((error: BackupError) => codes.includes(error.code));
    expect(dump(bench.databasePath)).toBe(before);
  }

  it('cut off anywhere', async () => {
    const where = fc.oneof(
      fc.nat(bytes.length - 1),
      fc.nat(30).map((back) => bytes.length - 1 - back),
    );
    await fc.assert(
      fc.asyncProperty(where, (length) => expectRefusal(bytes.subarray(0, length), ['SNAPSHOT_CORRUPT'])),
      { numRuns: rounds(20, 60), interruptAfterTimeLimit: 30_000 },
    );
  });

  it('with a bit flipped anywhere: it refuses, or the flip made no difference', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (position, bit) => {
        const damaged = Buffer.from(bytes);
        damaged[position]! ^= 1 << bit;
        await writeFile(snapshot.document.path, damaged);
        const outcome = await restoreInline(snapshot).catch((error: BackupError) => error);
        if (outcome instanceof BackupError) {
          expect(['SNAPSHOT_CORRUPT', 'RESTORE_MISMATCH', 'CONSTRAINT_VIOLATION']).toContain(outcome.code);
          expect(dump(bench.databasePath)).toBe(before);
        } else {
          expect(outcome.warnings).toEqual([]);
          expect(await tablesNow()).toEqual(snapshot.manifest.tables);
          disturb(bench.databasePath);
          before = dump(bench.databasePath);
        }
      }),
      { numRuns: rounds(80, 250), interruptAfterTimeLimit: 30_000 },
    );
  });

  it.each<[string, (text: string) => string]>([
    ['a row is missing', (text) => text.replace(/\n\{"id":2,[^\n]*,\n/, '\n')],
    ['a row is there twice', (text) => text.replace(/(\n\{"a":1,"b":"a"\},)/, '$1$1')],
    [
      'two rows have changed places',
      (text) => text.replace(/\n(\{"a":3,"b":"c"\}),\n(\{"a":1,"b":"a"\})/, '\n$2,\n$1'),
    ],
    ['a value is another one', (text) => text.replace('"minus zero"', '"plus zero"')],
    ['a number has become text', (text) => text.replace('{"a":3,"b":"c"}', '{"a":"3","b":"c"}')],
    ['a table is missing', (text) => text.replace(/\n"order":[\s\S]*?\n\]\},/, '')],
    [
      'a table is there twice',
      (text) =>
        text
          .replace(/(\n"order":[\s\S]*?\n\]\},)/, '$1$1')
          .replace(/\{"group":2,"select":"b"\}/, '{"group":5,"select":"b"}'),
    ],
    ['a column is missing', (text) => text.replace('{"name":"v","type":"TEXT"}', '{"name":"w","type":"TEXT"}')],
    ['a type is another one', (text) => text.replace('{"name":"v","type":"TEXT"}', '{"name":"v","type":"TEXU"}')],
    ['a sequence is another one', (text) => text.replace('{"name":"audited","seq":3}', '{"name":"audited","seq":4}')],
    ['a sequence is missing', (text) => text.replace(/\n\{"name":"audited","seq":3\},/, '')],
    ['it is another snapshot’s', (text) => text.replace('"id":"auto_backup_1"', '"id":"auto_backup_2"')],
    ['its format is newer', (text) => text.replace('"version":1', '"version":2')],
    ['something follows it', (text) => `${text}\n`],
    ['a key stands twice in a row', (text) => text.replace('{"a":3,"b":"c"}', '{"a":4,"a":3,"b":"c"}')],
    ['a column has null for a name', (text) => text.replace('{"name":"v","type":"TEXT"}', 'null')],
  ])('still JSON, but %s', async (_, change) => {
    const text = bytes.toString();
    const changed = change(text);
    expect(changed).not.toBe(text);
    await expectRefusal(Buffer.from(changed), ['SNAPSHOT_CORRUPT', 'RESTORE_MISMATCH']);
  });

  it('with another digest in its manifest', async () => {
    for (const table of Object.keys(snapshot.manifest.tables)) {
      const tables = structuredClone(snapshot.manifest.tables);
      tables[table]!.sha256 = createHash('sha256').update(table).digest('hex');
      const manifest = { ...snapshot.manifest, tables };
      await expect(restoreInline({ ...snapshot, manifest })).rejects.toMatchObject({ code: 'RESTORE_MISMATCH' });
    }
    expect(dump(bench.databasePath)).toBe(before);
  });

  /** Rows and digests of what is in the database now. */
  async function tablesNow(): Promise<Record<string, TableSummary>> {
    const { tables, temporaryPath } = await inline.capture(captureRequest());
    await rm(temporaryPath);
    return tables;
  }
});

describe('an end that comes too early', () => {
  useChildren();

  const ROWS = 60_000;
  let snapshot: StoredSnapshot;
  let restored: string;
  let disturbed: string;

  /** Large enough for a restore to last some hundred milliseconds. */
  beforeEach(async () => {
    const database = new Database(bench.databasePath);
    database.exec(`PRAGMA journal_mode = delete; CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE); CREATE INDEX by_name ON items (name DESC);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) INSERT INTO items SELECT i, 'name ' || i FROM n`);
    restored = dump(bench.databasePath);
    snapshot = await bench.capture();
    database.exec('DELETE FROM items WHERE id % 2');
    database.close();
    disturbed = dump(bench.databasePath);
  });

  function expectWhole(): void {
    expect([restored, disturbed]).toContain(dump(bench.databasePath));
    const database = new Database(bench.databasePath);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  }

  it.each([0, 60, 150, 300])(
    'a restore or a capture that is aborted after %i ms leaves nothing half done',
    async (delay) => {
      const pids: number[] = [];
      const run = () => {
        const abort = new AbortController();
        setTimeout(() => abort.abort(), delay);
        return { signal: abort.signal, onStart: (pid: number) => void pids.push(pid) };
      };
      const outcomes = await Promise.allSettled([
        bench.engine.restore({ database: bench.target, snapshot, tables: null, allowSchemaChanges: false }, run()),
        bench.engine.capture(captureRequest(), run()),
      ]);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CANCELLED' });
      expect(pids).toHaveLength(2);
      await expect.poll(() => pids.filter(isProcessAlive)).toEqual([]);
      if (outcomes[0].status === 'fulfilled') expect(dump(bench.databasePath)).toBe(restored);
      expectWhole();
      await bench.restore(snapshot);
      expect(dump(bench.databasePath)).toBe(restored);
    },
  );

  it('a restore whose process is killed just before it commits leaves nothing half done', async () => {
    let pid = 0;
    const run = {
      onStart: (started: number) => void (pid = started),
      onProgress: ({ stage }: { stage: string | null }) => void (stage === 'check' && process.kill(pid, 'SIGKILL')),
    };
    await expect(
      bench.engine.restore({ database: bench.target, snapshot, tables: null, allowSchemaChanges: false }, run),
    ).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringMatching(/SIGKILL/) });
    expectWhole();
    await bench.restore(snapshot);
    expect(dump(bench.databasePath)).toBe(restored);
  });

  it.each(['capture', 'restore'] as const)(
    'the process of a %s ends by itself, its work undone, when its application is killed',
    async (task) => {
      const application = startApplication(task);
      const exited = once(application, 'exit');
      const [pid] = (await once(application, 'message')) as [number];
      expect((await exited)[1]).toBe('SIGKILL');
      await expect.poll(() => isProcessAlive(pid)).toBe(false);
      expect(dump(bench.databasePath)).toBe(disturbed);
      for (const name of (await readdir(bench.folder)).filter((file) => file.includes('x.json')))
        expect((await readFile(join(bench.folder, name))).subarray(-4).toString()).not.toBe('}\n}\n');
    },
  );

  /** An application of a few lines that starts the task, tells the process id of the engine host, and is killed once that is at work. */
  function startApplication(task: 'capture' | 'restore'): ChildProcess {
    const request =
      task === 'restore'
        ? { database: bench.target, snapshot, tables: null, allowSchemaChanges: false }
        : captureRequest();
    const host = new URL('../../dist/backup/engines/engine-host.js', import.meta.url).href;
    const script = `import { EngineHost } from ${JSON.stringify(host)};
      await new EngineHost().run(${JSON.stringify(`json.${task}`)}, ${JSON.stringify(request)}, {
        onStart: (pid) => process.send(pid),
        onProgress: ({ progress }) => progress > 0 && process.kill(process.pid, 'SIGKILL'),
      });
      setInterval(() => undefined, 1000);`;
    return spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }
});
