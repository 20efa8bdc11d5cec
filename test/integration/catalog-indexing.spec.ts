import Database from 'better-sqlite3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TypeOrmCatalog } from '../../src/backup/catalog/typeorm.catalog.js';
import { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import { repositoryIn } from '../support/repository-in.js';
import { archiveName } from '../../src/backup/model/snapshot-id.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { eventually } from '../support/eventually.js';
import { GatedRepository } from '../support/gated-repository.js';
import { placeSample, publishSampleArchive, sampleManifest } from '../support/sample-snapshots.js';

const REGULAR = 260;
const ARCHIVED = 5;
const DAY = '2026-01-15';
const MINUTE = 60_000;
const NEWEST = Date.UTC(2026, 0, 30, 12);

let folder: string;
let clock: ManualClock;
let log: string[];
let catalogs: TypeOrmCatalog[];
let gates: GatedRepository[];

const timeOf = (age: number) => new Date(NEWEST - age * MINUTE).toISOString();
const idAt = (time: string) => `auto_backup_${time.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')}`;
/** The newest first. */
const regular = Array.from({ length: REGULAR }, (_, age) => idAt(timeOf(age)));
const archived = Array.from({ length: ARCHIVED }, (_, hour) => idAt(`${DAY}T0${hour}:00:00.000Z`)).reverse();
/** All that can be read at once: the rest stands behind the gate. */
const PASSED = 210;
const isBehind = (id: string) => regular.indexOf(id) >= PASSED;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'indexing-'));
  clock = new ManualClock('2026-02-01T00:00:00.000Z');
  log = [];
  catalogs = [];
  gates = [];
  const repository = repositoryIn(folder);
  await repository.prepare();
  await Promise.all(
    regular.map((id, age) => placeSample(folder, id, { created_at: timeOf(age), sequence: ARCHIVED + REGULAR - age })),
  );
  const manifests = archived.map((id, age) =>
    sampleManifest(id, { created_at: `${DAY}T0${ARCHIVED - 1 - age}:00:00.000Z`, sequence: ARCHIVED - age }),
  );
  await publishSampleArchive(repository, archiveName(DAY), manifests);
});

afterEach(async () => {
  for (const gate of gates) gate.open();
  for (const catalog of catalogs) await catalog.close();
  await rm(folder, { recursive: true, force: true });
});

/** As another process would open it. */
async function open(repository: SnapshotRepository): Promise<TypeOrmCatalog> {
  const note = (line: string) => void log.push(line);
  const catalog = new TypeOrmCatalog({
    url: `sqlite:${join(folder, 'catalog.sqlite')}`,
    repository,
    clock,
    logger: { log: note, warn: note, error: note },
  });
  catalogs.push(catalog);
  await catalog.open();
  return catalog;
}

async function newGate(): Promise<GatedRepository> {
  const gate = new GatedRepository(folder, isBehind);
  gates.push(gate);
  await gate.prepare();
  return gate;
}

async function openGated(): Promise<{ catalog: TypeOrmCatalog; gate: GatedRepository }> {
  const gate = await newGate();
  const catalog = await open(gate);
  return { catalog, gate };
}

const listed = async (catalog: TypeOrmCatalog) =>
  (await catalog.page({ page: 1, page_size: 1000 })).items.map(({ id }) => id);
const refused = {
  code: 'INDEXING',
  details: { indexing: { indexed: expect.any(Number) as number, total: REGULAR + ARCHIVED } },
};

describe('a catalog of many snapshots that it does not know', () => {
  it('has the newest once it is open, and the rest once it is whole', async () => {
    const { catalog, gate } = await openGated();
    expect(catalog.indexing()).toEqual({ indexed: 200, total: REGULAR + ARCHIVED });
    expect(await listed(catalog)).toEqual(regular.slice(0, 200));
    expect(await catalog.latestTimed('auto')).toMatchObject({ id: regular[0] });
    gate.open();
    await catalog.indexed();
    expect(catalog.indexing()).toBeNull();
    expect(await listed(catalog)).toEqual([...regular, ...archived]);
    expect(gate.asked).toEqual(regular);
    expect(log).toEqual([]);
  });

  it('answers nothing that needs all of them, until it has all of them', async () => {
    const { catalog, gate } = await openGated();
    await expect(catalog.all()).rejects.toMatchObject(refused);
    await expect(catalog.outlines()).rejects.toMatchObject(refused);
    await expect(catalog.newest()).rejects.toMatchObject(refused);
    await expect(catalog.restorePoints()).rejects.toMatchObject(refused);
    await expect(catalog.dependents(regular[0]!)).rejects.toMatchObject(refused);
    await expect(catalog.get('unknown_anywhere')).rejects.toMatchObject(refused);
    expect(await catalog.nextSequence()).toBeNull();
    gate.open();
    await catalog.indexed();
    expect(await catalog.all()).toHaveLength(REGULAR + ARCHIVED);
    expect(await catalog.newest()).toMatchObject({ id: regular[0] });
    expect(await catalog.dependents(regular[0]!)).toEqual([]);
    await expect(catalog.get('unknown_anywhere')).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' });
    expect(await catalog.nextSequence()).toBe(REGULAR + ARCHIVED + 1);
  });

  it('finds what is named by its id, regular or archived, and keeps what is said and found out of it', async () => {
    const { catalog, gate } = await openGated();
    const [oldest, packed] = [regular.at(-1)!, archived[2]!];
    expect(await catalog.get(oldest)).toMatchObject({ id: oldest, location: 'regular', sequence: ARCHIVED + 1 });
    expect(await catalog.find(packed)).toMatchObject({ id: packed, archive: archiveName(DAY) });
    expect(await catalog.annotate(oldest, { pinned: true })).toMatchObject({ pinned: true });
    await catalog.recordVerification(packed, false, clock.now());
    gate.open();
    await catalog.indexed();
    expect(await catalog.get(oldest)).toMatchObject({ pinned: true });
    expect(await catalog.get(packed)).toMatchObject({ is_valid: false });
    expect(await listed(catalog)).toEqual([...regular, ...archived]);
  });

  it('goes on where an earlier process was ended, and shares the work with one beside it', async () => {
    const first = await openGated();
    expect(await listed(first.catalog)).toEqual(regular.slice(0, 200));
    const recorder = new GatedRepository(folder, () => false);
    const second = await open(recorder);
    await second.indexed();
    expect(await listed(second)).toEqual([...regular, ...archived]);
    expect(recorder.asked.slice(0, REGULAR - 200)).toEqual(regular.slice(200));
    expect(await listed(first.catalog)).toEqual([...regular, ...archived]);
    await expect(first.catalog.all()).rejects.toMatchObject(refused); // it has not seen for itself
    first.gate.open();
    await first.catalog.indexed();
    expect(await first.catalog.all()).toEqual(await second.all());
  });

  it('ends in the middle when it is closed', async () => {
    const { catalog, gate } = await openGated();
    const closed = catalog.close();
    gate.open();
    await closed;
    expect(gate.asked.length).toBeLessThan(REGULAR);
    expect(log).toEqual([]);
    expect(await listed(await open(repositoryIn(folder)))).toEqual(expect.arrayContaining(regular.slice(0, 200)));
  });

  it('says why it stopped, and tries again later', async () => {
    const gate = await newGate();
    let fails = true;
    gate.listArchives = () =>
      fails ? Promise.reject(new Error('no such disk')) : SnapshotRepository.prototype.listArchives.call(gate);
    const catalog = await open(gate);
    expect(catalog.indexing()).toBeNull();
    expect(log).toEqual(['The list of snapshots may be out of date: no such disk']);
    fails = false;
    gate.open();
    await catalog.tryAgain();
    expect(await listed(catalog)).toEqual([]);
    clock.advance(30_000);
    await catalog.tryAgain();
    await eventually(async () => (await listed(catalog)).length === REGULAR + ARCHIVED);
    await catalog.indexed();
    expect(await listed(catalog)).toEqual([...regular, ...archived]);
  });

  it('reads all manifests again where rows of an earlier version lack something, also after an end in the middle', async () => {
    await (await open(repositoryIn(folder))).indexed();
    await catalogs.pop()!.close();
    const file = new Database(join(folder, 'catalog.sqlite'));
    file.exec(`UPDATE backup_snapshots SET plan = 'lost'; PRAGMA user_version = 4`);
    file.close();
    const { catalog, gate } = await openGated();
    expect(catalog.indexing()).toEqual({ indexed: 200, total: REGULAR + ARCHIVED });
    await expect(catalog.all()).rejects.toMatchObject(refused);
    const closed = catalog.close();
    gate.open();
    await closed;
    const next = await open(repositoryIn(folder));
    await next.indexed();
    expect(new Set((await next.all()).map(({ plan }) => plan))).toEqual(new Set(['auto']));
  });
});

describe('a folder with few snapshots that the catalog does not know', () => {
  it('is listed when the catalog is open', async () => {
    for (const id of regular.slice(150))
      for (const ending of ['.json', '.meta.json']) await rm(join(folder, id + ending));
    const catalog = await open(repositoryIn(folder));
    expect(catalog.indexing()).toBeNull();
    expect(await listed(catalog)).toEqual([...regular.slice(0, 150), ...archived]);
  });
});
