import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TypeOrmCatalog } from '../../src/backup/catalog/typeorm.catalog.js';
import { repositoryIn } from '../support/repository-in.js';
import { isFinished, type Job } from '../../src/backup/model/job.js';
import { SystemClock } from '../../src/backup/system/clock.js';
import type { LeaseTimes } from '../../src/backup/system/lease.js';
import { readRecord } from '../../src/backup/system/lease.record.js';
import { isProcessAlive } from '../../src/backup/system/temporary-file.js';
import { BackupProcess } from '../support/backup-process.js';
import { eventually } from '../support/eventually.js';
import { daysAgo, SnapshotSeed } from '../support/planted-snapshots.js';
import { dump } from '../support/sqlite-oracle.js';

/** Long enough that a busy machine does not lose it, short enough to wait for. */
const SHORT: Partial<LeaseTimes> = { ttlMs: 2500, renewMs: 250, pollMs: 20 };
/** Never ends by itself within a test. */
const ENDLESS: Partial<LeaseTimes> = { ttlMs: 86_400_000, pollMs: 20 };

let folder: string;
let processes: BackupProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'several-'));
  processes = [];
  await mkdir(join(folder, 'data'));
  sql('CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL)');
  change();
});
afterEach(async () => {
  for (const process of processes) await process.kill();
  await rm(folder, { recursive: true, force: true });
});

async function start(times: Partial<LeaseTimes>, count = 2): Promise<BackupProcess[]> {
  processes.push(...(await Promise.all(Array.from({ length: count }, () => BackupProcess.start(folder, times)))));
  return processes;
}

const backups = () => join(folder, 'backups');
const databasePath = () => join(folder, 'data', 'app.sqlite');
const state = () => dump(databasePath());
const holder = () => readRecord(backups()).holder;

function sql(text: string): void {
  const database = new Database(databasePath(), { timeout: 60_000 });
  database.exec(text);
  database.close();
}

let changes = 0;
function change(): void {
  sql(`INSERT INTO users (email) VALUES ('${++changes}@example.com')`);
}

const unfinished = () =>
  [...readdirSync(backups()), ...readdirSync(join(backups(), 'archived'))].filter((name) => name.endsWith('.tmp'));

/** Whatever happened: what is listed is there and sound, nothing else is, and a catalog made anew says the same. */
async function assertInOrder(process: BackupProcess): Promise<void> {
  const listed = await process.list();
  const regular = listed.filter(({ archive }) => archive === null).map(({ id }) => id);
  const documents = readdirSync(backups()).filter((name) => name.endsWith('.meta.json'));
  expect(documents.sort()).toEqual(regular.map((id) => `${id}.meta.json`).sort());
  for (const { id } of listed) expect(await process.verify(id), id).toMatchObject({ is_valid: true });
  const repository = repositoryIn(backups());
  const anew = new TypeOrmCatalog({
    url: `sqlite:${join(folder, 'anew.sqlite')}`,
    repository,
    clock: new SystemClock(),
  });
  await anew.open();
  const found = (await anew.all()).map(({ id, archive, checksum, pinned }) => ({ id, archive, checksum, pinned }));
  await anew.close();
  expect(listed.map(({ id, archive, checksum, pinned }) => ({ id, archive, checksum, pinned }))).toEqual(found);
  expect(await repository.listProblems()).toEqual([]);
  expect((await process.jobs()).filter((job) => !isFinished(job))).toEqual([]);
}

describe('a process that was stopped past its lease', () => {
  it('publishes nothing, and what another one did meanwhile stands', async () => {
    const [stale, other] = (await start(SHORT)) as [BackupProcess, BackupProcess];
    const first = await other.capture();
    const captured = state();
    await stale.pauseAt('captured');
    const capturing = stale.capture();
    await stale.hasTold('captured');
    stale.stop();
    change();
    const second = await other.capture({ kind: 'full' }); // waits until the lease has ended
    expect(second).toMatchObject({ status: 'completed', stage: expect.not.stringContaining('waiting') as string });
    expect(await other.restore(first.snapshot_id!)).toMatchObject({ status: 'completed' });
    await other.remove(second.snapshot_id!);
    const goingOn = stale.goOn();
    stale.continue();
    await goingOn;
    expect(await capturing).toMatchObject({ status: 'failed', error: { error_code: 'LEASE_LOST' } });
    expect((await other.list()).map(({ id }) => id)).toEqual([first.snapshot_id]);
    expect(state()).toBe(captured);
    expect(unfinished()).toEqual([]);
    await assertInOrder(stale);
  });

  it('commits no restore, not even where the engine host was not stopped', async () => {
    const [stale, other] = (await start(SHORT)) as [BackupProcess, BackupProcess];
    const { snapshot_id } = await other.capture();
    change();
    const before = state();
    const lock = new Database(databasePath(), { timeout: 0 });
    lock.exec('BEGIN IMMEDIATE'); // which the engine host waits for
    const restoring = stale.restore(snapshot_id!);
    const { pid } = await stale.hasTold('restore started');
    stale.stop();
    const third = await other.capture();
    expect(third).toMatchObject({ status: 'completed' });
    lock.exec('ROLLBACK');
    lock.close();
    await eventually(() => !isProcessAlive(pid!)); // it came to its end alone
    expect(state()).toBe(before);
    stale.continue();
    expect(await restoring).toMatchObject({ status: 'failed', error: { error_code: 'LEASE_LOST' } });
    expect(state()).toBe(before);
    await assertInOrder(stale);
  });
});

describe('a process that is killed while it holds the lease', () => {
  it('loses it at once, and its job has failed', async () => {
    const [killed, other] = (await start(ENDLESS)) as [BackupProcess, BackupProcess];
    await killed.pauseAt('captured');
    const capturing = killed.capture().catch((error: unknown) => error);
    await killed.hasTold('captured');
    const waiting = other.capture();
    const job = await eventually(async () => (await other.jobs()).find(({ status }) => status === 'pending'));
    await eventually(async () => (await other.jobs())[0]!.stage !== null);
    expect((await other.jobs())[0]).toMatchObject({
      id: job.id,
      stage: `waiting for the capture of process ${killed.pid}`,
    });
    await killed.kill();
    expect(await waiting).toMatchObject({ status: 'completed' });
    expect(await capturing).toEqual({ code: 'GONE' });
    const jobs: Job[] = await other.jobs();
    expect(jobs.find(({ id }) => id !== job.id)).toMatchObject({
      status: 'failed',
      error: { error_code: 'INTERRUPTED' },
    });
    await start(ENDLESS, 1); // which sweeps
    expect(unfinished()).toEqual([]);
    await assertInOrder(other);
  });
});

it('two processes at once, now and then stopped past their lease: nothing is lost, and nothing is done twice', async () => {
  const both = await start(SHORT);
  const first = await both[0]!.capture();
  const seed = await SnapshotSeed.read(backups(), first.snapshot_id!);
  const plant = (days: number, time: string) => seed.plant(backups(), daysAgo(days, time));
  const old = [await plant(20, '10:00:00'), await plant(20, '11:00:00'), await plant(21, '12:00:00')];
  for (let days = 40; days < 46; days++) await plant(days, '12:00:00');
  const outcomes: Job[] = [];

  const work = async (process: BackupProcess, offset: number) => {
    for (let round = 0; round < 3; round++) {
      change();
      outcomes.push(await process.capture(round % 2 === offset ? { kind: 'full' } : {}));
      outcomes.push(await process.restore(first.snapshot_id!));
      await process.cleanup().catch(({ code }: { code: string }) => expect(code).toBe('LEASE_LOST'));
    }
  };
  let working = true;
  const disturb = async () => {
    for (const victim of both) {
      await eventually(() => !working || holder()?.process.pid === victim.pid);
      if (!working) return;
      victim.stop();
      await pause(SHORT.ttlMs! + 200);
      victim.continue();
    }
  };
  const disturbing = disturb();
  await Promise.all(both.map((process, index) => work(process, index)));
  working = false;
  await disturbing;

  for (const { status, error } of outcomes)
    if (status !== 'completed') expect([status, error?.error_code]).toEqual(['failed', 'LEASE_LOST']);
  const captures = outcomes.filter(({ type, status }) => type === 'capture' && status === 'completed');
  expect(captures.length).toBeGreaterThan(2);
  expect(new Set(captures.map(({ snapshot_id }) => snapshot_id)).size).toBe(captures.length);
  await both[1]!.cleanup(); // one that was stopped may have kept it from being done
  const listed = await both[1]!.list();
  const kept = [first, ...captures].map(({ snapshot_id }) => snapshot_id!);
  expect(listed.map(({ id }) => id).sort()).toEqual([...kept, ...old].sort());
  expect(listed.filter(({ archive }) => archive !== null)).toHaveLength(old.length);
  expect(unfinished()).toEqual([]);
  await assertInOrder(both[1]!);
});
