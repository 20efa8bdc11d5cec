import { copyFile, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { BackupError } from '../../src/backup/model/errors.js';
import { serialiseManifest, type DatabaseManifest } from '../../src/backup/model/manifest.js';
import { parseManifest } from '../../src/backup/model/parse-manifest.js';
import { ChangingDatabase, SeededRandom } from '../support/changing-database.js';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { rounds, SEED } from '../support/rounds.js';
import { everyValue } from '../support/sqlite-oracle.js';

const POSITIONS = rounds(500, 2000);

let bench: EngineBench;
let base: StoredSnapshot;
let differential: StoredSnapshot;
/** What the differential stands for, and what is there before a restore. */
let then: Record<string, string[]>;
let disturbed: Record<string, string[]>;

beforeEach(async () => {
  bench = await EngineBench.open(new InlineEngine());
});
afterEach(() => bench.close());

function change(sql: string): void {
  const database = new Database(bench.databasePath);
  database.exec(sql);
  database.close();
}

const values = () => everyValue(bench.databasePath);
const disturbedPath = () => join(bench.folder, 'disturbed.sqlite');

/** A base of some kilobytes with a differential over three of its four tables. */
async function prepareSmall(): Promise<void> {
  change(`CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE b (x, y); CREATE TABLE none (v); CREATE TABLE same (v);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 22) INSERT INTO a SELECT i, 'value ' || i FROM n;
    INSERT INTO b SELECT id % 3, id * 0.5 FROM a; INSERT INTO same SELECT v FROM a`);
  base = await bench.capture();
  change(
    `UPDATE a SET v = 'new' WHERE id IN (3, 4, 20); DELETE FROM b WHERE rowid = 7; INSERT INTO none VALUES (x'ff')`,
  );
  await prepareRest();
}

/** One of some hundred kilobytes, in many chunks. */
async function prepareLarge(): Promise<void> {
  const database = new ChangingDatabase(bench.databasePath, new SeededRandom(SEED));
  base = await bench.capture();
  database.edit(40);
  await prepareRest();
}

async function prepareRest(): Promise<void> {
  differential = await bench.captureAgainst(base);
  expect(differential.manifest.kind).toBe('differential');
  then = values();
  const database = new Database(bench.databasePath);
  database.pragma('journal_mode = delete');
  const tables = Object.keys(then).filter((table) => !table.startsWith('sqlite_'));
  for (const table of tables)
    database.exec(`DELETE FROM "${table}" WHERE rowid % 2`.replace(/.*"worded".*/, 'DELETE FROM worded WHERE n % 2'));
  database.close();
  disturbed = values();
  expect(disturbed).not.toEqual(then);
  await copyFile(bench.databasePath, disturbedPath());
}

/** Calls back with every byte changed in one bit, or with so many of them, where `seed` says; then the file is as before. */
async function eachFlipped(
  path: string,
  work: (place: number, bytes: Buffer) => Promise<void>,
  most = rounds(250, Infinity),
): Promise<void> {
  const sound = await readFile(path);
  const random = new SeededRandom(SEED);
  const count = Math.min(sound.length, most);
  try {
    for (let n = 0; n < count; n++) {
      const place = count === sound.length ? n : random.below(sound.length);
      const bytes = Buffer.from(sound);
      bytes[place]! ^= 1 << random.below(8);
      await writeFile(path, bytes);
      await work(place, bytes);
    }
  } finally {
    await writeFile(path, sound);
  }
}

/** @returns whether it was restored: then exactly; or else refused, and nothing was changed */
async function restoresExactly(snapshot: StoredSnapshot, where: string): Promise<boolean> {
  await copyFile(disturbedPath(), bench.databasePath);
  try {
    await bench.restore(snapshot);
  } catch (error) {
    expect(error, where).toBeInstanceOf(BackupError);
    expect(values(), where).toEqual(disturbed);
    return false;
  }
  expect(values(), where).toEqual(then);
  return true;
}

/** What a read hands out, or undefined where it ends with an error. */
async function read(snapshot: StoredSnapshot): Promise<string | undefined> {
  try {
    return await text(await bench.engine.read({ snapshot, view: 'document' }));
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    return undefined;
  }
}

describe('one flipped bit, a restore and a download are refused', () => {
  it.each(['base', 'differential'] as const)('in any byte of a small %s', async (which) => {
    await prepareSmall();
    const sound = await read(differential);
    await eachFlipped((which === 'base' ? base : differential).document.path, async (place) => {
      expect(await restoresExactly(differential, `byte ${place}`)).toBe(false);
      expect(await read(differential), `byte ${place}`).toBeUndefined();
    });
    expect(await restoresExactly(differential, 'no byte')).toBe(true);
    expect(await read(differential)).toBe(sound);
  });

  it('in any byte of a manifest, or they are exact', async () => {
    await prepareSmall();
    for (const which of ['base', 'differential'] as const) {
      const { id } = (which === 'base' ? base : differential).manifest;
      const path = join(bench.folder, `${id}.meta.json`);
      await writeFile(path, serialiseManifest((which === 'base' ? base : differential).manifest));
      await eachFlipped(path, async (place, bytes) => {
        const snapshot = { ...differential, base: { ...base } };
        const changed = which === 'base' ? snapshot.base : snapshot;
        try {
          changed.manifest = parseManifest(bytes.toString(), id) as DatabaseManifest;
        } catch (error) {
          expect(error).toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
          return;
        }
        if (snapshot.manifest.base === base.manifest.id) await restoresExactly(snapshot, `byte ${place} of ${which}`);
      });
    }
  });

  it.each(['base', 'differential'] as const)('in thousands of places of a larger %s', async (which) => {
    await prepareLarge();
    const sound = await read(differential);
    let n = 0;
    const work = async (place: number): Promise<void> => {
      expect(await read(differential), `byte ${place}`).toBeUndefined();
      if (n++ % 50 === 0) expect(await restoresExactly(differential, `byte ${place}`)).toBe(false);
    };
    await eachFlipped((which === 'base' ? base : differential).document.path, work, POSITIONS);
    expect(await read(differential)).toBe(sound);
  });
});

describe('a capture', () => {
  /** The database as it was when the differential was taken. */
  async function again(): Promise<void> {
    await copyFile(disturbedPath(), bench.databasePath);
    await bench.restore(differential);
  }

  async function captured(): Promise<StoredSnapshot> {
    const snapshot = await bench.captureAgainst(base);
    expect(snapshot.manifest.tables).toEqual(differential.manifest.tables);
    return snapshot;
  }

  it('is a full one whatever byte of the index is wrong', async () => {
    await prepareSmall();
    await again();
    await eachFlipped(bench.indexPath(base.manifest.id), async (place) => {
      expect((await captured()).manifest, `byte ${place}`).toMatchObject({ kind: 'full', full_reason: 'no_index' });
    });
    expect((await captured()).manifest.kind).toBe('differential');
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['missing', (path) => rm(path)],
    ['empty', (path) => writeFile(path, '')],
    ['cut', async (path) => writeFile(path, (await readFile(path)).subarray(0, -1))],
    ["another snapshot's", async (path) => rename(bench.indexPath((await bench.capture()).manifest.id), path)],
  ])('is a full one when the index is %s', async (_what, damage) => {
    await prepareSmall();
    await again();
    await damage(bench.indexPath(base.manifest.id));
    expect((await captured()).manifest).toMatchObject({ kind: 'full', full_reason: 'no_index' });
  });

  it('is a full one where a chunk of the base that it needs is damaged, and right with the sound base otherwise', async () => {
    await prepareSmall();
    await again();
    const document = await readFile(base.document.path, 'utf8');
    const [inA, inB] = ['a', 'b'].map((table) => {
      const start = document.indexOf('[\n', document.indexOf(`"${table}":{`)) + 2;
      return { start, end: document.indexOf('\n]', start) };
    });
    const sound = await read(differential);
    const taken: StoredSnapshot[] = [];
    await eachFlipped(base.document.path, async (place) => {
      const snapshot = await captured();
      const needed = [inA!, inB!].some(({ start, end }) => place >= start && place < end);
      if (needed)
        expect(snapshot.manifest, `byte ${place}`).toMatchObject({ kind: 'full', full_reason: 'base_damaged' });
      else taken.push(snapshot);
    });
    expect(taken.length).toBeGreaterThan(100);
    for (const snapshot of taken) {
      const put = await read(snapshot);
      expect(put?.slice(put.indexOf('"tables":{'))).toBe(sound!.slice(sound!.indexOf('"tables":{')));
    }
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['missing', (path) => rm(path)],
    ['empty', (path) => writeFile(path, '')],
    ['cut', async (path) => writeFile(path, (await readFile(path)).subarray(0, 500))],
    ['a link', async (path) => (await rename(path, `${path}.moved`), symlink(`${path}.moved`, path))],
  ])('is a full one when the base is %s', async (_what, damage) => {
    await prepareSmall();
    await again();
    await damage(base.document.path);
    expect((await captured()).manifest).toMatchObject({ kind: 'full', full_reason: 'base_damaged' });
  });

  it('does not repeat a previous one that is damaged, byte by byte, nor one that is gone', async () => {
    await prepareSmall();
    await again();
    const previous = await captured();
    const state = bench.lastCapture!.state!;
    const sound = await read(previous);
    const repeat = async (): Promise<string> => {
      const repeated = await bench.captureAgainst(base, { snapshot: previous, state });
      expect(repeated.manifest.tables).toEqual(differential.manifest.tables);
      return (await read(repeated))!;
    };
    const rows = (document: string) => document.slice(document.indexOf('"tables":{'));
    await eachFlipped(previous.document.path, async (place) => {
      expect(rows(await repeat()), `byte ${place}`).toBe(rows(sound!));
    });
    await rm(previous.document.path);
    expect(rows(await repeat())).toBe(rows(sound!));
  });
});
