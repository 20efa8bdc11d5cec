import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TypeOrmCatalog } from '../../src/backup/catalog/typeorm.catalog.js';
import type { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import { repositoryIn } from '../support/repository-in.js';
import type { Job } from '../../src/backup/model/job.js';
import type { DatabaseManifest } from '../../src/backup/model/manifest.js';
import { archiveName, utcDay } from '../../src/backup/model/snapshot-id.js';
import { snapshotFromManifest, type Snapshot } from '../../src/backup/model/snapshot.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { rounds } from '../support/rounds.js';
import { placeSample, publishSample, publishSampleArchive, sampleManifest } from '../support/sample-snapshots.js';

const NOW = '2026-02-01T00:00:00.000Z';
const DAY = archiveName('2026-01-30');

let folder: string;
let url: string;
let repository: SnapshotRepository;
let catalog: TypeOrmCatalog;
let log: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalog-'));
  url = `sqlite:${join(folder, 'catalog.sqlite')}`;
  log = [];
  repository = repositoryIn(folder);
  await repository.prepare();
  catalog = newCatalog();
  await catalog.open();
});

afterEach(async () => {
  await catalog.close();
  await rm(folder, { recursive: true, force: true });
});

function newCatalog(catalogUrl = url): TypeOrmCatalog {
  const note = (line: string) => void log.push(line);
  return new TypeOrmCatalog({
    url: catalogUrl,
    repository,
    clock: new ManualClock(NOW),
    logger: { log: note, warn: note, error: note },
  });
}

/** Ends the catalog, lets something happen to its files, and starts anew. */
async function reopen(meanwhile: () => unknown = () => undefined): Promise<void> {
  await catalog.close();
  await meanwhile();
  catalog = newCatalog();
  await catalog.open();
}

const catalogFiles = async () => (await readdir(folder)).filter((name) => name.startsWith('catalog.sqlite'));
const loseCatalog = async () => {
  for (const name of await catalogFiles()) await rm(join(folder, name));
};

const idAt = (time: string, plan = 'auto') =>
  `${plan}_backup_${time.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')}`;

async function capture(time: string, changes: Partial<DatabaseManifest> = {}): Promise<Snapshot> {
  const id = changes.id ?? idAt(time, changes.plan);
  const manifest = await publishSample(repository, id, { created_at: time, ...changes });
  const snapshot = snapshotFromManifest(manifest, null);
  await catalog.addSnapshot(snapshot);
  return snapshot;
}

/** As the archive step does it: pack, publish, tell the catalog, remove the regular ones. */
async function archive(snapshots: readonly Snapshot[], filename = DAY): Promise<void> {
  const manifests = await Promise.all(snapshots.map((snapshot) => repository.readManifest(snapshot)));
  await publishSampleArchive(repository, filename, manifests);
  const file = (await repository.listArchives()).find((found) => found.filename === filename)!;
  await catalog.setArchive(
    file,
    snapshots.map(({ id }) => id),
  );
  for (const { id } of snapshots) await repository.removeSnapshot(id);
}

const page = (query = {}) => catalog.page({ page: 1, page_size: 50, ...query });
const idsOf = (snapshots: readonly Snapshot[]) => snapshots.map(({ id }) => id);
const state = async () => ({
  snapshots: await catalog.all(),
  archives: await catalog.archives(),
  stats: await catalog.stats(),
});

function job(changes: Partial<Job> & { id: string }): Job {
  return {
    type: 'capture',
    status: 'completed',
    stage: null,
    progress: 1,
    plan: 'auto',
    trigger: { type: 'manual' },
    requested_by: 'admin@example.com',
    created_at: '2026-01-30T12:00:00.000Z',
    started_at: null,
    finished_at: null,
    snapshot_id: null,
    error: null,
    result: null,
    ...changes,
  };
}

describe('a snapshot', () => {
  it('comes back exactly as it went in', async () => {
    const subjects = [
      { role: 'student', user_id: 5 },
      { role: 'admin', user_id: 'a-b' },
    ];
    const snapshot = await capture('2026-01-30T12:00:00.000Z', {
      description: 'Première',
      file_size_bytes: 5_000_000_000,
      trigger: { type: 'event', event: 'role.created', subjects },
    });
    expect(await catalog.get(snapshot.id)).toEqual(snapshot);
    expect(await catalog.find(snapshot.id)).toEqual(snapshot);
    expect(await catalog.all()).toEqual([snapshot]);
    expect((await page()).items).toEqual([snapshot]);
  });

  it.each(['nothing', '../x', '', "x' OR 1=1 --"])('that is not there (%j) is not found', async (id) => {
    expect(await catalog.find(id)).toBeNull();
    await expect(catalog.get(id)).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' });
    await expect(catalog.annotate(id, { pinned: true })).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' });
    expect(existsSync(join(folder, 'annotations.json'))).toBe(false);
  });

  it('keeps how its verification went, through archiving and a restart', async () => {
    const snapshot = await capture('2026-01-30T12:00:00.000Z');
    await catalog.recordVerification(snapshot.id, false, new Date(NOW));
    const verified = { is_valid: false, verified_at: NOW };
    expect(await catalog.get(snapshot.id)).toMatchObject(verified);
    await archive([snapshot]);
    expect(await catalog.get(snapshot.id)).toMatchObject({ ...verified, location: 'archived', archive: DAY });
    await reopen();
    expect(await catalog.get(snapshot.id)).toMatchObject({ ...verified, location: 'archived', archive: DAY });
    await catalog.recordVerification('gone', true, new Date(NOW)); // removed meanwhile: nothing to say
  });

  it('knows its dependents', async () => {
    const base = await capture('2026-01-30T00:00:00.000Z');
    const first = await capture('2026-01-30T00:10:00.000Z', { kind: 'differential', base: base.id });
    const second = await capture('2026-01-30T00:20:00.000Z', { kind: 'differential', base: base.id });
    expect(await catalog.dependents(base.id)).toEqual([first.id, second.id]);
    expect(await catalog.dependents(first.id)).toEqual([]);
  });

  it('by a timer is told from the others', async () => {
    expect(await catalog.latestTimed('auto')).toBeNull();
    await capture('2026-01-30T00:00:00.000Z');
    const startup = await capture('2026-01-30T00:10:00.000Z', { trigger: { type: 'startup' } });
    await capture('2026-01-30T00:20:00.000Z', { trigger: { type: 'manual' } });
    await capture('2026-01-30T00:30:00.000Z', { plan: 'weekly' });
    expect(await catalog.latestTimed('auto')).toEqual(startup);
  });
});

describe('what rules go by', () => {
  it('is the same in few words, in the same order', async () => {
    const base = await capture('2026-01-30T00:00:00.000Z', { sequence: 1 });
    await capture('2026-01-30T00:10:00.000Z', { kind: 'differential', base: base.id, sequence: 2 });
    await capture('2026-01-29T00:20:00.000Z', { part_of: base.id, trigger: { type: 'manual' }, sequence: 3 });
    await archive([base]);
    await catalog.annotate(base.id, { pinned: true });
    await catalog.recordVerification(base.id, false, new Date(NOW));
    const outlines = await catalog.outlines();
    expect(await catalog.all()).toMatchObject(outlines);
    expect(outlines).toMatchObject([
      { sequence: 3, part_of: base.id, trigger: { type: 'manual' }, is_valid: null, pinned: false },
      { sequence: 2, base: base.id, location: 'regular' },
      {
        sequence: 1,
        base: null,
        location: 'archived',
        archive: DAY,
        is_valid: false,
        pinned: true,
        source: 'database',
      },
    ]);
  });

  it('is the highest number, and the newest that fits', async () => {
    expect(await catalog.nextSequence()).toBe(1);
    await capture('2026-01-30T00:00:00.000Z', { sequence: 7 });
    const second = await capture('2026-01-29T00:00:00.000Z', { sequence: 8 });
    const uncounted = await capture('2026-01-31T00:00:00.000Z', { plan: 'weekly' });
    await catalog.reconcile();
    expect(await catalog.nextSequence()).toBe(9);
    expect(await catalog.latest({ plan: 'auto' })).toEqual(second);
    expect(await catalog.latest({ plan: 'auto', source: 'files' })).toBeNull();
    expect(await catalog.latest({ plan: 'weekly', source: 'database', triggers: ['scheduled'] })).toEqual(uncounted);
    expect(await catalog.latest({ plan: 'weekly', to: '2026-01-31T00:00:00.000Z' })).toBeNull();
    expect(await catalog.latest({ plan: 'auto', to: '2026-01-30T00:00:00.001Z' })).toEqual(second);
    expect(await catalog.latest({ plan: 'auto', to: '2026-01-29T00:00:00.000Z' })).toBeNull();
  });
});

describe('pages', () => {
  const times = [
    '2026-01-29T23:59:59.999Z',
    '2026-01-30T00:00:00.000Z',
    '2026-01-30T12:00:00.000Z',
    '2026-01-31T00:00:00.000Z',
  ];

  it('are newest first, ids deciding among equals', async () => {
    for (const time of [times[1]!, times[3]!, times[0]!, times[2]!]) await capture(time);
    await capture(times[2]!, { id: `${idAt(times[2]!)}_2` });
    const ids = [idAt(times[3]!), `${idAt(times[2]!)}_2`, idAt(times[2]!), idAt(times[1]!), idAt(times[0]!)];
    expect(idsOf(await catalog.all())).toEqual(ids);
    for (const number of [1, 2, 3, 4]) {
      const found = await page({ page: number, page_size: 2 });
      expect(found).toMatchObject({ total: 5, page: number, page_size: 2 });
      expect(idsOf(found.items)).toEqual(ids.slice((number - 1) * 2, number * 2));
    }
  });

  it('are filtered by every field, alone and together', async () => {
    const [a, b, c, d] = [
      await capture(times[0]!),
      await capture(times[1]!, { kind: 'differential', base: idAt(times[0]!), trigger: { type: 'manual' } }),
      await capture(times[2]!, { plan: 'weekly', trigger: { type: 'manual' } }),
      await capture(times[3]!),
    ];
    await archive([a]);
    const found = async (query: object) => {
      const { items, total } = await page(query);
      expect(total).toBe(items.length);
      return idsOf(items);
    };
    expect(await found({ trigger: 'manual' })).toEqual(idsOf([c, b]));
    expect(await found({ kind: 'differential' })).toEqual(idsOf([b]));
    expect(await found({ plan: 'weekly' })).toEqual(idsOf([c]));
    expect(await found({ location: 'archived' })).toEqual(idsOf([a]));
    expect(await found({ archive: DAY })).toEqual(idsOf([a]));
    expect(await found({ from: times[1]!, to: times[3]! })).toEqual(idsOf([c, b]));
    expect(await found({ from: '2026-01-30T01:00:00+01:00', to: '2026-01-30' })).toEqual([]);
    expect(await found({ from: '2026-01-30T01:00:00+01:00' })).toEqual(idsOf([d, c, b]));
    expect(await found({ trigger: 'manual', plan: 'auto', location: 'regular' })).toEqual(idsOf([b]));
    expect(await found({ trigger: undefined, q: '' })).toHaveLength(4);
    expect(idsOf(await catalog.all({ archive: DAY }))).toEqual([a.id]);
    expect(idsOf(await catalog.all({ location: 'regular' }))).toEqual(idsOf([d, c, b]));
    await expect(page({ from: 'yesterday' })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('are searched by id, description and subject, whatever the case, with no character special', async () => {
    const trigger = {
      type: 'event' as const,
      subjects: [
        { role: 'student', user_id: 5 },
        { role: 'Admin', user_id: 77 },
      ],
    };
    const event = await capture(times[0]!, { trigger });
    const described = await capture(times[1]!, { description: "100%_Ünder! it's" });
    await capture(times[2]!);
    const found = async (q: string) => idsOf((await page({ q })).items);
    expect(await found('20260129_23')).toEqual([event.id]);
    expect(await found('STUDENT 5')).toEqual([event.id]);
    expect(await found('admin 77')).toEqual([event.id]);
    for (const q of ['0%_ü', 'ÜNDER!', "it's", '%', '!']) expect(await found(q), q).toEqual([described.id]);
    for (const q of ['0_%', '"', '\\', 'x%', '20260130%1']) expect(await found(q), q).toEqual([]);
  });
});

describe('archives', () => {
  it('take over their snapshots, and only those', async () => {
    const [a, b, c] = [
      await capture('2026-01-30T01:00:00.000Z'),
      await capture('2026-01-30T02:00:00.000Z'),
      await capture('2026-01-31T01:00:00.000Z'),
    ];
    await archive([a, b]);
    expect(await catalog.archives()).toEqual([{ ...(await repository.listArchives())[0]!, date: '2026-01-30' }]);
    expect(idsOf(await catalog.all({ archive: DAY }))).toEqual([b.id, a.id]);
    expect(idsOf(await catalog.all({ location: 'regular' }))).toEqual([c.id]);
    const before = await state();
    await reopen();
    expect(await state()).toEqual(before);
    await catalog.annotate(a.id, { pinned: true });
    await catalog.annotate(b.id, { pinned: true });
    await archive([await catalog.get(b.id)]); // packed anew without a
    expect(idsOf(await catalog.all({ archive: DAY }))).toEqual([b.id]);
    expect(await readFile(join(folder, 'annotations.json'), 'utf8')).not.toContain(a.id);
    await repository.removeArchive(DAY);
    await catalog.setArchive({ filename: DAY, size_bytes: 0, revision: '' }, []);
    expect(await catalog.archives()).toEqual([]);
    expect(idsOf(await catalog.all())).toEqual([c.id]);
  });

  it('interrupted before the regular files went: the regular ones count, and later the archive', async () => {
    const snapshot = await capture('2026-01-30T01:00:00.000Z');
    await publishSampleArchive(repository, DAY, [sampleManifest(snapshot.id, { created_at: snapshot.created_at })]);
    await catalog.recordVerification(snapshot.id, true, new Date(NOW));
    await reopen(); // the archive is there, the catalog was not told
    expect(await catalog.get(snapshot.id)).toMatchObject({ location: 'regular', archive: null, is_valid: true });
    await catalog.setArchive((await repository.listArchives())[0]!, [snapshot.id]);
    await reopen(); // the catalog was told, the regular files are still there
    expect(await catalog.get(snapshot.id)).toMatchObject({ location: 'regular', archive: null, is_valid: true });
    await repository.removeSnapshot(snapshot.id);
    await catalog.reconcile(); // the archive did not change since it was read
    expect(await catalog.get(snapshot.id)).toMatchObject({ location: 'archived', archive: DAY, is_valid: true });
  });

  it('that hold a snapshot unknown here are read by the next reconciliation', async () => {
    await publishSampleArchive(repository, DAY, [sampleManifest('a'), sampleManifest('b')]);
    await catalog.addSnapshot(snapshotFromManifest(sampleManifest('a'), null));
    await catalog.setArchive((await repository.listArchives())[0]!, ['a', 'b']);
    await catalog.reconcile();
    expect(idsOf(await catalog.all({ archive: DAY }))).toEqual(['b', 'a']);
  });

  it('that are corrupt or vanished do not hide the others', async () => {
    const other = archiveName('2026-01-29');
    await publishSampleArchive(repository, DAY, [sampleManifest('a')]);
    await publishSampleArchive(repository, other, [sampleManifest('b'), sampleManifest('c')]);
    await catalog.reconcile();
    expect(idsOf(await catalog.all())).toEqual(['c', 'b', 'a']);
    await writeFile(repository.workspace.archivePath(DAY), 'garbage');
    await catalog.reconcile();
    await catalog.reconcile();
    expect(idsOf(await catalog.all())).toEqual(['c', 'b']);
    expect(log.filter((line) => line.includes(DAY))).toHaveLength(1);
    await publishSampleArchive(repository, DAY, [sampleManifest('a')]);
    await repository.removeArchive(other);
    await catalog.reconcile();
    expect(idsOf(await catalog.all())).toEqual(['a']);
    expect((await catalog.archives()).map(({ filename }) => filename)).toEqual([DAY]);
  });
});

describe('reconciling', () => {
  it('adds what came and drops what went, and reports each stray file once', async () => {
    await capture('2026-01-30T01:00:00.000Z', { id: 'gone' });
    await placeSample(folder, 'came');
    await placeSample(folder, 'broken');
    await writeFile(join(folder, 'broken.meta.json'), '{}');
    await writeFile(join(folder, 'orphan.json'), '{}');
    await repository.removeSnapshot('gone');
    await catalog.reconcile();
    await catalog.reconcile();
    expect(idsOf(await catalog.all())).toEqual(['came']);
    expect(log).toHaveLength(2);
    expect(log.join()).toMatch(/broken\.meta\.json.*format.*orphan\.json/s);
    await rm(join(folder, 'came.json')); // by hand: its manifest alone is no snapshot
    await catalog.reconcile();
    expect(await catalog.all()).toEqual([]);
  });

  it('tells at the start, once, of a listed snapshot whose manifest broke meanwhile, and keeps it listed', async () => {
    for (const id of ['sound', 'broken']) await capture('2026-01-30T01:00:00.000Z', { id });
    await reopen(() => writeFile(join(folder, 'broken.meta.json'), '{}'));
    await catalog.reconcile();
    expect(idsOf(await catalog.all()).sort()).toEqual(['broken', 'sound']);
    expect(log).toEqual([expect.stringMatching(/^broken\.meta\.json in the backup folder cannot be used: /)]);
  });

  it('reads what is new once, though broken ones are looked for', async () => {
    for (const id of ['a', 'b']) await placeSample(folder, id);
    const read = vi.spyOn(repository, 'readRegular');
    await reopen(loseCatalog);
    expect(read.mock.calls.map(([id]) => id).sort()).toEqual(['a', 'b']);
    read.mockClear();
    await reopen();
    expect(read.mock.calls.map(([id]) => id).sort()).toEqual(['a', 'b']);
  });

  it('beside captures and removals ends with exactly what is there', async () => {
    const kept: string[] = [];
    const steps: Promise<unknown>[] = [];
    for (let minute = 10; minute < 40; minute++) {
      const snapshot = await capture(`2026-01-30T01:${minute}:00.000Z`);
      steps.push(catalog.reconcile());
      if (minute % 2) {
        steps.push(repository.removeSnapshot(snapshot.id).then(() => catalog.removeSnapshots([snapshot.id])));
      } else kept.unshift(snapshot.id);
    }
    await Promise.all(steps);
    expect(idsOf(await catalog.all())).toEqual(kept);
    await catalog.reconcile();
    expect(idsOf(await catalog.all())).toEqual(kept);
  });

  it('copes with weeks of snapshots, regular and archived', async () => {
    const days = new Map<string, DatabaseManifest[]>();
    const half = 144 * rounds(4, 15); // so many days
    const timeOf = (tick: number) => new Date(Date.UTC(2026, 0, 1) + tick * 600_000).toISOString();
    for (let tick = 0; tick < 2 * half; tick++) {
      const time = timeOf(tick);
      const manifest = sampleManifest(idAt(time), { created_at: time });
      if (tick >= half) await placeSample(folder, manifest.id, manifest);
      else days.set(utcDay(new Date(time)), [...(days.get(utcDay(new Date(time))) ?? []), manifest]);
    }
    for (const [day, manifests] of days) await publishSampleArchive(repository, archiveName(day), manifests);
    await catalog.reconcile();
    const lastPage = Math.ceil((2 * half) / 100);
    expect(await page({ page: lastPage, page_size: 100 })).toMatchObject({
      total: 2 * half,
      items: { length: (2 * half) % 100 },
    });
    expect(await page({ location: 'archived', page_size: 1 })).toMatchObject({ total: half });
    const { regular, archived, by_trigger, oldest_backup, latest_backup } = await catalog.stats();
    expect([regular.count, archived.count, by_trigger]).toEqual([half, half, { scheduled: 2 * half }]);
    expect([oldest_backup, latest_backup]).toEqual([timeOf(0), timeOf(2 * half - 1)]);
    const before = await state();
    await reopen(loseCatalog);
    await catalog.indexed();
    expect(await state()).toEqual(before);
  });
});

describe('a catalog file', () => {
  const PAGE_BYTES = 1024;
  const file = () => join(folder, 'catalog.sqlite');

  it('is the owner’s alone, with its journals', async () => {
    await capture('2026-01-30T01:00:00.000Z');
    expect((await catalogFiles()).sort()).toEqual(['catalog.sqlite', 'catalog.sqlite-shm', 'catalog.sqlite-wal']);
    for (const name of await catalogFiles()) expect((await stat(join(folder, name))).mode & 0o777, name).toBe(0o600);
  });

  it('has small pages, since each tick logs two dozen of them, and takes a file with others as it is', async () => {
    const pageSize = (size?: number) => {
      const database = new Database(join(folder, 'catalog.sqlite'));
      if (size !== undefined) database.exec(`PRAGMA journal_mode = DELETE; PRAGMA page_size = ${size}; VACUUM`);
      const found = database.pragma('page_size', { simple: true });
      database.close();
      return found;
    };
    const snapshot = await capture('2026-01-30T12:00:00.000Z');
    expect(pageSize()).toBe(PAGE_BYTES);
    await reopen(() => expect(pageSize(4096)).toBe(4096));
    expect(await catalog.find(snapshot.id)).toEqual(snapshot);
    expect(pageSize()).toBe(4096);
    expect(log).toEqual([]);
  });

  it('that was deleted is rebuilt, with pins and edited descriptions', async () => {
    const [a, b, c] = [
      await capture('2026-01-30T01:00:00.000Z', { description: 'a' }),
      await capture('2026-01-30T02:00:00.000Z'),
      await capture('2026-01-31T02:00:00.000Z'),
    ];
    await catalog.annotate(a.id, { description: 'Before migration' });
    await catalog.annotate(b.id, { pinned: true });
    await archive([a, b]);
    const before = await state();
    expect(before.snapshots).toMatchObject([
      { id: c.id, pinned: false },
      { id: b.id, pinned: true },
      { id: a.id, description: 'Before migration' },
    ]);
    await reopen(loseCatalog);
    expect(await state()).toEqual(before);
    expect(log).toEqual([]);
  });

  const breakages: [string, () => Promise<unknown>][] = [
    ['garbage', () => writeFile(file(), 'garbage '.repeat(1000))],
    ['a short text', () => writeFile(file(), 'no database')],
    [
      'another schema',
      () => {
        const database = new Database(file());
        database.exec('DROP TABLE backup_snapshots; CREATE TABLE backup_snapshots (name TEXT)');
        database.close();
        return Promise.resolve();
      },
    ],
    [
      'a schema without its record of migrations',
      () => {
        const database = new Database(file());
        database.exec('DROP TABLE backup_catalog_migrations');
        database.close();
        return Promise.resolve();
      },
    ],
    [
      'a folder',
      async () => {
        await rm(file());
        await mkdir(file());
      },
    ],
    [
      'a link to nowhere',
      async () => {
        await rm(file());
        await symlink(join(folder, 'nowhere'), file());
      },
    ],
  ];

  it.each(breakages)('that holds %s is set aside and rebuilt', async (_, breakIt) => {
    const snapshot = await capture('2026-01-30T01:00:00.000Z');
    await reopen(breakIt);
    expect(await catalog.all()).toEqual([snapshot]);
    expect(await catalogFiles()).toContain('catalog.sqlite.broken-20260201_000000');
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
    expect(log).toHaveLength(1);
    await reopen();
    expect(log).toHaveLength(1);
  });

  it('cut off anywhere never hides a snapshot', async () => {
    const snapshot = await capture('2026-01-30T01:00:00.000Z');
    await catalog.close();
    const whole = await readFile(file());
    for (let size = 0; size < whole.length; size += 1000) {
      await reopen(async () => {
        await writeFile(file(), whole);
        await truncate(file(), size);
      });
      expect(await catalog.all(), `${size} bytes`).toEqual([snapshot]);
    }
  });

  it('with any page destroyed never hides or changes a snapshot', async () => {
    for (let hour = 10; hour < 20; hour++) await capture(`2026-01-30T${hour}:00:00.000Z`);
    const before = await catalog.all();
    await catalog.close();
    const whole = await readFile(file());
    for (let start = 0; start < whole.length; start += PAGE_BYTES) {
      await reopen(async () => writeFile(file(), Buffer.from(whole).fill(0xff, start, start + PAGE_BYTES)));
      expect(await catalog.all(), `page at ${start}`).toEqual(before);
      expect(await page({ plan: 'auto' }), `page at ${start}`).toMatchObject({ total: 10 });
      await rm(`${file()}.broken-20260201_000000`);
    }
  });

  it('that is somebody else’s database is refused and left alone', async () => {
    await catalog.close();
    const path = join(folder, 'app.sqlite');
    const app = new Database(path);
    app.exec('CREATE TABLE jobs (id INTEGER)');
    app.close();
    const before = await readFile(path);
    const mistaken = newCatalog(`sqlite:${path}`);
    await expect(mistaken.open()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('"catalogUrl" (BACKUP_CATALOG_URL)') as string,
    });
    expect((await readdir(folder)).filter((name) => name.startsWith('app.sqlite.broken'))).toEqual([]);
    const after = new Database(path, { readonly: true });
    expect(after.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'jobs' }]);
    after.close();
    expect(before.length).toBeGreaterThan(0);
  });

  it.each(['postgres://db/x', 'catalog.sqlite', 'sqlite:'])(
    'named by %j is refused by the name of the setting',
    async (wrong) => {
      await expect(newCatalog(wrong).open()).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('"catalogUrl" (BACKUP_CATALOG_URL)') as string,
      });
    },
  );
});

describe('annotations', () => {
  it('are found by search at once, and survive side by side', async () => {
    const ids = [];
    for (let hour = 10; hour < 20; hour++) ids.push((await capture(`2026-01-30T${hour}:00:00.000Z`)).id);
    await Promise.all(ids.map((id, index) => catalog.annotate(id, { pinned: true, description: `Edited ${index}` })));
    expect((await page({ q: 'EDITED 3' })).items).toMatchObject([
      { id: ids[3], pinned: true, description: 'Edited 3' },
    ]);
    const { snapshots } = JSON.parse(await readFile(join(folder, 'annotations.json'), 'utf8'));
    expect(Object.keys(snapshots)).toHaveLength(10);
    await catalog.annotate(ids[3]!, { pinned: false, description: null });
    expect(await catalog.get(ids[3]!)).toMatchObject({ pinned: false, description: null });
    expect((await page({ q: 'edited 3' })).items).toEqual([]);
  });

  it('go with the snapshot that is removed, but not with one that is missing for now', async () => {
    const [a, b] = [await capture('2026-01-30T01:00:00.000Z'), await capture('2026-01-30T02:00:00.000Z')];
    for (const { id } of [a, b]) await catalog.annotate(id, { pinned: true });
    const manifest = await readFile(join(folder, `${b.id}.meta.json`));
    await rm(join(folder, `${b.id}.meta.json`));
    await reopen();
    await repository.removeSnapshot(a.id);
    await catalog.removeSnapshots([a.id]);
    expect(await catalog.all()).toEqual([]);
    await writeFile(join(folder, `${b.id}.meta.json`), manifest);
    await catalog.reconcile();
    expect(await catalog.all()).toMatchObject([{ id: b.id, pinned: true }]);
    expect(await readFile(join(folder, 'annotations.json'), 'utf8')).not.toContain(a.id);
  });

  it('deleted by hand are gone, a second process’ are seen', async () => {
    const snapshot = await capture('2026-01-30T01:00:00.000Z', { description: 'captured' });
    await catalog.annotate(snapshot.id, { pinned: true, description: 'edited' });
    await rm(join(folder, 'annotations.json'));
    await catalog.reconcile();
    expect(await catalog.get(snapshot.id)).toEqual(snapshot);
    expect((await page({ q: 'captured' })).total).toBe(1);
    const other = newCatalog();
    await other.open();
    await other.annotate(snapshot.id, { pinned: true });
    await other.close();
    expect(await catalog.get(snapshot.id)).toMatchObject({ pinned: true });
  });

  it('that cannot be read leave the pins as they were known, and a catalog that never knew them says so', async () => {
    const { id } = await capture('2026-01-30T01:00:00.000Z');
    await catalog.annotate(id, { pinned: true });
    const sound = await readFile(join(folder, 'annotations.json'), 'utf8');
    expect(await catalog.condition()).toMatchObject({ pinsUnknown: null, pinsRemembered: true });
    await reopen(() => writeFile(join(folder, 'annotations.json'), '{'));
    const unknown = { pinsUnknown: expect.stringContaining('annotations.json') as string };
    await catalog.rebuild();
    expect(await catalog.get(id)).toMatchObject({ pinned: true });
    expect(await catalog.condition()).toMatchObject({ ...unknown, pinsRemembered: true });
    await expect(catalog.annotate(id, { pinned: false })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await reopen(loseCatalog);
    await reopen();
    expect(await catalog.condition()).toMatchObject({ ...unknown, pinsRemembered: false });
    expect(await readFile(join(folder, 'annotations.json'), 'utf8')).toBe('{');
    await writeFile(join(folder, 'annotations.json'), sound);
    await catalog.reconcile();
    expect(await catalog.condition()).toMatchObject({ pinsUnknown: null, pinsRemembered: true });
    expect(await catalog.get(id)).toMatchObject({ pinned: true });
  });
});

describe('jobs', () => {
  it('come back exactly as they were saved last', async () => {
    const first = job({ id: 'a', status: 'running', progress: 0.25, stage: 'read' });
    await catalog.saveJob(first);
    expect(await catalog.getJob('a')).toEqual(first);
    const last = job({
      id: 'a',
      result: { tables: { users: { rows: 2 } } },
      error: { error_code: 'DISK_FULL', message: 'full', free_mb: 3 },
    });
    await Promise.all([catalog.saveJob({ ...first, progress: 0.5 }), catalog.saveJob(last)]);
    expect(await catalog.getJob('a')).toEqual(last);
    await expect(catalog.getJob('b')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  it('are paged newest first and filtered', async () => {
    for (const [index, type] of (['capture', 'verify', 'capture'] as const).entries()) {
      await catalog.saveJob(
        job({
          id: `job-${index}`,
          type,
          created_at: `2026-01-30T0${index}:00:00.000Z`,
          status: index ? 'completed' : 'failed',
        }),
      );
    }
    const ids = async (query = {}) =>
      (await catalog.jobs({ page: 1, page_size: 10, ...query })).items.map(({ id }) => id);
    expect(await ids()).toEqual(['job-2', 'job-1', 'job-0']);
    expect(await ids({ type: 'capture' })).toEqual(['job-2', 'job-0']);
    expect(await ids({ type: 'capture', status: 'failed' })).toEqual(['job-0']);
    expect(await catalog.jobs({ page: 2, page_size: 2 })).toMatchObject({
      total: 3,
      page: 2,
      page_size: 2,
      items: [{ id: 'job-0' }],
    });
    expect((await catalog.stats()).by_status).toEqual({ completed: 1, failed: 1 });
  });

  it('tell how captures of the last 30 days went', async () => {
    const statuses = ['failed', 'completed', 'completed', 'cancelled', 'completed', 'failed'] as const;
    for (const [index, status] of statuses.entries())
      await catalog.saveJob(job({ id: `job-${index}`, status, created_at: `2026-01-0${index + 1}T00:00:00.000Z` }));
    // 2026-02-01 is the thirtieth day, so 2026-01-03 the first
    expect((await catalog.stats()).captures).toEqual({ completed: 2, failed: 1, success_rate: 2 / 3 });
  });

  it('tell the newest finished capture of a plan', async () => {
    expect(await catalog.latestCaptureJob('auto')).toBeNull();
    const at = (hour: number) => ({ created_at: `2026-01-30T0${hour}:00:00.000Z` });
    await catalog.saveJob(job({ id: 'a', ...at(1) }));
    await catalog.saveJob(job({ id: 'b', status: 'failed', ...at(2) }));
    await catalog.saveJob(job({ id: 'c', status: 'running', ...at(3) }));
    await catalog.saveJob(job({ id: 'd', type: 'restore', ...at(4) }));
    await catalog.saveJob(job({ id: 'e', plan: 'weekly', ...at(5) }));
    expect(await catalog.latestCaptureJob('auto')).toMatchObject({ id: 'b' });
  });

  it('that an earlier run left unfinished have failed', async () => {
    await catalog.saveJob(job({ id: 'waiting', status: 'pending', progress: 0 }));
    await catalog.saveJob(job({ id: 'running', status: 'running', progress: 0.5 }));
    await catalog.saveJob(job({ id: 'done' }));
    await reopen();
    for (const id of ['waiting', 'running']) {
      expect(await catalog.getJob(id)).toMatchObject({
        status: 'failed',
        finished_at: NOW,
        error: { error_code: 'INTERRUPTED', message: expect.stringContaining('ended') as string },
      });
    }
    expect(await catalog.getJob('running')).toMatchObject({ progress: 0.5 });
    expect(await catalog.getJob('done')).toEqual(job({ id: 'done' }));
  });

  it('of a process that lives beside this one go on', async () => {
    await catalog.saveJob(job({ id: 'theirs', status: 'running' }));
    await reopen(() => {
      const database = new Database(join(folder, 'catalog.sqlite'));
      database.prepare('UPDATE backup_jobs SET owner = NULL, owner_pid = ?').run(process.ppid);
      database.close();
    });
    expect(await catalog.getJob('theirs')).toMatchObject({ status: 'running', error: null });
  });

  it('are kept to the newest 10,000', async () => {
    await reopen(() => {
      const database = new Database(join(folder, 'catalog.sqlite'));
      database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10500)
        INSERT INTO backup_jobs (id, created_at, type, status, progress, owner_pid)
        SELECT 'job-' || i, strftime('%Y-%m-%dT%H:%M:%fZ', '2025-01-01', '+' || i || ' minutes'), 'capture', 'completed', 1, 1 FROM n`);
      database.close();
    });
    expect((await catalog.jobs({ page: 1, page_size: 1 })).total).toBe(10_000);
    for (let index = 0; index < 100; index++)
      await catalog.saveJob(job({ id: `new-${index}`, status: 'pending', created_at: NOW }));
    expect((await catalog.jobs({ page: 1, page_size: 1 })).total).toBe(10_000);
    await expect(catalog.getJob('job-600')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    expect(await catalog.getJob('job-601')).toMatchObject({ id: 'job-601' });
  });
});

it('tells what is stored of each of the last 30 days', async () => {
  for (const [hour, day] of ['2026-01-02', '2026-01-03', '2026-01-30', '2026-01-30'].entries())
    await capture(`${day}T1${hour}:00:00.000Z`);
  const size = (await catalog.all())[0]!.size_bytes;
  expect((await catalog.stats()).by_day).toEqual([
    { date: '2026-01-03', count: 1, size_bytes: size },
    { date: '2026-01-30', count: 2, size_bytes: 2 * size },
  ]);
});

it('starts anew for an empty folder', async () => {
  expect(await state()).toEqual({
    snapshots: [],
    archives: [],
    stats: {
      regular: { count: 0, size_bytes: 0 },
      archived: { count: 0, size_bytes: 0 },
      latest_backup: null,
      oldest_backup: null,
      by_trigger: {},
      by_status: {},
      by_day: [],
      captures: { completed: 0, failed: 0, success_rate: null },
    },
  });
  expect(await page()).toEqual({ items: [], total: 0, page: 1, page_size: 50 });
});

describe('the newest snapshot', () => {
  const newest = async (query: Parameters<TypeOrmCatalog['newest']>[0] = {}) =>
    (await catalog.newest(query).catch(() => null))?.id ?? null;
  const at = (hour: number) => `2026-01-30T${String(hour).padStart(2, '0')}:00:00.000Z`;

  it('restores everything: it is no safety snapshot, no part, not of some tables, of no other database', async () => {
    expect(await newest()).toBeNull();
    const files = await capture(at(0), { plan: 'media' });
    const main = await capture(at(1));
    await capture(at(2), { id: 'pre_restore_20260130_020000', trigger: { type: 'safety' } });
    await capture(at(3), { plan: 'some', partial: true });
    await capture(at(4), { plan: 'orders', data_source: 'orders' });
    await capture(at(5), { plan: 'both', part_of: idAt(at(6), 'both') });
    expect(await newest()).toBe(main.id);
    expect(await newest({ to: at(1) })).toBe(files.id);
    expect(await newest({ plan: 'some' })).toBe(idAt(at(3), 'some'));
    expect(await newest({ plan: 'orders' })).toBe(idAt(at(4), 'orders'));
    expect(await newest({ plan: 'both' })).toBeNull();
    await expect(catalog.newest({ plan: 'nightly' })).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' });
  });

  it('is of another source where nothing is of the default database', async () => {
    await capture(at(1), { plan: 'orders', data_source: 'orders' });
    await capture(at(2), { plan: 'some', partial: true });
    expect(await newest()).toBe(idAt(at(1), 'orders'));
  });

  it('is not known to be damaged, nor is what it needs', async () => {
    const first = await capture(at(0));
    const base = await capture(at(1));
    const differential = await capture(at(2), { kind: 'differential', base: base.id });
    expect(await newest()).toBe(differential.id);
    await catalog.recordVerification(base.id, false, new Date(NOW));
    expect(await newest()).toBe(first.id);
    expect(await newest({ evenDamaged: true })).toBe(differential.id);
    await catalog.recordVerification(first.id, false, new Date(NOW));
    expect(await newest()).toBeNull();
  });

  it('is found by a catalog of an earlier version, too, which lists counters among the tables', async () => {
    const hash = 'a'.repeat(64);
    const tables = { users: { rows: 2, sha256: hash }, sqlite_sequence: { rows: 1, sha256: hash } };
    const whole = await capture(at(1), { tables });
    await capture(at(2), { plan: 'some', partial: true, tables });
    await catalog.recordVerification(whole.id, true, new Date(NOW));
    await reopen(() => {
      const database = new Database(join(folder, 'catalog.sqlite'));
      database.exec(`ALTER TABLE backup_snapshots DROP COLUMN partial; ALTER TABLE backup_snapshots DROP COLUMN data_source;
        DELETE FROM backup_catalog_migrations WHERE name LIKE 'AddExtent%'`);
      database.prepare('UPDATE backup_snapshots SET tables = ?').run(JSON.stringify(tables));
      database.close();
    });
    expect(await catalog.newest()).toMatchObject({ id: whole.id, is_valid: true });
    expect(Object.keys((await catalog.newest()).tables)).toEqual(['users']);
  });
});
