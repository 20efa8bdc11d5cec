// Workload W1: a school's database of 20 tables and 200,000 rows, about 61 MB as a snapshot document, and what happens to it in ten minutes.
// Fixed seed and injected clock: the same bytes on every machine. `node bench/w1.mjs <path> [scale]` writes one to look at.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { Random } from './random.mjs';
import { TABLES } from './w1.tables.mjs';

const SEED = 20_260_130;
const START = Date.UTC(2026, 0, 30);
const MINUTE = 60_000;
const HISTORY = 2 * 365 * 24 * 60 * MINUTE;

const DAY_ROWS_PER_TICK = 101;
const NIGHT = 0.2;
const NEWEST = { share: 0.05, updates: 0.8 };

/** Scales of about these sizes as a document. */
export const SCALES = { '10 MB': 10 / 61, '61 MB': 1, '1 GB': 1000 / 61 };

/** A clock that stands still until it is told to go on. */
export class WorkloadClock {
  #now = START;

  now() {
    return new Date(this.#now);
  }

  advance(ms) {
    this.#now += ms;
  }
}

/** Opens a workload's database the way an application would. */
export function openW1(path) {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  return db;
}

/** Writes the workload's database, checkpointed and closed. */
export function createW1(path, scale = 1) {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  const db = openW1(path);
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -200000');
  const random = new Random(SEED);
  const last = new Map();
  db.transaction(() => {
    recordMigration(db);
    for (const table of TABLES) {
      db.exec(`CREATE TABLE "${table.name}" (${table.columns})${table.withoutRowid ? ' WITHOUT ROWID' : ''}`);
      fill(db, table, Math.max(1, Math.round(table.rows * scale)), random, last);
      for (const columns of table.indexes ?? [])
        db.exec(`CREATE INDEX "${table.name} by ${columns}" ON "${table.name}" (${columns})`);
    }
  })();
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

/** So that the program takes the accounts table for its own. */
function recordMigration(db) {
  db.exec(
    `CREATE TABLE "migrations" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "timestamp" bigint NOT NULL, "name" varchar NOT NULL);
     INSERT INTO "migrations" VALUES (1, 1700000000000, 'CreateUsers1700000000000')`,
  );
}

function fill(db, table, rows, random, last) {
  const insert = prepareInsert(db, table);
  const ref = (name) => random.between(1, last.get(name));
  const lastOf = (name) => last.get(name);
  for (let id = 1; id <= rows; id++) {
    const now = START - Math.round(HISTORY * (1 - id / rows));
    insert.run(table.row(random, id, now, ref, lastOf));
  }
  last.set(table.name, rows);
}

const prepareInsert = (db, table) => {
  const columns = db.prepare('SELECT count(*) FROM pragma_table_info(?)').pluck().get(table.name);
  return db.prepare(`INSERT INTO "${table.name}" VALUES (${Array(columns).fill('?').join(', ')})`);
};

/**
 * Ten minutes of the application's life: the clock goes on, and about 74 rows change on average, a fifth as many at night. What happens depends on the
 * database and the time alone.
 * @returns how many rows were inserted, updated and deleted
 */
export function tick(db, clock) {
  clock.advance(10 * MINUTE);
  const now = clock.now().getTime();
  const random = new Random(SEED ^ Math.floor(now / MINUTE));
  const hour = clock.now().getUTCHours();
  const busy = hour >= 6 && hour < 22 ? 1 : NIGHT;
  const changes = Math.round(DAY_ROWS_PER_TICK * busy * (0.5 + random.fraction()));
  const done = { inserted: 0, updated: 0, deleted: 0 };
  db.transaction(() => {
    const life = new Life(db, random, now);
    for (let change = 0; change < changes; change++) {
      const what = random.fraction();
      if (what < 0.45) done.inserted += life.insert();
      else if (what < 0.9) done.updated += life.update();
      else done.deleted += life.delete();
    }
  })();
  return done;
}

/** A bulk update that leaves no row of the workload's tables as it was. */
export function touchEveryRow(db) {
  db.transaction(() => {
    for (const { name } of TABLES) {
      const columns = db.prepare('SELECT name, type, pk FROM pragma_table_info(?)').all(name);
      const texts = columns.filter(({ type }) => /text|char/i.test(type));
      const { name: column } = texts.find(({ pk }) => pk === 0) ?? texts[0];
      db.exec(`UPDATE "${name}" SET "${column}" = coalesce("${column}", '') || '.'`);
    }
  })();
}

/** Single changes, of tables chosen by their weights. */
class Life {
  #statements = new Map();
  #last = new Map();

  constructor(db, random, now) {
    this.db = db;
    this.random = random;
    this.now = now;
  }

  insert() {
    const table = this.#choose(({ inserts }) => inserts);
    const id = this.#lastOf(table.name) + 1;
    const insert = this.#statement(`insert ${table.name}`, () => prepareInsert(this.db, table));
    const ref = (name) => this.random.between(1, this.#lastOf(name));
    insert.run(table.row(this.random, id, this.now, ref, (name) => this.#lastOf(name)));
    this.#last.set(table.name, id);
    return 1;
  }

  update() {
    const { name, updates } = this.#choose(({ updates }) => updates?.weight);
    const last = this.#lastOf(name);
    const newest = this.random.chance(NEWEST.updates) ? Math.ceil(last * NEWEST.share) : last;
    const id = this.random.between(last - newest + 1, last);
    const update = `UPDATE "${name}" SET ${updates.set} WHERE id = ${existing(name)}`;
    return this.#statement(update, () => this.db.prepare(update)).run(...updates.values(this.random, this.now), id)
      .changes;
  }

  delete() {
    const { name } = this.#choose(({ deletes }) => deletes);
    const remove = `DELETE FROM "${name}" WHERE id = ${existing(name)}`;
    const id = this.random.between(1, this.#lastOf(name));
    return this.#statement(remove, () => this.db.prepare(remove)).run(id).changes;
  }

  #choose(weightOf) {
    const total = TABLES.reduce((sum, table) => sum + (weightOf(table) ?? 0), 0);
    let left = this.random.fraction() * total;
    return TABLES.find((table) => (left -= weightOf(table) ?? 0) < 0);
  }

  #lastOf(name) {
    if (!this.#last.has(name)) this.#last.set(name, this.db.prepare(`SELECT max(id) FROM "${name}"`).pluck().get());
    return this.#last.get(name);
  }

  #statement(key, prepare) {
    if (!this.#statements.has(key)) this.#statements.set(key, prepare());
    return this.#statements.get(key);
  }
}

/** The row with this id, or the nearest one before it where that one is gone. */
const existing = (name) => `(SELECT max(id) FROM "${name}" WHERE id <= ?)`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , path, scale = '1'] = process.argv;
  if (!path) throw new Error('Say where: node bench/w1.mjs <path> [scale]');
  createW1(path, Number(scale));
}
