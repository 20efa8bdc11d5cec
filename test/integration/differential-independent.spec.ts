import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ARCHIVE_README } from '../../src/backup/archive/archive.readme.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { serialiseManifest } from '../../src/backup/model/manifest.js';
import { ChangingDatabase, SeededRandom } from '../support/changing-database.js';
import { EngineBench } from '../support/engine-bench.js';
import { readDifferential, readFull } from '../support/independent-reader.mjs';
import { InlineEngine } from '../support/inline-engines.js';
import { SEED } from '../support/rounds.js';
import { createTraps } from '../support/sqlite-oracle.js';

const READER = join(import.meta.dirname, '../support/independent-reader.mjs');

let bench: EngineBench;
beforeEach(async () => {
  bench = await EngineBench.open(new InlineEngine());
});
afterEach(() => bench.close());

function change(sql: string): void {
  const database = new Database(bench.databasePath);
  database.exec(sql);
  database.close();
}

/** A differential over every trap, and one after many random edits. */
const databases: Record<string, () => () => void> = {
  'every trap': () => {
    createTraps(bench.databasePath);
    change('CREATE TABLE ballast (v); INSERT INTO ballast VALUES (hex(zeroblob(40000)))');
    return () =>
      change(`INSERT INTO numbers SELECT id + 50, r, i, any_value, n FROM numbers WHERE id > 0; DELETE FROM bytes WHERE id % 40 = 3; DELETE FROM no_key WHERE a = 1;
        INSERT INTO "__proto__" VALUES (2, NULL, 9007199254740993, 'x', x'ff', 1, 2, 's', 'a', 3); UPDATE audited SET v = 'changed' WHERE id = 1;
        DELETE FROM "order"; INSERT INTO empty_table VALUES (1, '},'), (2, ']}'); INSERT INTO without_rowid VALUES ('m', 9223372036854775807, -0.0)`);
  },
  'random edits': () => {
    const database = new ChangingDatabase(bench.databasePath, new SeededRandom(SEED));
    database.edit(100);
    return () => database.edit(40);
  },
};

/** A base, a differential, and a full snapshot of the same moment to compare with. */
async function take(
  what: string,
): Promise<{ base: StoredSnapshot; differential: StoredSnapshot; rows: Map<string, string[]> }> {
  const edit = databases[what]!();
  const base = await bench.capture();
  edit();
  const differential = await bench.captureAgainst(base);
  expect(differential.manifest.kind).toBe('differential');
  const rows = readFull(await readFile((await bench.capture()).document.path, 'utf8'));
  return { base, differential, rows };
}

it.each(Object.keys(databases))('a reader of 60 lines puts a differential together: %s', async (what) => {
  const { base, differential, rows } = await take(what);
  const [below, above] = await Promise.all([base, differential].map(({ document }) => readFile(document.path, 'utf8')));
  expect(readDifferential(below!, above!)).toEqual(rows);
  const printed = execFileSync(process.execPath, [READER, base.document.path, differential.document.path], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const expected = [...rows].flatMap(([name, texts]) => texts.map((row) => `${JSON.stringify(name)} ${row}\n`));
  expect(printed).toBe(expected.join(''));
  expect((await readFile(READER, 'utf8')).split('\n').length).toBeLessThanOrEqual(60);
});

it.each(Object.keys(databases))('the recipe that lies in every archive does too: %s', async (what) => {
  const { base, differential, rows } = await take(what);
  for (const { manifest } of [base, differential])
    await writeFile(join(bench.folder, `${manifest.id}.meta.json`), serialiseManifest(manifest));
  const paragraphs = ARCHIVE_README.split(/\n(?! {4})/);
  const blocks = paragraphs.map((text) => text.split('\n').filter((line) => line.startsWith('    ')).join('\n')); // prettier-ignore
  const block = (start: string) => blocks.find((text) => text.trimStart().startsWith(start))!;
  const shell = (...scripts: string[]) =>
    execFileSync('sh', ['-euc', `SNAPSHOT=${differential.manifest.id}\n${scripts.join('\n')}`], {
      cwd: bench.folder,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
  shell(block('lines()'), block('BASE='));
  for (const [table, expected] of rows) {
    const name = `TABLE='${table.replaceAll("'", `'\\''`)}'`;
    const printed = shell(block('TABLE=').replace('TABLE=users', name)).trimEnd().split('\n');
    expect(printed.at(-2), table).toBe(printed.at(-1));
    expect(await readFile(join(bench.folder, 'rows.jsonl'), 'utf8'), table).toBe(
      expected.map((row) => `${row}\n`).join(''),
    );
  }
});
