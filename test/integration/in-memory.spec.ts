import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Test, type TestingModule } from '@nestjs/testing';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackupModule, Backups } from '../../src/backup/index.js';
import { ResolvedOptions } from '../../src/backup/operations/resolved-options.js';
import { Clock, InMemoryStore, ManualClock } from '../../src/backup/testing.js';

let folder: string;
let database: string;
let app: TestingModule;
let backups: Backups;
let clock: ManualClock;

const sql = (statement: string): void => {
  const connection = new Database(database);
  connection.exec(statement);
  connection.close();
};
const names = (): unknown[] => {
  const connection = new Database(database, { readonly: true });
  const rows = connection.prepare('SELECT name FROM users ORDER BY id').pluck().all();
  connection.close();
  return rows;
};

async function start(options: object = {}): Promise<void> {
  app = await Test.createTestingModule({
    imports: [BackupModule.forTesting({ database: `sqlite:${database}`, ...options })],
  })
    .overrideProvider(Clock)
    .useValue(clock)
    .compile();
  await app.init();
  backups = app.get(Backups, { strict: false });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'in-memory-'));
  database = join(folder, 'app.sqlite');
  clock = new ManualClock('2026-01-30T12:00:00Z');
  sql(`CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users (name) VALUES ('a'), ('b');
    CREATE TABLE visits (id INTEGER PRIMARY KEY, page TEXT);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO visits SELECT i, printf('page %0100d', i) FROM n`);
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

describe('BackupModule.forTesting()', () => {
  it('captures and restores, and leaves nothing when the application is closed', async () => {
    await start();
    const { directory, triggers } = app.get(ResolvedOptions, { strict: false });
    expect(triggers).toBe(false);
    const snapshot = await backups.capture();
    sql('DELETE FROM users');
    await backups.restore(snapshot.id);
    expect(names()).toEqual(['a', 'b']);
    expect((await readdir(directory)).filter((name) => name.endsWith('.json') && !name.startsWith('.'))).toEqual([]);
    await app.close();
    expect(existsSync(directory)).toBe(false);
    expect(await readdir(folder)).toEqual(['app.sqlite']);
  });

  it('does with snapshots in memory whatever it does with those in a folder', async () => {
    await start();
    const full = await backups.capture();
    sql(`UPDATE users SET name = 'c' WHERE id = 2`);
    clock.advance(60_000);
    const differential = await backups.capture();
    expect(differential).toMatchObject({ kind: 'differential', base: full.id });
    expect(await backups.verify(differential.id)).toMatchObject({ is_valid: true });
    expect((await backups.list()).items.map(({ id }) => id)).toEqual([differential.id, full.id]);
    clock.advance(20 * 86_400_000);
    await backups.capture();
    clock.advance(60_000);
    const cleanup = await backups.cleanup();
    expect(cleanup).toMatchObject({ archived: 2 });
    const archived = await backups.get(differential.id);
    expect(archived.archive).toMatch(/^archived_backups_\d{8}\.zip$/);
    await backups.verify(differential.id);
    await backups.restore(full.id);
    expect(names()).toEqual(['a', 'b']);
    await backups.restore(differential.id);
    expect(names()).toEqual(['a', 'c']);
    const { items } = await backups.list();
    await backups.remove(items[0]!.id); // the last safety snapshot
    expect((await backups.list()).items.map(({ id }) => id)).toEqual(items.slice(1).map(({ id }) => id));
    expect(await text((await backups.extract(differential.id)).stream)).toContain('"c"');
  });

  it('lets a test share a store between two starts', async () => {
    const store = new InMemoryStore();
    await start({ store });
    const { id } = await backups.capture();
    await app.close();
    await start({ store });
    expect((await backups.list()).items.map((snapshot) => snapshot.id)).toEqual([id]);
    sql('DELETE FROM users');
    await backups.restore(id);
    expect(names()).toEqual(['a', 'b']);
  });
});

it('refuses a store that is none, and one beside readOnly', async () => {
  await start();
  const failing = (options: object) =>
    Test.createTestingModule({ imports: [BackupModule.forTesting({ database: `sqlite:${database}`, ...options })] })
      .compile()
      .then((module) => module.init());
  await expect(failing({ store: {} })).rejects.toThrow(
    '"store" must be an instance of a class that extends SnapshotStore',
  );
  await expect(failing({ readOnly: true })).rejects.toThrow('"store" cannot be combined with "readOnly"');
});
