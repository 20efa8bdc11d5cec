import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ComparedState } from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { ChangingDatabase, SeededRandom } from '../support/changing-database.js';
import { EngineBench } from '../support/engine-bench.js';
import { contentOf, expectedChanges, type Content } from '../support/expected-changes.js';
import { InlineEngine } from '../support/inline-engines.js';
import { applyEdits, createRandom, randomDatabase } from '../support/random-schema.js';
import { rounds } from '../support/rounds.js';

let bench: EngineBench;

beforeEach(async () => {
  bench = await EngineBench.open(new InlineEngine());
});
afterEach(() => bench.close());

const anew = async () => {
  await bench.close();
  bench = await EngineBench.open(new InlineEngine());
};

interface Moment {
  snapshot: StoredSnapshot;
  content: Content;
}

async function momentOf(snapshot: StoredSnapshot): Promise<Moment> {
  return { snapshot, content: await contentOf(bench.databasePath, snapshot) };
}

/** Rows as texts: nothing here may round a number either. */
async function changedRows(before: ComparedState, after: ComparedState, table: string, pageSize: number) {
  const rows: { kind: string; before: string; after: string }[] = [];
  for (let total = 1; rows.length < total;) {
    const request = { before, after, table, offset: rows.length, limit: pageSize };
    const page = await text(await bench.engine.compareRows(request));
    total = Number(/"total":(\d+),"rows":\[/.exec(page)![1]);
    const found = [
      ...page.matchAll(/\{"kind":"(\w+)","before":(null|\{[^\n]*\}),"after":(null|\{[^\n]*\})\}(?:,\n|\]\}\n$)/g),
    ];
    rows.push(...found.map(([, kind, was, is]) => ({ kind: kind!, before: was!, after: is! })));
    if (total > 0) expect(found.length).toBe(Math.min(pageSize, total - request.offset));
  }
  return rows;
}

/** Counts and rows of every table are what the test finds by itself. @returns how many changes there were */
async function expectChanges(then: Moment, now: Moment, live = false): Promise<number> {
  const before = { snapshot: then.snapshot };
  const after = live ? { database: bench.target, at: '2026-01-30T12:00:00.000Z' } : { snapshot: now.snapshot };
  const { tables } = await bench.engine.compare({ before, after });
  expect(tables.map(({ table }) => table)).toEqual([...then.content.keys()]);
  let changes = 0;
  for (const { table, comparable, matched_by, rows_before, rows_after, inserted, updated, deleted } of tables) {
    const [was, is] = [then.content.get(table)!, now.content.get(table)!];
    const { counts, gone, come } = expectedChanges(was, is);
    expect({ table, comparable, inserted, updated, deleted }).toEqual({ table, comparable: true, ...counts });
    expect([rows_before, rows_after]).toEqual([was.texts.length, is.texts.length]);
    if (matched_by !== null) expect(matched_by).toBe(was.hasKey ? 'primary_key' : 'row');
    const rows = await changedRows(before, after, table, 97);
    const there = (side: 'before' | 'after') => rows.map((row) => row[side]).filter((row) => row !== 'null');
    expect(there('before').sort()).toEqual(gone);
    expect(there('after').sort()).toEqual(come);
    for (const row of rows.filter(({ kind }) => kind === 'updated'))
      expect(was.keys[was.texts.indexOf(row.before)]).toBe(is.keys[is.texts.indexOf(row.after)]);
    changes += rows.length;
  }
  return changes;
}

const RUNS = rounds(2, 6);
const SCHEMAS = rounds(20, 60);

describe('a comparison', () => {
  it('finds exactly what changed, whatever was edited between two snapshots and the live database', async () => {
    let changes = 0;
    await fc.assert(
      fc
        .asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
          const random = new SeededRandom(seed);
          const database = new ChangingDatabase(bench.databasePath, random);
          const moments = [await momentOf(await bench.capture())];
          for (let batch = 0; batch < 3; batch++) {
            database.edit(1 + random.below(40));
            moments.push(await momentOf(await bench.captureAgainst(moments[0]!.snapshot)));
          }
          const [base, first, second, last] = moments as [Moment, Moment, Moment, Moment];
          changes += await expectChanges(base, first);
          changes += await expectChanges(first, second);
          changes += await expectChanges(second, base);
          changes += await expectChanges(first, last, true);
          expect(await expectChanges(last, last)).toBe(0);
        })
        .afterEach(anew),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(changes).toBeGreaterThan(RUNS * 160);
  });

  it('finds exactly what changed, whatever the schema and the values are', async () => {
    let changes = 0;
    await fc.assert(
      fc
        .asyncProperty(randomDatabase, async (random) => {
          createRandom(bench.databasePath, random, 'wal');
          const before = await momentOf(await bench.capture());
          applyEdits(bench.databasePath, random);
          const after = await momentOf(await bench.capture());
          changes += await expectChanges(before, after);
          changes += await expectChanges(before, after, true);
        })
        .afterEach(anew),
      { numRuns: SCHEMAS },
    );
    expect(changes).toBeGreaterThan(SCHEMAS);
  });
});
