import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CaptureOperation,
  Catalog,
  ConfigStore,
  HealthQuery,
  JobQueue,
  RemoveOperation,
} from '../../src/backup/internals.js';
import { type Snapshot } from '../../src/backup/index.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';

const MINUTE = 60_000;
let clock: ManualClock;
let app: BackupApp;

beforeEach(async () => {
  clock = new ManualClock('2026-01-30T12:00:00.000Z');
  app = await startBackupApp({ clock });
  await app.get(ConfigStore).update({
    plans: [
      { name: 'auto', interval_minutes: 10 },
      { name: 'orders', interval_minutes: 60, tables: ['orders'] },
    ],
  });
  app.sql('CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, filler TEXT)');
  fill('users', 20);
  fill('orders', 20);
});
afterEach(() => app.close());

const fill = (table: string, rows: number): void => {
  const column = table === 'users' ? 'email' : 'filler';
  app.sql(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) INSERT INTO ${table} (${column}) SELECT printf('%0100d', i) FROM n`,
  );
};

async function take(plan = 'auto', type: 'scheduled' | 'manual' = 'scheduled'): Promise<Snapshot> {
  clock.advance(MINUTE);
  const { id } = await app.get(CaptureOperation).request({ plan, trigger: { type } });
  const { snapshot_id, error } = await app.get(JobQueue).whenFinished(id);
  expect(error).toBeNull();
  return app.get(Catalog).get(snapshot_id!);
}
const codes = ({ warnings }: Snapshot): string[] => warnings.map(({ code }) => code);
const health = () => app.get(HealthQuery).health('outside');
const plan = async (name: string) => (await health()).plans.find((found) => found.plan === name)!;

describe('a database that has lost its rows', () => {
  it('is captured, flagged and told by health until the rows are back', async () => {
    const good = await take();
    expect(codes(good)).toEqual([]);
    expect((await plan('auto')).status).toBe('healthy');
    app.sql('DELETE FROM users');
    app.sql('DELETE FROM orders'); // their AUTOINCREMENT key stays, and is no row
    for (const empty of [await take(), await take()]) {
      expect(codes(empty)).toEqual(['lost_rows']);
      expect(empty.warnings[0]!.message).toMatch(new RegExp(`^All 40 rows in snapshot ${good.id} are missing`));
    }
    expect(await plan('auto')).toMatchObject({ status: 'caution', reasons: [expect.stringContaining(good.id)] });
    fill('users', 5);
    expect(codes(await take())).toEqual([]);
    expect((await plan('auto')).status).toBe('healthy');
  });

  it('is taken as it is once a person has asked for a snapshot, or nothing is left to go back to', async () => {
    await take();
    app.sql('DELETE FROM users');
    app.sql('DELETE FROM orders');
    expect(codes(await take('auto', 'manual'))).toEqual(['lost_rows']);
    expect(codes(await take('auto', 'manual'))).toEqual([]);
    expect(codes(await take())).toEqual([]);
  });

  it('is no longer told where all snapshots that held the rows are deleted', async () => {
    const good = await take();
    app.sql('DELETE FROM users');
    app.sql('DELETE FROM orders');
    await take();
    await app.get(RemoveOperation).remove(good.id, null);
    expect(codes(await take())).toEqual([]);
  });

  it('is judged plan by plan: one of chosen tables compares with its own last, those tables only', async () => {
    await take();
    await take('orders');
    app.sql('DELETE FROM orders');
    expect(codes(await take())).toEqual([]);
    expect(codes(await take('orders'))).toEqual(['lost_rows']);
    await app.get(ConfigStore).update({ plans: [{ name: 'auto', interval_minutes: 10, tables: ['users'] }] });
    expect(codes(await take())).toEqual([]);
  });
});

describe('a damaged database', () => {
  /** Writes over a page that no row is on, an index's. @returns what mends it */
  async function damage(): Promise<() => Promise<void>> {
    const path = join(app.folder, 'app.sqlite');
    const database = new Database(path);
    database.exec('CREATE INDEX by_filler ON orders (filler)');
    const find = database.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'by_filler'`);
    const pageSize = database.pragma('page_size', { simple: true }) as number;
    const place = ((find.pluck().get() as number) - 1) * pageSize;
    database.close();
    const sound = (await readFile(path)).subarray(place, place + pageSize);
    const write = async (page: Buffer) => {
      const file = await open(path, 'r+');
      await file.write(page, 0, pageSize, place);
      await file.close();
    };
    await write(Buffer.alloc(pageSize, 0xa5));
    return () => write(sound);
  }

  it('is captured with a warning, in the differentials of the day too, until it is mended', async () => {
    fill('orders', 5000);
    const sound = await take();
    expect(codes(sound)).toEqual([]);
    const mend = await damage();
    clock.advance(24 * 60 * MINUTE);
    const full = await take();
    expect(full).toMatchObject({ kind: 'full', warnings: [{ code: 'source_damaged' }] });
    expect(full.warnings[0]!.message).toMatch(/"app\.sqlite" is damaged: .*[Pp]age/);
    expect(await plan('auto')).toMatchObject({ status: 'caution', reasons: [expect.stringContaining('is damaged')] });
    const quiet = await take();
    app.sql(`UPDATE users SET email = 'changed' WHERE id = 1`);
    const differential = await take();
    for (const later of [quiet, differential])
      expect(later).toMatchObject({ kind: 'differential', warnings: full.warnings });
    await mend();
    clock.advance(24 * 60 * MINUTE);
    expect(codes(await take())).toEqual([]);
    expect((await plan('auto')).status).toBe('healthy');
  });

  it('is not one whose rows break rules of their tables', async () => {
    const database = new Database(join(app.folder, 'app.sqlite'));
    database.exec(
      'CREATE TABLE checked (n INT CHECK (n > 0)); PRAGMA ignore_check_constraints = on; INSERT INTO checked VALUES (-1)',
    );
    database.close();
    expect(codes(await take())).toEqual([]);
  });
});
