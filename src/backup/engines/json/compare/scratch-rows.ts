import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { literal } from '../../dialects/sqlite/sqlite.connection.js';
import type { Matching } from './matching.js';
import { AFTER, BEFORE, type Side } from './meeting-rows.js';
import { openSqlite } from '../../../system/sqlite-driver.js';

const CACHE_KIB = 8192;
/** SQLite takes 1000 arguments at most. */
const COLUMNS_PER_ARRAY = 400;

export interface ChangeCounts {
  inserted: number;
  updated: number;
  deleted: number;
}

/** One row's JSON on each side; null where it is not there. */
export interface RowChange {
  before: string | null;
  after: string | null;
}

/**
 * The rows of one table that found no equal, in a temporary SQLite file that is gone when it is closed, or when this process ends. The database takes the keys out of the
 * rows and compares them as JSON text: as JavaScript numbers, keys of 64 bits would be taken for one another.
 */
export class ScratchRows {
  private readonly database = openSqlite('');
  private readonly insert: Database.Statement<[side: Side, row: Buffer]>;

  constructor(private readonly matching: Matching) {
    this.database.pragma(`cache_size = -${CACHE_KIB}`);
    this.database.pragma('journal_mode = off'); // nothing here outlives a failure
    this.database.function('sha256', { deterministic: true, directOnly: true }, (text) =>
      createHash('sha256')
        .update(text as string)
        .digest(),
    );
    this.database.exec(`
      CREATE TABLE found (id INTEGER PRIMARY KEY, side INT, key TEXT, digest BLOB, row TEXT, identity AS (coalesce(key, digest)));
      CREATE TABLE change (id INTEGER PRIMARY KEY, before INT, after INT);
      BEGIN`);
    const key = matching.key === null ? 'NULL' : jsonArray(matching.key);
    const compared = matching.columns === null ? 'row' : jsonArray(matching.columns);
    this.insert = this.database.prepare(
      `INSERT INTO found (side, key, digest, row) SELECT ?, ${key}, sha256(${compared}), row FROM (SELECT CAST(? AS TEXT) AS row)`,
    );
  }

  add(side: Side, row: Buffer): void {
    this.insert.run(side, row);
  }

  /** Pairs the rows; call it once, when all of them are there. */
  match(): ChangeCounts {
    // Rows that are equal after all take each other away one for one. Of the others, the first of a key is what became of the first of the same key, and so on:
    // SQLite lets a key that holds NULL stand in several rows.
    this.database.exec(`
      INSERT INTO change (before, after)
      WITH
        numbered AS (
          SELECT id, side, identity, digest, row_number() OVER (PARTITION BY side, identity, digest ORDER BY id) AS n FROM found),
        unequal AS (
          SELECT id, side, identity, row_number() OVER (PARTITION BY side, identity ORDER BY digest, n) AS n
          FROM (SELECT * FROM numbered GROUP BY identity, digest, n HAVING count(*) = 1))
      SELECT max(iif(side = ${BEFORE}, id, NULL)), max(iif(side = ${AFTER}, id, NULL)) FROM unequal GROUP BY identity, n`);
    return this.database
      .prepare(
        `SELECT count(*) FILTER (WHERE before IS NULL) AS inserted, count(*) FILTER (WHERE before + after IS NOT NULL) AS updated,
           count(*) FILTER (WHERE after IS NULL) AS deleted FROM change`,
      )
      .get() as ChangeCounts;
  }

  /** The changes from `offset` on, in the order of the key's values; without a key, of the rows' text. */
  *changes(offset: number, limit: number): Generator<RowChange> {
    const { key } = this.matching;
    const order = key === null ? ['row'] : [...key.map((_, n) => `key ->> '$[${n}]'`), 'key'];
    const chosen = this.database
      .prepare(
        `SELECT before, after FROM change JOIN found ON found.id = coalesce(before, after) ORDER BY ${order.join(', ')}, change.id LIMIT ? OFFSET ?`,
      )
      .all(limit, offset) as { before: number | null; after: number | null }[];
    const row = this.database.prepare('SELECT row FROM found WHERE id = ?').pluck();
    const textOf = (id: number | null) => (id === null ? null : (row.get(id) as string));
    for (const { before, after } of chosen) yield { before: textOf(before), after: textOf(after) };
  }

  close(): void {
    this.database.close();
  }
}

/** Values of a row as text, exactly as they are printed in it. */
function jsonArray(columns: readonly string[]): string {
  const arrays: string[] = [];
  for (let start = 0; start < columns.length; start += COLUMNS_PER_ARRAY) {
    const values = columns.slice(start, start + COLUMNS_PER_ARRAY).map((name) => `row -> ${literal(jsonPath(name))}`);
    arrays.push(`json_array(${values.join(', ')})`);
  }
  return arrays.join(' || ');
}

/** A path to any name whatever: quoted, and escaped as in JSON. */
const jsonPath = (column: string): string => `$.${JSON.stringify(column)}`;
