import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CaptureOperation,
  Catalog,
  CleanupOperation,
  ExtractOperation,
  JobQueue,
  RemoveOperation,
  RestoreOperation,
  VerifyOperation,
} from '../../src/backup/internals.js';
import { type Snapshot } from '../../src/backup/index.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import type { Manifest } from '../../src/backup/model/manifest.js';
import { archiveName } from '../../src/backup/model/snapshot-id.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';
import { InlineEngine } from '../support/inline-engines.js';
import { rounds } from '../support/rounds.js';
import { dump } from '../support/sqlite-oracle.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

let folder: string;
let clock: ManualClock;
let app: BackupApp;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'days-'));
  clock = new ManualClock('2026-01-01T10:00:00.000Z');
  await start();
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const adjust = (builder: Parameters<NonNullable<Parameters<typeof startBackupApp>[0]>['adjust'] & object>[0]) =>
    builder.overrideProvider(JsonEngine).useValue(new InlineEngine());
  app = await startBackupApp({ clock, folder, adjust });
}

async function restart(): Promise<void> {
  await app.close();
  await start();
}

const database = () => join(folder, 'app.sqlite');
const file = (...names: string[]) => join(folder, 'backups', ...names);
const fill = (rows = 4000) =>
  app.sql(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO users (email) SELECT 'somebody.with.a.long.name.' || i || '.and.more.of.it@a.long.domain.example.com' FROM n`);

/** A capture that must succeed. */
async function capture(kind?: 'full'): Promise<Snapshot> {
  const asked = { trigger: { type: 'scheduled' as const }, ...(kind && { kind }) };
  const job = await app.get(JobQueue).whenFinished((await app.get(CaptureOperation).request(asked)).id);
  expect(job.error).toBeNull();
  return app.get(Catalog).get(job.snapshot_id!);
}

const manifestOf = async ({ id }: Snapshot) => JSON.parse(await readFile(file(`${id}.meta.json`), 'utf8')) as Manifest;

async function expectKind(snapshot: Snapshot, kind: string, reasonOrBase: string): Promise<void> {
  const { id } = snapshot;
  const expected =
    kind === 'full'
      ? { id, kind, base: null, full_reason: reasonOrBase }
      : { id, kind, base: reasonOrBase, full_reason: null };
  expect(await manifestOf(snapshot)).toMatchObject(expected);
  expect(snapshot).toMatchObject({ kind, base: expected.base });
}

async function expectRestores(id: string, state: string): Promise<void> {
  const choices = { confirm: id, skipSafetySnapshot: true };
  const job = await app.get(RestoreOperation).request(id, choices, null);
  expect((await app.get(JobQueue).whenFinished(job.id)).error).toBeNull();
  expect(dump(database()) === state, id).toBe(true);
}

const verify = async (id: string) => (await app.get(VerifyOperation).verify(id, null)).is_valid;

async function flip(name: string, mark: string): Promise<void> {
  const bytes = await readFile(file(name));
  const place = bytes.indexOf(mark) + mark.length;
  bytes[place]! ^= 1;
  await writeFile(file(name), bytes);
}

describe('which kind of snapshot is taken', () => {
  it('the first of a UTC day is a full one, then come differentials, and after midnight a full one again', async () => {
    fill();
    const first = await capture();
    await expectKind(first, 'full', 'first_of_day');
    for (let n = 0; n < 3; n++) {
      clock.advance(HOUR_MS);
      if (n !== 1) app.sql(`UPDATE users SET email = 'changed${n}' WHERE id = ${n * 100 + 1}`);
      await expectKind(await capture(), 'differential', first.id);
    }
    clock.advance(Date.parse('2026-01-01T23:59:59.999Z') - clock.now().getTime());
    await expectKind(await capture(), 'differential', first.id);
    clock.advance(1);
    const next = await capture();
    await expectKind(next, 'full', 'first_of_day');
    clock.advance(HOUR_MS);
    await expectKind(await capture(), 'differential', next.id);
    clock.advance(HOUR_MS);
    const asked = await capture('full');
    await expectKind(asked, 'full', 'requested');
    clock.advance(HOUR_MS);
    await expectKind(await capture(), 'differential', asked.id);
  });

  it('a small database gets full ones, and a changed schema makes one', async () => {
    await expectKind(await capture(), 'full', 'first_of_day');
    clock.advance(MINUTE_MS);
    await expectKind(await capture(), 'full', 'small_database');
    fill();
    clock.advance(MINUTE_MS);
    await expectKind(await capture(), 'full', 'small_database'); // as the one that it would build on
    clock.advance(MINUTE_MS);
    app.sql('CREATE TABLE more (a)');
    await expectKind(await capture(), 'full', 'schema_changed');
  });

  it('goes on after a restart, which nothing is remembered over but the files', async () => {
    fill();
    const first = await capture();
    for (let n = 0; n < 3; n++) {
      if (n > 0) app.sql(`DELETE FROM users WHERE id = ${n}`);
      await restart();
      clock.advance(MINUTE_MS);
      const next = await capture();
      await expectKind(next, 'differential', first.id);
      expect(next.tables['users']!.rows).toBe(4000 - n);
    }
    await rm(file(`${first.id}.index`));
    await restart();
    clock.advance(MINUTE_MS);
    await expectKind(await capture(), 'full', 'no_index');
  });

  it('is full once the base is known to be damaged', async () => {
    fill();
    const first = await capture();
    clock.advance(MINUTE_MS);
    const differential = await capture();
    await flip(`${first.id}.json`, 'somebody.with.a.long.name.2000');
    expect(await verify(differential.id)).toBe(false);
    expect(await verify(first.id)).toBe(false);
    clock.advance(MINUTE_MS);
    const next = await capture();
    await expectKind(next, 'full', 'base_damaged');
    expect(await verify(next.id)).toBe(true);
    clock.advance(MINUTE_MS);
    await expectKind(await capture(), 'differential', next.id);
  });
});

describe('a quiet capture', () => {
  it('is not made of a manifest that has changed since', async () => {
    fill();
    await capture();
    app.sql('DELETE FROM users WHERE id = 7');
    clock.advance(MINUTE_MS);
    const before = await capture();
    const manifest = await manifestOf(before);
    const wrong = { ...manifest, tables: { users: { rows: 1, sha256: '0'.repeat(64) } } };
    await writeFile(file(`${before.id}.meta.json`), JSON.stringify(wrong));
    clock.advance(MINUTE_MS);
    const quiet = await capture();
    expect(await verify(quiet.id)).toBe(true);
    expect((await manifestOf(quiet)).tables).toEqual(manifest.tables);
  });

  it('works where the one before was removed by hand', async () => {
    fill();
    const first = await capture();
    clock.advance(MINUTE_MS);
    const before = await capture();
    await rm(file(`${before.id}.json`));
    clock.advance(MINUTE_MS);
    const next = await capture();
    await expectKind(next, 'differential', first.id);
    expect(await verify(next.id)).toBe(true);
    await rm(file(`${first.id}.json`));
    app.sql('DELETE FROM users WHERE id = 7');
    clock.advance(MINUTE_MS);
    await expectKind(await capture(), 'full', 'base_damaged');
  });
});

describe('a day of a full one and differentials', () => {
  let states: Map<string, string>;
  let full: Snapshot;

  beforeEach(async () => {
    states = new Map();
    fill();
    for (let n = 0; n < 5; n++) {
      const snapshot = await capture();
      if (n === 0) full = snapshot;
      states.set(snapshot.id, dump(database()));
      app.sql(`UPDATE users SET email = 'at ${n}' WHERE id % 500 = ${n}`);
      clock.advance(HOUR_MS);
    }
  });

  const differentials = () => [...states.keys()].filter((id) => id !== full.id);

  it('hands out every one as a full document, equal to a full capture of that moment', async () => {
    const id = differentials()[1]!;
    await expectRestores(id, states.get(id)!);
    const now = JSON.parse(await readFile(file((await capture('full')).filename), 'utf8'));
    const { stream, size } = await app.get(ExtractOperation).document(id);
    const document = JSON.parse(await text(stream));
    const { created_at } = await app.get(Catalog).get(id);
    expect(size).toBeNull();
    expect(document).toEqual({ ...now, id, created_at });
    const rows = JSON.parse(await text(await app.get(ExtractOperation).table(id, 'users', 1, 2)));
    expect(rows).toMatchObject({ total: 4000, rows: document.tables.users.rows.slice(1, 3) });
  });

  it('loses no full one that is needed', async () => {
    const remove = (id: string) => app.get(RemoveOperation).remove(id, null);
    await expect(remove(full.id)).rejects.toMatchObject({ code: 'SNAPSHOT_IN_USE' });
    const [kept, ...others] = differentials();
    for (const id of others) await remove(id);
    await expect(remove(full.id)).rejects.toMatchObject({ code: 'SNAPSHOT_IN_USE' });
    await expectRestores(kept!, states.get(kept!)!);
    await remove(kept!);
    await remove(full.id);
    expect(await app.get(Catalog).all()).toEqual([]);
  });

  it('keeps of an expired day what a pinned differential needs', async () => {
    const pinned = differentials()[2]!;
    await app.get(Catalog).annotate(pinned, { pinned: true });
    clock.advance(100 * DAY_MS);
    for (let n = 0; n < 6; n++) {
      await capture();
      clock.advance(HOUR_MS);
    }
    const { kept } = await app.get(CleanupOperation).preview();
    expect(kept.find(({ id }) => id === full.id)?.reasons).toEqual([`base_of:${pinned}`]);
    await app.get(CleanupOperation).run(null);
    const left = (await app.get(Catalog).all()).map(({ id }) => id);
    expect(left.filter((id) => states.has(id)).sort()).toEqual([pinned, full.id].sort());
    await expectRestores(pinned, states.get(pinned)!);
  });

  it('is one archive, out of which every one comes back', async () => {
    clock.advance(15 * DAY_MS);
    expect(await app.get(CleanupOperation).run(null)).toMatchObject({ archived: 5 });
    await restart();
    const archive = archiveName('20260101');
    for (const [id, state] of states) {
      expect(await verify(id), id).toBe(true);
      await expectRestores(id, state);
      const document = JSON.parse(await text((await app.get(ExtractOperation).document(id)).stream));
      const extracted = JSON.parse(await text(await app.get(ExtractOperation).extract(archive, `${id}.json`)));
      expect(extracted).toEqual({ filename: `${id}.json`, archive, data: { users: document.tables.users.rows } });
      expect(document.tables.users.rows).toEqual(app.sql('SELECT id, email FROM users ORDER BY id'));
    }
  });
});

interface Workload {
  createW1: (path: string, scale: number) => void;
  openW1: (path: string) => Database;
  tick: (database: Database, clock: ManualClock) => void;
}

describe('weeks of an application', () => {
  const DAYS = rounds(18, 30);
  const PER_DAY = rounds(4, 8);
  const RESTORED_EVERY = rounds(12, 25);
  const SCALE = 0.03;

  it('take the room of one full snapshot and a little a day, and every moment comes back', async () => {
    const w1 = (await import(new URL('../../bench/w1.mjs', import.meta.url).href)) as Workload;
    await app.close();
    w1.createW1(database(), SCALE);
    clock = new ManualClock('2026-01-30T00:00:00.000Z');
    await start();
    const states = new Map<string, string>();
    const perDay: { full: number; differential: number; bytes: number; base: number }[] = [];
    let count = 0;
    for (let day = 0; day < DAYS; day++) {
      const totals = { full: 0, differential: 0, bytes: 0, base: 0 };
      for (let n = 0; n < PER_DAY; n++) {
        const snapshot = await capture();
        totals[snapshot.kind]++;
        totals.bytes += snapshot.size_bytes;
        if (snapshot.kind === 'full') totals.base = snapshot.size_bytes;
        if (++count % RESTORED_EVERY === 0) states.set(snapshot.id, dump(database()));
        const live = w1.openW1(database());
        w1.tick(live, clock); // which takes ten minutes
        live.close();
        clock.advance(DAY_MS / PER_DAY - 10 * MINUTE_MS);
      }
      perDay.push(totals);
      await app.get(CleanupOperation).runIfDue();
    }
    for (const [day, { full, differential, bytes, base }] of perDay.entries()) {
      expect({ full, differential }, `day ${day}`).toEqual({ full: 1, differential: PER_DAY - 1 });
      expect(bytes / base, `day ${day}`).toBeLessThan(2);
    }
    const archived = await app.get(Catalog).all({ location: 'archived' });
    expect(archived).toHaveLength((DAYS - 15) * PER_DAY);
    expect(states.size).toBe(Math.floor((DAYS * PER_DAY) / RESTORED_EVERY));
    for (const [id, state] of states) {
      expect(await verify(id), id).toBe(true);
      await expectRestores(id, state);
    }
  });
});
