import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaptureRequest } from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { SeededRandom } from '../support/changing-database.js';
import { CHANGING_SCHEMA, randomEdit } from '../support/changing-postgres.js';
import { readDifferential, readFull } from '../support/independent-reader.mjs';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';
import { rounds } from '../support/rounds.js';

const NEW_FULL_EVERY = 8;
const RESTORED_EVERY = 5;
const RUNS = rounds(1, 2);
const BATCHES = 14;
const MOST_EDITS = 25;
/** Never where a full snapshot is due. */
const QUIET_EVERY = 4;

interface Moment {
  snapshot: StoredSnapshot;
  dump: string;
}

const withoutHead = (document: string): string => document.slice(document.indexOf('"tables":{'));

describe.skipIf(!hasPostgres)('differentials of a PostgreSQL database', () => {
  let bench: PostgresBench;
  let kinds: Record<'full' | 'differential' | 'quiet', number>;

  beforeEach(async () => {
    bench = await PostgresBench.open();
    await bench.script(CHANGING_SCHEMA);
    kinds = { full: 0, differential: 0, quiet: 0 };
  });
  afterEach(() => bench.close());

  /** Takes snapshots as the program does: against the newest full one, with what is known of the one before. */
  class Captures {
    readonly moments: Moment[] = [];
    private base: StoredSnapshot | null = null;
    private previous: CaptureRequest['previous'] = null;

    async take(): Promise<void> {
      const wanted = this.moments.length % NEW_FULL_EVERY === 0 ? null : this.base;
      const before = this.previous?.state;
      const snapshot = wanted === null ? await bench.capture() : await bench.captureAgainst(wanted, this.previous);
      const { state, kind } = bench.lastCapture;
      kinds[kind]++;
      if (state !== null && state === before) kinds.quiet++;
      this.previous = state === null ? null : { snapshot, state };
      if (kind === 'full') this.base = snapshot;
      await expectTheDatabase(snapshot);
      this.moments.push({ snapshot, dump: bench.dump() });
    }
  }

  /** By digest and by row: what the engine and the independent reader make of it is what a full snapshot holds now. */
  async function expectTheDatabase(snapshot: StoredSnapshot): Promise<void> {
    const now = await bench.capture();
    expect(snapshot.manifest.tables).toEqual(now.manifest.tables);
    const expected = withoutHead(await readFile(now.document.path, 'utf8'));
    expect(withoutHead(await text(await bench.engines.engine.read({ snapshot, view: 'document' }))) === expected).toBe(
      true,
    );
    const stored = await readFile(snapshot.document.path, 'utf8');
    const rows = snapshot.base
      ? readDifferential(await readFile(snapshot.base.document.path, 'utf8'), stored)
      : readFull(stored);
    expect(rows).toEqual(readFull(expected));
  }

  it('are the database at its moment, after hundreds of random edits', async () => {
    await fc.assert(
      fc
        .asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
          const random = new SeededRandom(seed);
          const captures = new Captures();
          await captures.take();
          for (let batch = 0; batch < BATCHES; batch++) {
            const size = batch % QUIET_EVERY === 1 ? 0 : 1 + random.below(MOST_EDITS - 1);
            const edits = Array.from({ length: size }, () => randomEdit(random));
            if (edits.length > 0) await bench.script(`${edits.join(';\n')};`);
            await captures.take();
          }
          for (const { snapshot, dump } of captures.moments.filter((_, n) => n % RESTORED_EVERY === 4)) {
            expect((await bench.restore(snapshot)).warnings).toEqual([]);
            expect(bench.dump() === dump, snapshot.manifest.id).toBe(true);
          }
        })
        .afterEach(async () => {
          await bench.close();
          bench = await PostgresBench.open();
          await bench.script(CHANGING_SCHEMA);
        }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(kinds.differential).toBeGreaterThan(RUNS * BATCHES * 0.4);
    expect(kinds.quiet).toBeGreaterThan(RUNS);
  });

  it.each([
    ['nothing', 'SELECT 1', 0],
    ['an update', `UPDATE keyed SET name = 'other' WHERE id = 25000`, 1],
    ['an insert', `INSERT INTO keyed VALUES (25001, 'new')`, 1],
    ['a deletion at the start', 'DELETE FROM keyed WHERE id = 10', 1],
    ['a change in a table without a key', `DELETE FROM bare WHERE ctid = '(3,7)'; INSERT INTO bare VALUES (1, 'x')`, 1],
    ['a sequence', `SELECT nextval('nothing_yet_id_seq')`, 1],
    ['a row that moves to another partition', `UPDATE parted SET id = 0 WHERE v = 'v1'`, 2],
  ])('hold what changed: %s', async (_what, sql, tables) => {
    const base = await bench.capture();
    await bench.script(`${sql};`);
    const dump = bench.dump();
    const differential = await bench.captureAgainst(base);
    expect(differential.manifest).toMatchObject({ kind: 'differential', base: base.manifest.id, full_reason: null });
    const document = await readFile(differential.document.path, 'utf8');
    expect(Object.keys((JSON.parse(document) as { tables: object }).tables)).toHaveLength(tables);
    expect(document.length).toBeLessThan(3000);
    await bench.script('DELETE FROM keyed; TRUNCATE bare;');
    await bench.restore(differential);
    expect(bench.dump() === dump).toBe(true);
  });

  it.each([
    ['the schema', 'ALTER TABLE keyed ADD COLUMN more text', 'schema_changed'],
    ['a type', 'ALTER TABLE composite ALTER a TYPE bigint', 'schema_changed'],
    ['a default', `ALTER TABLE bare ALTER b SET DEFAULT 'x'`, 'schema_changed'],
    ['a table', 'CREATE TABLE one_more (a integer)', 'schema_changed'],
    ['most rows', 'UPDATE keyed SET name = upper(name); UPDATE "never touched" SET v = v || 1', 'too_much_changed'],
  ])('give way to a full one when %s changes', async (_what, sql, reason) => {
    const base = await bench.capture();
    await bench.execute(sql);
    const { manifest } = await bench.captureAgainst(base);
    expect(manifest).toMatchObject({ kind: 'full', full_reason: reason });
    expect(manifest.tables).toEqual((await bench.capture()).manifest.tables);
  });
});
