import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaptureRequest } from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { ChangingDatabase, SeededRandom } from '../support/changing-database.js';
import { EngineBench } from '../support/engine-bench.js';
import { readDifferential, readFull } from '../support/independent-reader.mjs';
import { InlineEngine } from '../support/inline-engines.js';
import { applyEdits, createRandom, randomDatabase } from '../support/random-schema.js';
import { rounds } from '../support/rounds.js';
import { dump, everyValue } from '../support/sqlite-oracle.js';

const NEW_FULL_EVERY = 8;
const RESTORED_EVERY = 5;

let bench: EngineBench;
let kinds: Record<string, number>;

beforeEach(async () => {
  bench = await EngineBench.open(new InlineEngine());
  kinds = { differential: 0, quiet: 0, full: 0 };
});
afterEach(() => bench.close());

/** A snapshot, and what the database held at its moment. */
interface Moment {
  snapshot: StoredSnapshot;
  dump: string;
  values: Record<string, string[]>;
}

const withoutHead = (document: string): string => document.slice(document.indexOf('"tables":{'));

/** Takes snapshots as the program does: against the newest full one, with what is known of the one before. */
class Captures {
  readonly moments: Moment[] = [];
  private base: StoredSnapshot | null = null;
  private previous: CaptureRequest['previous'] = null;

  async take(): Promise<StoredSnapshot> {
    const wanted = this.moments.length % NEW_FULL_EVERY === 0 ? null : this.base;
    const isQuiet = this.previous?.state;
    const snapshot = wanted === null ? await bench.capture() : await bench.captureAgainst(wanted, this.previous);
    const { state, kind } = bench.lastCapture!;
    kinds[kind]!++;
    if (state !== null && state === isQuiet) kinds['quiet']!++;
    this.previous = state === null ? null : { snapshot, state };
    if (kind === 'full') this.base = snapshot;
    await expectTheDatabase(snapshot);
    const path = bench.databasePath;
    this.moments.push({ snapshot, dump: dump(path), values: everyValue(path) });
    return snapshot;
  }
}

/** By digest and by row: what the engine and the independent reader make of it is what a full snapshot holds now. */
async function expectTheDatabase(snapshot: StoredSnapshot): Promise<void> {
  const now = await bench.capture();
  expect(snapshot.manifest.tables).toEqual(now.manifest.tables);
  const expected = withoutHead(await readFile(now.document.path, 'utf8'));
  expect(withoutHead(await text(await bench.engine.read({ snapshot, view: 'document' }))) === expected).toBe(true);
  const stored = await readFile(snapshot.document.path, 'utf8');
  const rows = snapshot.base
    ? readDifferential(await readFile(snapshot.base.document.path, 'utf8'), stored)
    : readFull(stored);
  expect(rows).toEqual(readFull(expected));
}

async function expectRestores(moments: readonly Moment[]): Promise<void> {
  for (const { snapshot, dump: then, values } of moments) {
    await bench.restore(snapshot);
    expect(dump(bench.databasePath) === then, snapshot.manifest.id).toBe(true);
    expect(everyValue(bench.databasePath)).toEqual(values);
  }
}

const RUNS = rounds(2, 5);
const BATCHES = 20;
const SCHEMAS = rounds(15, 40);
const FEWEST_EDITS = 5;
const MOST_EDITS = 40;
/** Never where a full snapshot is due. */
const QUIET_EVERY = 4;

describe('every snapshot', () => {
  it('is the database at its moment, after thousands of edits of tables of every shape', async () => {
    let edits = 0;
    await fc.assert(
      fc
        .asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
          const random = new SeededRandom(seed);
          const database = new ChangingDatabase(bench.databasePath, random);
          const captures = new Captures();
          const quietBefore = kinds['quiet']!;
          await captures.take();
          for (let batch = 0; batch < BATCHES; batch++) {
            const size = batch % QUIET_EVERY === 1 ? 0 : FEWEST_EDITS + random.below(MOST_EDITS - FEWEST_EDITS);
            database.edit(size);
            edits += size;
            await captures.take();
          }
          // With a WAL, the last of those who look at the database between two snapshots checkpoints it away, which is a write.
          if (database.journalMode !== 'wal')
            expect(kinds['quiet']! - quietBefore).toBeGreaterThanOrEqual(BATCHES / QUIET_EVERY);
          await expectRestores(captures.moments.filter((_, n) => n % RESTORED_EVERY === RESTORED_EVERY - 1));
        })
        .afterEach(async () => {
          await bench.close();
          bench = await EngineBench.open(new InlineEngine());
        }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(edits).toBeGreaterThan(RUNS * 200);
    expect(kinds['differential']).toBeGreaterThan(RUNS * BATCHES * 0.5);
  });

  it('is the database at its moment, whatever the schema and the values are', async () => {
    await fc.assert(
      fc
        .asyncProperty(randomDatabase, fc.array(fc.nat(7), { minLength: 2, maxLength: 4 }), async (random, batches) => {
          createRandom(bench.databasePath, random, 'wal');
          addBallast(bench.databasePath);
          const captures = new Captures();
          await captures.take();
          for (const from of batches) {
            applyEdits(bench.databasePath, { ...random, edits: random.edits.slice(from) });
            await captures.take();
          }
          await expectRestores(captures.moments.slice(-1));
        })
        .afterEach(async () => {
          await bench.close();
          bench = await EngineBench.open(new InlineEngine());
        }),
      { numRuns: SCHEMAS },
    );
    expect(kinds['differential']).toBeGreaterThan(SCHEMAS);
  });
});

describe('a differential of a large database', () => {
  const ROWS = 36_000;
  const numbered = (from: number, to: number, text: string) =>
    `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
     INSERT INTO items SELECT i, '${text}' || i || hex(zeroblob(500)) FROM n`;

  /** In its own process, where a thread writes. */
  async function expectExact(sql: string): Promise<void> {
    const large = await EngineBench.open();
    try {
      const database = new Database(large.databasePath);
      database.pragma('synchronous = off');
      database.exec(
        `CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE zero (v); ${numbered(1, ROWS, 'row ')}`,
      );
      database.exec('UPDATE items SET id = -id WHERE id > 20000; UPDATE items SET id = 100000 - id WHERE id < 0');
      const base = await large.capture();
      database.exec(`${sql}; INSERT INTO zero VALUES (1); UPDATE items SET v = 'x' WHERE id IN (3, 19000, 120001)`);
      database.close();
      const differential = await large.captureAgainst(base);
      expect(differential.manifest.kind).toBe('differential');
      const now = await large.capture();
      expect(differential.manifest.tables).toEqual(now.manifest.tables);
      const put = withoutHead(await text(await large.engine.read({ snapshot: differential, view: 'document' })));
      expect(put === withoutHead(await readFile(now.document.path, 'utf8'))).toBe(true);
    } finally {
      await large.close();
    }
  }

  it('is exact where more rows came than are kept in memory', () => expectExact(numbered(30_001, 40_000, 'new ')));

  it('is exact where a larger part was replaced than is compared', () =>
    expectExact(`DELETE FROM items WHERE id BETWEEN 500 AND 18500; ${numbered(600, 650, 'new ')}`));
});

/** So that what changes beside it is a small part of the whole. */
function addBallast(path: string): void {
  const database = new Database(path);
  database.exec(
    `CREATE TABLE ballast (v); INSERT INTO ballast VALUES (hex(zeroblob(40000))), (hex(randomblob(20000)))`,
  );
  database.close();
}
