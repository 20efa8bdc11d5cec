import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { TableSummary } from '../../src/backup/model/manifest.js';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { applyEdits, createRandom, randomDatabase } from '../support/random-schema.js';
import { rounds } from '../support/rounds.js';
import { dump, everyValue } from '../support/sqlite-oracle.js';

const RUNS = rounds(40, 150);

describe('any schema with any values', () => {
  it('comes back bit for bit, and the manifest says what the document holds', async () => {
    await fc.assert(
      fc.asyncProperty(randomDatabase, fc.constantFrom('wal' as const, 'delete' as const), async (database, mode) => {
        const bench = await EngineBench.open(new InlineEngine());
        try {
          createRandom(bench.databasePath, database, mode);
          const before = { dump: dump(bench.databasePath), values: everyValue(bench.databasePath) };
          const snapshot = await bench.capture();
          expect(await summariesOfDocument(snapshot)).toEqual(snapshot.manifest.tables);
          applyEdits(bench.databasePath, database);

          await bench.restore(snapshot);

          expect(withoutStatistics(everyValue(bench.databasePath))).toEqual(withoutStatistics(before.values));
          const analyzed = database.edits.some(({ kind }) => kind === 'analyze');
          if (!analyzed) expect(dump(bench.databasePath)).toBe(before.dump);
          expect((await bench.capture()).manifest.tables).toEqual(snapshot.manifest.tables);

          const elsewhere = join(bench.folder, 'elsewhere.sqlite');
          new Database(elsewhere).close();
          const target = { ...bench.target, path: elsewhere };
          const outcome = await bench.restore(snapshot, { target, allowSchemaChanges: true });
          expect(outcome).toMatchObject({ missing: [] });
          expect(withoutStatistics(everyValue(elsewhere))).toEqual(withoutStatistics(before.values));
          if (!database.analyzed) expect(dump(elsewhere)).toBe(before.dump);
        } finally {
          await bench.close();
        }
      }),
      // Shrinking a failure may take long; the seed is printed all the same.
      { numRuns: RUNS, interruptAfterTimeLimit: 200_000 },
    );
  });
});

it('never takes bytes for JSON, whatever they say', async () => {
  const bench = await EngineBench.open(new InlineEngine());
  const database = new Database(bench.databasePath);
  database.exec('CREATE TABLE bytes (i INTEGER, t TEXT, v VARBINARY(16), r REAL)');
  const insert = database.prepare('INSERT INTO bytes VALUES (@b, @b, @b, @b)');
  database.transaction(() => {
    for (let n = 0; n < 65536; n++) insert.run({ b: n < 256 ? Buffer.from([n]) : Buffer.from([n >> 8, n]) });
    for (let n = 0; n < 256; n++) insert.run({ b: Buffer.from([n, ...Buffer.alloc(n >> 4, '7')]) });
  })();
  const before = everyValue(bench.databasePath);
  const snapshot = await bench.capture();
  database.exec('DELETE FROM bytes');
  database.close();
  await bench.restore(snapshot);
  expect(everyValue(bench.databasePath)).toEqual(before);
  await bench.close();
});

/** Statistics are the planner's, not data: an ANALYZE between capture and restore stays. */
function withoutStatistics(values: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith('sqlite_stat')));
}

/** Rows and digests told from the lines of the document alone, as docs/formats.md describes them. */
async function summariesOfDocument({ document }: StoredSnapshot): Promise<Record<string, TableSummary>> {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(document.path));
  const parsed = JSON.parse(text) as { tables: Record<string, { rows: unknown[] }> };
  const lines = text.split('\n');
  const summaries: [string, TableSummary][] = [];
  for (let n = lines.indexOf('"tables":{') + 1; lines[n] !== '}'; n++) {
    const [name] = Object.keys(JSON.parse(`{${lines[n]}]}}`) as object);
    const digest = createHash('sha256');
    let rows = 0;
    for (n++; !lines[n]!.startsWith(']'); n++, rows++) {
      const row = lines[n]!.replace(/,$/, '');
      expect(parsed.tables[name!]!.rows[rows]).toEqual(JSON.parse(row));
      digest.update(`${row}\n`);
    }
    expect(parsed.tables[name!]!.rows).toHaveLength(rows);
    summaries.push([name!, { rows, sha256: digest.digest('hex') }]);
  }
  expect(summaries).toHaveLength(Object.keys(parsed.tables).length);
  return Object.fromEntries(summaries);
}
