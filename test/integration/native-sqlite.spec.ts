import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeArchive } from '../../src/backup/archive/archive.writer.js';
import { planSweep } from '../../src/backup/stores/sweep.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { isProcessAlive } from '../../src/backup/system/temporary-file.js';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { useChildren } from '../support/inline-tasks.js';
import { OtherProcess } from '../support/other-process.js';
import { fullDisk } from '../support/full-disk.js';
import { some } from '../support/rounds.js';
import { createTraps, disturb, dump, everyValue } from '../support/sqlite-oracle.js';

let bench: EngineBench;

beforeEach(async () => {
  bench = await EngineBench.open(new NativeEngine(new EngineHost()));
});
afterEach(() => bench.close());

const unfinished = async () => (await readdir(bench.folder)).filter((name) => name.includes('.tmp'));

function ask(path: string, sql: string): unknown {
  const database = new Database(path);
  try {
    return database.prepare(sql).pluck().get();
  } finally {
    database.close();
  }
}

describe.each(['wal', 'delete'] as const)('a copy of a database in %s mode', (mode) => {
  beforeEach(() => createTraps(bench.databasePath, mode));

  it('is a database of its own, sound, private, and what the manifest says', async () => {
    const { manifest, document } = await bench.capture();
    expect(manifest).toMatchObject({ filename: 'auto_backup_1.db', kind: 'full', full_reason: 'engine', base: null });
    expect(manifest.database).toMatchObject({ type: 'sqlite', name: 'app.sqlite' });
    const bytes = await readFile(document.path);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(manifest.checksum);
    expect(bytes.length).toBe(manifest.file_size_bytes);
    expect((await stat(document.path)).mode & 0o777).toBe(0o600);
    expect((await readdir(bench.folder)).filter((name) => name.startsWith('auto_backup_1'))).toEqual([
      'auto_backup_1.db',
    ]);
    expect(dump(document.path)).toBe(dump(bench.databasePath));
    expect(everyValue(document.path)).toEqual(everyValue(bench.databasePath));
    expect(ask(document.path, 'PRAGMA integrity_check')).toBe('ok');
    expect(ask(document.path, 'PRAGMA journal_mode')).toBe('delete');
    expect(await unfinished()).toEqual([]);
  });

  it('has the digests of a JSON snapshot', async () => {
    const json = await EngineBench.open(new InlineEngine());
    const expected = await json.capture(bench.target);
    await json.close();
    const { manifest } = await bench.capture();
    expect(manifest.tables).toEqual(expected.manifest.tables);
    expect(manifest.schema).toEqual(expected.manifest.schema);
  });

  it('comes back bit for bit, into a connection that stays open', async () => {
    const host = OtherProcess.start();
    await host.open(bench.databasePath);
    const before = { dump: dump(bench.databasePath), values: everyValue(bench.databasePath) };
    const snapshot = await bench.capture();
    disturb(bench.databasePath);
    await host.all('SELECT * FROM audited');
    const { tables, warnings } = await bench.restore(snapshot);
    expect(warnings).toEqual([]);
    expect(tables['tree']).toEqual({ rows: 4 });
    expect(await host.all('SELECT v FROM audited ORDER BY id')).toEqual([['a'], ['b']]);
    await host.exec(`INSERT INTO empty_table VALUES (9, 'still writing')`);
    expect(await host.all('PRAGMA integrity_check')).toEqual([['ok']]);
    await host.exec(`DELETE FROM empty_table WHERE id = 9`);
    await host.close();
    await host.kill();
    expect(dump(bench.databasePath)).toBe(before.dump);
    expect(everyValue(bench.databasePath)).toEqual(before.values);
    expect(await unfinished()).toEqual([]);
  });
});

describe('while somebody writes without an end', () => {
  it.each(['wal', 'delete'] as const)('a copy (%s) is of one moment, and the writer goes on', async (mode) => {
    const database = new Database(bench.databasePath);
    database.pragma(`journal_mode = ${mode}`);
    database.exec(`CREATE TABLE a (n INTEGER PRIMARY KEY, filler TEXT); CREATE TABLE b (n INTEGER PRIMARY KEY);
      WITH RECURSIVE n(i) AS (SELECT -60000 UNION ALL SELECT i + 1 FROM n WHERE i < -1) INSERT INTO a SELECT i, printf('%0100d', i) FROM n;`);
    const writer = OtherProcess.start();
    await writer.open(bench.databasePath);
    await writer.loop(['INSERT INTO a (n) VALUES (:n)', 'INSERT INTO b VALUES (:n)'], 1);
    const count = () => database.prepare('SELECT count(*) FROM b').pluck().get() as number;
    try {
      for (let round = 0; round < 3; round++) {
        const before = count();
        const { manifest, document } = await bench.capture();
        const rows = manifest.tables['b']!.rows;
        expect(manifest.tables['a']!.rows).toBe(60_000 + rows);
        expect(rows).toBeGreaterThanOrEqual(before);
        expect(ask(document.path, 'PRAGMA integrity_check')).toBe('ok');
        expect(count()).toBeGreaterThan(rows);
      }
    } finally {
      await writer.kill();
      database.close();
    }
  });
});

describe('out of an archive, and of other shapes', () => {
  it('restores a copy that lies in a ZIP', async () => {
    createTraps(bench.databasePath);
    const before = dump(bench.databasePath);
    const { manifest, document } = await bench.capture();
    const path = join(bench.folder, 'day.zip');
    const entry = { name: manifest.filename, modifiedAt: new Date(0), open: () => createReadStream(document.path) };
    await writeArchive(path, [entry]);
    await rm(document.path);
    disturb(bench.databasePath);
    const archived = { manifest, document: { path, entry: manifest.filename }, base: null };
    expect(await bench.engine.checkRestorable({ database: bench.target, snapshot: archived, tables: null })).toEqual(
      [],
    );
    await bench.restore(archived);
    expect(dump(bench.databasePath)).toBe(before);
    expect(await unfinished()).toEqual([]);
  });

  it.each([512, 65536])('into a database whose pages have %i bytes', async (pageSize) => {
    createTraps(bench.databasePath);
    const before = everyValue(bench.databasePath);
    const snapshot = await bench.capture();
    disturb(bench.databasePath);
    const database = new Database(bench.databasePath);
    database.exec(`PRAGMA journal_mode = delete; PRAGMA page_size = ${pageSize}; VACUUM; PRAGMA journal_mode = wal`);
    await bench.restore(snapshot);
    database.close();
    expect(everyValue(bench.databasePath)).toEqual(before);
    expect(ask(bench.databasePath, 'PRAGMA page_size')).toBe(pageSize);
  });

  it('chosen tables, and into an empty database', async () => {
    createTraps(bench.databasePath);
    const values = everyValue(bench.databasePath);
    const snapshot = await bench.capture();
    disturb(bench.databasePath);
    await bench.restore(snapshot, { tables: ['no_key'] });
    expect(everyValue(bench.databasePath)['no_key']).toEqual(values['no_key']);
    expect(ask(bench.databasePath, 'SELECT count(*) FROM audited')).toBe(2);
    await rm(bench.databasePath);
    new Database(bench.databasePath).exec('CREATE TABLE x (y); DROP TABLE x').close();
    await expect(bench.restore(snapshot)).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
    await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(everyValue(bench.databasePath)['strict_table']).toEqual(values['strict_table']);
  });

  it('says which schema differences stand in the way, before anything is changed', async () => {
    createTraps(bench.databasePath);
    const snapshot = await bench.capture();
    new Database(bench.databasePath).exec('ALTER TABLE tree ADD COLUMN leaf TEXT').close();
    const before = dump(bench.databasePath);
    const differences = await bench.engine.checkRestorable({ database: bench.target, snapshot, tables: null });
    expect(differences).toMatchObject([{ table: 'tree', column: 'leaf' }]);
    await expect(bench.restore(snapshot)).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
    expect(dump(bench.databasePath)).toBe(before);
  });

  it('hands out the stored bytes, and no rows', async () => {
    createTraps(bench.databasePath);
    const snapshot = await bench.capture();
    const bytes = await readFile(snapshot.document.path, 'latin1');
    for (const view of ['document', 'stored'] as const) {
      const stream = await bench.engine.read({ view, snapshot });
      expect(await text(stream.setEncoding('latin1'))).toBe(bytes);
    }
    const rows = bench.engine.readRows({ view: 'table', snapshot, table: 'tree', offset: 0, limit: 1 });
    await expect(rows).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('refuses chosen tables in a plan, and a snapshot of another kind of database', async () => {
    createTraps(bench.databasePath);
    const request = { database: bench.target, tables: ['tree'], id: 'x', createdAt: '', base: 'engine' as const };
    const paths = { documentPath: join(bench.folder, 'x.db'), indexPath: join(bench.folder, 'x.index') };
    await expect(bench.engine.capture({ ...request, ...paths, previous: null })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
    const snapshot = await bench.capture();
    const manifest = { ...snapshot.manifest, database: { ...snapshot.manifest.database, type: 'postgres' } };
    await expect(bench.restore({ ...snapshot, manifest })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describe('faults', () => {
  const impatient = () => ({ ...bench.target, busyTimeoutMs: 150 });

  it.each<[string, () => Promise<void>, string]>([
    ['missing', () => rm(bench.databasePath), 'DATABASE_UNAVAILABLE'],
    [
      'not a database',
      () => writeFile(bench.databasePath, 'This is not a database. '.repeat(100)),
      'DATABASE_UNAVAILABLE',
    ],
    [
      'overwritten within',
      async () => {
        const bytes = await readFile(bench.databasePath);
        await writeFile(bench.databasePath, bytes.fill(0xa5, 4096, bytes.length - 4096));
      },
      'DATABASE_UNAVAILABLE',
    ],
  ])('a database that is %s is not captured', async (_, harm, code) => {
    createTraps(bench.databasePath, 'delete');
    await harm();
    await expect(bench.capture()).rejects.toMatchObject({ code });
    expect(await unfinished()).toEqual([]);
  });

  it('rows that break a rule of their table are captured all the same', async () => {
    const database = new Database(bench.databasePath);
    database.exec(
      'CREATE TABLE t (a INT CHECK (a > 0)); PRAGMA ignore_check_constraints = on; INSERT INTO t VALUES (-1)',
    );
    database.close();
    expect((await bench.capture()).manifest.tables['t']).toMatchObject({ rows: 1 });
  });

  it('locked by another connection: both directions say so, and work later', async () => {
    createTraps(bench.databasePath, 'delete');
    const snapshot = await bench.capture();
    const holder = new Database(bench.databasePath);
    holder.exec('BEGIN EXCLUSIVE');
    await expect(bench.capture(impatient())).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    await expect(bench.restore(snapshot, { target: impatient() })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    holder.exec('COMMIT');
    holder.close();
    await bench.restore(snapshot, { target: impatient() });
    expect(await unfinished()).toEqual([]);
  });

  it('a copy with a flipped bit, or cut off, is never restored', async () => {
    createTraps(bench.databasePath);
    const snapshot = await bench.capture();
    disturb(bench.databasePath);
    const before = dump(bench.databasePath);
    const bytes = await readFile(snapshot.document.path);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length >> 1]! ^= 4;
    for (const damaged of [flipped, bytes.subarray(0, -4096), Buffer.alloc(0)]) {
      await writeFile(snapshot.document.path, damaged);
      await expect(bench.restore(snapshot)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    }
    expect(dump(bench.databasePath)).toBe(before);
    expect(await unfinished()).toEqual([]);
  });

  it('with another digest in its manifest is undone', async () => {
    createTraps(bench.databasePath);
    const snapshot = await bench.capture();
    disturb(bench.databasePath);
    const before = dump(bench.databasePath);
    const tables = structuredClone(snapshot.manifest.tables);
    tables['tree']!.sha256 = createHash('sha256').update('x').digest('hex');
    const manifest = { ...snapshot.manifest, tables };
    await expect(bench.restore({ ...snapshot, manifest })).rejects.toMatchObject({ code: 'RESTORE_MISMATCH' });
    expect(dump(bench.databasePath)).toBe(before);
  });

  it.skipIf(!fullDisk.isPossible())('a disk that fills up fails the capture, and leaves nothing there', async () => {
    const database = new Database(bench.databasePath);
    database.exec(`CREATE TABLE t (v); INSERT INTO t VALUES (zeroblob(4000000))`);
    database.close();
    const folder = join(bench.folder, 'small');
    await mkdir(folder);
    await fullDisk.during(folder, 2, async () => {
      const paths = { documentPath: join(folder, 'x.db'), indexPath: join(folder, 'x.index') };
      const request = { database: bench.target, id: 'x', createdAt: '', base: 'engine' as const, previous: null };
      await expect(bench.engine.capture({ ...request, ...paths })).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(await readdir(folder)).toEqual([]);
    });
  });
});

describe('an end that comes too early', () => {
  useChildren();

  let snapshot: StoredSnapshot;
  let restored: string;
  let disturbed: string;

  /** Large enough for a restore to last some hundred milliseconds. */
  beforeEach(async () => {
    const database = new Database(bench.databasePath);
    database.exec(`PRAGMA journal_mode = wal; CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO items SELECT i, 'name ' || i FROM n`);
    restored = dump(bench.databasePath);
    snapshot = await bench.capture();
    database.exec('DELETE FROM items WHERE id % 2');
    database.close();
    disturbed = dump(bench.databasePath);
  });

  it.each(some([40, 80, 120, 160, 240, 320, 480], 4))(
    'kill -9 of the engine host %i ms into a restore, a second connection open: old or new',
    async (delay) => {
      const host = OtherProcess.start();
      await host.open(bench.databasePath);
      await host.all('SELECT count(*) FROM items');
      const request = { database: bench.target, snapshot, tables: null, allowSchemaChanges: false };
      let pid = 0;
      const restore = bench.engine.restore(request, { onStart: (started) => void (pid = started) });
      const outcome = restore.then(
        () => null,
        (error: unknown) => error,
      );
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (isProcessAlive(pid)) process.kill(pid, 'SIGKILL');
      const error = await outcome;
      if (error !== null) expect(error).toMatchObject({ code: 'ENGINE_FAILED' });
      expect(await host.all('PRAGMA integrity_check')).toEqual([['ok']]);
      expect([30_000, 60_000]).toContain((await host.all('SELECT count(*) FROM items'))[0]![0]);
      expect(error === null ? [restored] : [restored, disturbed]).toContain(dump(bench.databasePath));
      await host.kill();
      await bench.restore(snapshot);
      expect(dump(bench.databasePath)).toBe(restored);
    },
  );

  it('an aborted capture leaves nothing behind that the next start would not sweep', async () => {
    const abort = new AbortController();
    const paths = { documentPath: join(bench.folder, 'x.db'), indexPath: join(bench.folder, 'x.index') };
    const capture = bench.engine.capture(
      { database: bench.target, id: 'x', createdAt: '', base: 'engine', previous: null, ...paths },
      { signal: abort.signal, onProgress: () => abort.abort() },
    );
    await expect(capture).rejects.toMatchObject({ code: 'CANCELLED' });
    const left = readdirSync(bench.folder).filter((name) => name.includes('x.db'));
    expect(planSweep(left, () => true).files.sort()).toEqual(left.sort());
    expect(dump(bench.databasePath)).toBe(disturbed);
  });
});
