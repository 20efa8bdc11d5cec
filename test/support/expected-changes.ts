import { readFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { readDifferential, readFull } from './independent-reader.mjs';

/** A table as the database itself tells it: each row's text in the document, and which row it is. */
interface TableContent {
  texts: string[];
  keys: string[];
  hasKey: boolean;
}
export type Content = Map<string, TableContent>;

/** What a comparison must find in one table. */
export interface ExpectedChanges {
  counts: { inserted: number; updated: number; deleted: number };
  /** Rows that are no longer there, or no longer so; sorted texts. */
  gone: string[];
  /** Rows that were not there, or not so; sorted texts. */
  come: string[];
}

/** Texts from the document by the independent reader, keys from the database by SQL: nothing of the program, but that both have their rows in the same order. */
export async function contentOf(path: string, snapshot: StoredSnapshot): Promise<Content> {
  const stored = await readFile(snapshot.document.path, 'utf8');
  const texts = snapshot.base
    ? readDifferential(await readFile(snapshot.base.document.path, 'utf8'), stored)
    : readFull(stored);
  const database = new Database(path, { readonly: true });
  try {
    return new Map([...texts].map(([name, rows]) => [name, tableContent(database, name, rows)]));
  } finally {
    database.close();
  }
}

function tableContent(database: Database.Database, table: string, texts: string[]): TableContent {
  const key = database
    .prepare('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk')
    .pluck()
    .all(table) as string[];
  if (key.length === 0) return { texts, keys: texts, hasKey: false };
  const values = key.map((name) => `quote(${quoted(name)}) || hex(${quoted(name)})`);
  const keys = database.prepare(
    `SELECT json_array(${values.join(', ')}) FROM ${quoted(table)} NOT INDEXED ${orderOfKey(database, table)}`,
  );
  return { texts, keys: keys.pluck().all() as string[], hasKey: true };
}

/** A table without row ids is stored by its key, and SQLite reads it by another index in spite of NOT INDEXED. */
function orderOfKey(database: Database.Database, table: string): string {
  const terms = database
    .prepare(
      `SELECT format('"%w" COLLATE %s %s', x.name, x.coll, iif(x."desc", 'DESC', ''))
       FROM pragma_table_list(?) AS t, pragma_index_list(t.name) AS l, pragma_index_xinfo(l.name) AS x
       WHERE t.wr AND l.origin = 'pk' AND x.key ORDER BY x.seqno`,
    )
    .pluck()
    .all(table);
  return terms.length === 0 ? '' : `ORDER BY ${terms.join(', ')}`;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export function expectedChanges(before: TableContent, after: TableContent): ExpectedChanges {
  const [then, now] = [before, after].map(grouped) as [Map<string, string[]>, Map<string, string[]>];
  const expected: ExpectedChanges = { counts: { inserted: 0, updated: 0, deleted: 0 }, gone: [], come: [] };
  for (const key of new Set([...then.keys(), ...now.keys()])) {
    const gone = without(then.get(key) ?? [], now.get(key) ?? []);
    const come = without(now.get(key) ?? [], then.get(key) ?? []);
    const updated = Math.min(gone.length, come.length);
    expected.counts.updated += updated;
    expected.counts.deleted += gone.length - updated;
    expected.counts.inserted += come.length - updated;
    expected.gone.push(...gone);
    expected.come.push(...come);
  }
  expected.gone.sort();
  expected.come.sort();
  return expected;
}

function grouped({ texts, keys }: TableContent): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  texts.forEach((text, n) => {
    const group = groups.get(keys[n]!) ?? [];
    group.push(text);
    groups.set(keys[n]!, group);
  });
  return groups;
}

/** One taken away for each that is in the other list. */
function without(texts: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return texts.filter((text) => {
    const found = left.indexOf(text);
    if (found >= 0) left.splice(found, 1);
    return found < 0;
  });
}
