import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isProcessAlive } from '../../src/backup/system/temporary-file.js';
import { SeededRandom } from '../support/changing-database.js';
import { eventually } from '../support/eventually.js';
import { daysAgo, SnapshotSeed } from '../support/planted-snapshots.js';
import { Program } from '../support/program.js';
import { rounds, SEED } from '../support/rounds.js';
import { dump } from '../support/sqlite-oracle.js';

const STAGES = ['capture', 'archive', 'restore', 'delete'] as const;
const VICTIMS = ['group', 'program', 'engine host'] as const;
/** At least as many as there are victims: then each is killed once in each stage. */
const KILLS_PER_STAGE = rounds(3, 16);
const RESTORES_EVERY = 5;
const MOST_LISTED = 4;
type Stage = (typeof STAGES)[number];
type Victim = (typeof VICTIMS)[number];

/** Where in a stage the kills fall; the machine's speed has a word in it, too. */
const random = new SeededRandom(SEED);
/** The state of the database that each snapshot must give back, as a hash of its dump. */
const states = new Map<string, string>();
const plantedIds = new Set<string>();
const durations = new Map<Stage, number>();
let program: Program;
let seed: SnapshotSeed;
let seedState: string;
let pinned: string;
const seenErrors = new Set<string>();
let kills = 0;

beforeAll(async () => {
  program = new Program(await mkdtemp(join(tmpdir(), 'kill-')));
  await mkdir(join(program.folder, 'data'));
  fill(program.database);
  await program.start();
  seedState = state();
  const first = await program.capture();
  states.set(first.id, seedState);
  seed = await SnapshotSeed.read(program.backups, first.id);
  pinned = await plant(20);
  await cleanup('archive');
  await program.patch(`/${pinned}`, { pinned: true });
  for (const stage of STAGES) {
    const action = await prepare(stage);
    const started = performance.now();
    const { status } = await action.run();
    durations.set(stage, performance.now() - started);
    expect(status, stage).toBeLessThan(300);
    await learn(action.before);
  }
});
afterAll(async () => {
  if (program.isRunning) await program.kill('group');
  await rm(program.folder, { recursive: true, force: true });
});

describe(`kill -9, seed ${SEED}`, () => {
  it(`in ${KILLS_PER_STAGE * STAGES.length} rounds or more loses nothing that was listed`, async () => {
    // On a busy machine some kills come too late; then there are more rounds.
    for (let round = 0; round < KILLS_PER_STAGE || !hasHitEnough(); round++) {
      for (const [index, stage] of STAGES.entries()) {
        const victim = VICTIMS[(round + index) % VICTIMS.length]!;
        const moment = (((round % KILLS_PER_STAGE) + random.fraction()) / KILLS_PER_STAGE) * durations.get(stage)!;
        await roundOf(stage, victim, moment).catch((error: Error) => {
          error.message = `${victim} killed ${moment.toFixed(0)} ms into ${stage}, seed ${SEED}: ${error.message}`;
          throw error;
        });
      }
      if (round % RESTORES_EVERY === RESTORES_EVERY - 1) await everySnapshotRestores();
    }
    await everySnapshotRestores();
    expect(seenErrors).toEqual(new Set(['INTERRUPTED', 'ENGINE_FAILED']));
  });
});

/** That jobs were at work when they were killed, and of both kinds of victims. */
const hasHitEnough = (): boolean => kills >= KILLS_PER_STAGE * 3 && seenErrors.size > 1;

async function roundOf(stage: Stage, victim: Victim, moment: number): Promise<void> {
  const action = await prepare(stage);
  const answer = action.run().catch(() => undefined); // the connection breaks with the program
  await pause(moment);
  const hosts = await strike(victim, answer);
  if (victim === 'engine host') expect(program.isRunning).toBe(true);
  else await program.start();
  await answer;
  for (const host of hosts) await eventually(() => !isProcessAlive(host));

  expect(await temporaryFiles()).toEqual([]);
  expect(action.outcomes).toContain(state());
  expect(sqliteSays('PRAGMA integrity_check')).toBe('ok');
  const unfinished = (await program.jobs()).filter(({ status }) => status === 'pending' || status === 'running');
  expect(unfinished).toEqual([]);
  for (const { error } of await program.jobs()) if (error) seenErrors.add(error.error_code);
  await learn(action.before);
  expect([...states.keys()]).toEqual(expect.arrayContaining(action.mustStay));
  await Promise.all(
    [...states.keys()].map(async (id) => {
      const { body } = await program.verify(id);
      expect(body, id).toMatchObject({ is_valid: true });
    }),
  );
  if (stage === 'archive' || stage === 'delete') await finishCleanup(stage);
  else await keepFew();
}

/** Everything that a stage needs, and what may come of it. */
async function prepare(stage: Stage): Promise<{
  run: () => Promise<{ status: number }>;
  before: string;
  /** States in which the database may be afterwards. */
  outcomes: string[];
  /** Snapshots that must be listed afterwards. */
  mustStay: string[];
}> {
  changeData();
  const before = state();
  const outcomes = [before];
  const listed = [...states.keys()];
  switch (stage) {
    case 'capture': {
      const asked = kills % 3 === 0 ? { kind: 'full' } : {}; // the others are differentials
      return { run: () => program.post('/?wait=true', asked), before, outcomes, mustStay: listed };
    }
    case 'restore': {
      const id = listed[Math.floor(random.fraction() * listed.length)]!;
      const run = () => program.post(`/${id}/restore?wait=true`, { confirm: id });
      return { run, before, outcomes: [before, states.get(id)!], mustStay: listed };
    }
    case 'archive': {
      const added = [await plant(20), await plant(20), await plant(21)];
      await setRetention('archive');
      return { run: () => program.post('/cleanup'), before, outcomes, mustStay: [...listed, ...added] };
    }
    case 'delete': {
      await plant(40);
      await plant(41);
      await setRetention('delete');
      const { body } = await program.post<{ kept: { id: string }[] }>('/cleanup?dry_run=true');
      const kept = new Set(body.kept.map(({ id }) => id));
      return { run: () => program.post('/cleanup'), before, outcomes, mustStay: listed.filter((id) => kept.has(id)) };
    }
  }
}

/** Kills. @returns the engine hosts that were there then, at work or standing by */
async function strike(victim: Victim, answer: Promise<unknown>): Promise<number[]> {
  if (victim !== 'engine host') {
    const hosts = program.engineHosts();
    await program.kill(victim);
    kills++;
    return hosts;
  }
  let isOver = false;
  void answer.then(() => (isOver = true));
  const hosts = await eventually(() => isOver || nonEmpty(program.engineHosts()));
  if (hosts === true) return []; // too late: that stage needed no host any more
  kills++;
  for (const host of hosts) killIfThere(host);
  await answer;
  return hosts;
}

/** One may have ended by itself since it was seen. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What the crash interrupted is done by the next clean-up, and nothing lies in two places then. */
async function finishCleanup(stage: Stage): Promise<void> {
  await cleanup(stage);
  const regular = new Set(await readdir(program.backups));
  for (const { id, archive, filename } of await learn('')) {
    expect(regular.has(filename), `${id}, archive ${archive}`).toBe(archive === null);
    expect(regular.has(`${id}.meta.json`), `${id}, archive ${archive}`).toBe(archive === null);
  }
}

async function cleanup(stage: Stage): Promise<void> {
  await setRetention(stage);
  const { status, body } = await program.post('/cleanup');
  expect(status, JSON.stringify(body)).toBe(200);
  await learn('');
}

/** Days 20 and 21 are packed in the one case, and deleted in the other. */
async function setRetention(stage: Stage): Promise<void> {
  const settings = { retention_days: stage === 'delete' ? 16 : 3650, min_keep: 1 };
  const asked = await program.put('/config', settings);
  if (asked.status === 200) return;
  const { cleanup } = asked.body as { cleanup: { deleted: number } };
  const { status } = await program.put(`/config?confirm_deletions=${cleanup.deleted}`, settings);
  expect(status).toBe(200);
}

/** Brings {@link states} in line with what is listed: what is new holds the state that was there before the stage. */
async function learn(before: string) {
  const listed = await program.listed();
  const ids = new Set(listed.map(({ id }) => id));
  for (const id of states.keys()) if (!ids.has(id)) states.delete(id);
  for (const { id } of listed) {
    if (states.has(id)) continue;
    states.set(id, plantedIds.has(id) ? seedState : before);
  }
  return listed;
}

async function everySnapshotRestores(): Promise<void> {
  expect(states.has(pinned)).toBe(true);
  for (const [id, expected] of states) {
    const { status, body } = await program.restore(id);
    expect(status, `${id}: ${JSON.stringify(body)}`).toBe(200);
    expect(state(), id).toBe(expected);
  }
}

/** The oldest go, differentials before what they build on, which stays while anything needs it. */
async function keepFew(): Promise<void> {
  const listed = (await program.listed()).filter(({ id }) => id !== pinned);
  const old = listed.slice(MOST_LISTED).sort((a, b) => Number(b.base !== null) - Number(a.base !== null));
  for (const { id } of old) {
    if (listed.some(({ base }) => base === id)) continue;
    expect((await program.delete(`/${id}`)).status).toBeLessThan(300);
    states.delete(id);
  }
}

const nonEmpty = <T>(list: T[]): T[] | null => (list.length > 0 ? list : null);

async function temporaryFiles(): Promise<string[]> {
  const names = [...(await readdir(program.backups)), ...(await readdir(join(program.backups, 'archived')))];
  return names.filter((name) => name.endsWith('.tmp'));
}

async function plant(days: number): Promise<string> {
  const time = new Date(plantedIds.size * 1000).toISOString().slice(11, 19);
  const id = await seed.plant(program.backups, daysAgo(days, `${time}.123`));
  plantedIds.add(id);
  return id;
}

function fill(path: string): void {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.exec(`
    CREATE TABLE readings (id INTEGER PRIMARY KEY AUTOINCREMENT, value REAL, note TEXT, raw BLOB);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO readings SELECT i, i * 0.1, printf('reading %d of many, as text of some length', i), zeroblob(30) FROM n;`);
  database.close();
}

/** As the application would: rows change, come and go. */
function changeData(): void {
  const database = new Database(program.database);
  const n = Math.floor(random.fraction() * 1_000_000);
  database.prepare(`UPDATE readings SET note = 'changed ' || ?, value = value + 0.1 WHERE id % 97 = ?`).run(n, n % 97);
  database.prepare(`INSERT INTO readings (value, note) VALUES (?, 'new')`).run(n);
  database.prepare(`DELETE FROM readings WHERE id = ?`).run(n % 20_000);
  database.close();
}

/** The order of the rows in `sqlite_sequence` means nothing, and is the order in which tables got their first row. */
function state(): string {
  const lines = dump(program.database).split('\n');
  const isSequence = (line: string) => line.startsWith('INSERT INTO sqlite_sequence ');
  const sorted = [...lines.filter((line) => !isSequence(line)), ...lines.filter(isSequence).sort()];
  return createHash('sha256').update(sorted.join('\n')).digest('hex');
}

function sqliteSays(sql: string): unknown {
  const database = new Database(program.database, { readonly: true });
  try {
    return database.prepare(sql).pluck().get();
  } finally {
    database.close();
  }
}
