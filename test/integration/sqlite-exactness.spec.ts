import { readFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineBench } from '../support/engine-bench.js';
import { createTraps, disturb, dump } from '../support/sqlite-oracle.js';

describe('a SQLite database with every trap', () => {
  let bench: EngineBench;

  beforeEach(async () => {
    bench = await EngineBench.open();
  });
  afterEach(() => bench.close());

  it.each(['wal', 'delete'] as const)(
    'comes back exactly, as sqlite3 .dump sees it (journal mode %s)',
    async (mode) => {
      createTraps(bench.databasePath, mode);
      const before = dump(bench.databasePath);
      const snapshot = await bench.capture();
      disturb(bench.databasePath);
      expect(dump(bench.databasePath)).not.toBe(before);

      const outcome = await bench.restore(snapshot);

      expect(dump(bench.databasePath)).toBe(before);
      expect(outcome.warnings).toEqual([]);
      expect(outcome.tables['numbers']).toEqual({ rows: 7 });
    },
  );

  it('writes one valid JSON document of UTF-8, line by line, with tables in byte order', async () => {
    createTraps(bench.databasePath);
    const { document, manifest } = await bench.capture();
    const bytes = await readFile(document.path);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    expect(text.endsWith('}\n}\n')).toBe(true);
    const tables = Object.entries((JSON.parse(text) as { tables: Record<string, { rows: unknown[] }> }).tables);
    const names = tables.map(([name]) => name);
    expect(names).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(names).not.toContain('migrations');
    expect(names).toContain('__proto__');
    for (const [name, { rows }] of tables) expect(manifest.tables[name]?.rows).toBe(rows.length);
    expect(manifest.schema.migrations).toEqual(['CreateUsers1700000000000']);
  });

  it('keeps the sign of zero', async () => {
    createTraps(bench.databasePath);
    const snapshot = await bench.capture();
    disturb(bench.databasePath);
    await bench.restore(snapshot);
    const database = new Database(bench.databasePath, { readonly: true });
    expect(Object.is(database.prepare(`SELECT a FROM no_key WHERE b = 'minus zero'`).pluck().get(), -0)).toBe(true);
    database.close();
  });
});
