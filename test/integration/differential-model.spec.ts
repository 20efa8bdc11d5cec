import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaptureRequest, StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { ChangingDatabase, SeededRandom } from '../support/changing-database.js';
import { EngineBench } from '../support/engine-bench.js';
import { readDifferential, readFull } from '../support/independent-reader.mjs';
import { InlineEngine } from '../support/inline-engine.js';
import { applyEdits, createRandom, randomDatabase } from '../support/random-schema.js';
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

const BATCHES = 20;
const MOST_EDITS = 40;

describe('every snapshot', () => {
  it('is the database at its moment, after thousands of edits of tables of every shape', async () => {
    let edits = 0;
    await fc.assert(
      fc
        .asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
          const random = new SeededRandom(seed);
          const database = new ChangingDatabase(bench.databasePath, random);
          const captures = new Captures();
          await captures.take();
          for (let batch = 0; batch < BATCHES; batch++) {
            const size = random.below(4) === 0 ? 0 : random.below(MOST_EDITS);
            database.edit(size);
            edits += size;
            await captures.take();
          }
          await expectRestores(captures.moments.filter((_, n) => n % RESTORED_EVERY === RESTORED_EVERY - 1));
        })
        .afterEach(async () => {
          await bench.close();
          bench = await EngineBench.open(new InlineEngine());
        }),
      { numRuns: 6, endOnFailure: true },
    );
    expect(edits).toBeGreaterThan(1000);
    expect(kinds['differential']).toBeGreaterThan(6 * BATCHES * 0.5);
    expect(kinds['quiet']).toBeGreaterThan(10);
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
      { numRuns: 40 },
    );
    expect(kinds['differential']).toBeGreaterThan(40);
  });
});

/** So that what changes beside it is a small part of the whole. */
function addBallast(path: string): void {
  const database = new Database(path);
  database.exec(
    `CREATE TABLE ballast (v); INSERT INTO ballast VALUES (hex(zeroblob(40000))), (hex(randomblob(20000)))`,
  );
  database.close();
}
