import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SqliteW1 } from './sqlite.mjs';
import { openW1, SCALES, tick, touchEveryRow } from './w1.mjs';
import { TABLES } from './w1.tables.mjs';

const ROWS_AT_ONCE = 500;

/**
 * W1 in a database on a server: filled from the workload's SQLite file, which goes on living beside it. Each change is made there first, and then here with the
 * same values. What differs between servers is in the classes below it.
 */
export class ServerW1 {
  /** One, not three as on SQLite: a tick of the workload takes longer here than its snapshot. */
  static days = 1;
  #mirror;
  #mirrorFile;

  constructor(mirrorFile, name, connection) {
    this.#mirrorFile = mirrorFile;
    this.#mirror = openW1(mirrorFile.path);
    this.name = name;
    this.connection = connection;
  }

  /** Makes the database, its tables and rows, as `Kind` does that. */
  static async fill(Kind, folder, name, scale = SCALES['61 MB']) {
    const mirrorFile = await SqliteW1.create(folder, `mirror-${name}`, scale);
    const database = `bench_${process.pid}_${name.replaceAll('-', '_')}`;
    const made = new Kind(mirrorFile, database, await Kind.make(database));
    const mirror = made.#mirror;
    for (const table of [{ name: 'migrations', columns: made.migrations }, ...TABLES]) {
      await made.query(`CREATE TABLE ${made.quoted(table.name)} (${made.columnsOf(table.columns)})`);
      const rows = mirror.prepare(`SELECT * FROM "${table.name}"`).raw().safeIntegers().all();
      for (let at = 0; at < rows.length; at += ROWS_AT_ONCE)
        await made.insert(table.name, rows.slice(at, at + ROWS_AT_ONCE));
      for (const columns of table.indexes ?? [])
        await made.query(
          `CREATE INDEX ${made.quoted(`${table.name} by ${columns}`)} ON ${made.quoted(table.name)} (${columns})`,
        );
      await made.afterFilling(table);
    }
    await made.settle();
    return made;
  }

  /** Ten minutes of the application's life, any number of times. */
  async tick(clock, times = 1) {
    for (let done = 0; done < times; done++) await this.#replay((mirror) => tick(mirror, clock));
  }

  async touchEveryRow() {
    await this.#replay(touchEveryRow);
  }

  async close() {}

  async remove() {
    this.#mirror.close();
    await this.disconnect();
    await this.drop();
    await this.#mirrorFile.remove();
    await rm(join(this.#mirrorFile.path, '..', `${this.name}.sql`), { force: true });
  }

  /** The program has opened an account of its own since; the mirror must not give its id to another. */
  async #adoptAdmin() {
    const last = this.#mirror.prepare('SELECT max(id) FROM users').pluck().get();
    for (const { id, email } of await this.rows(`SELECT id, email FROM users WHERE id > ${last}`))
      this.#mirror.prepare(`INSERT INTO users VALUES (?, ?, 'Admin', 'admin', '', '')`).run(id, email);
  }

  async #replay(live) {
    await this.#adoptAdmin();
    const changes = [];
    live(recording(this.#mirror, changes));
    await this.query('BEGIN');
    for (const { text, values } of changes) await this.query(text, values);
    await this.query('COMMIT');
  }
}

/** The mirror, remembering every change; one that names its row as "this id or the nearest before it" with the id that it has. */
function recording(mirror, changes) {
  const nearest = /\(SELECT max\(id\) FROM ("\w+") WHERE id <= \?\)$/;
  return {
    prepare(text) {
      const statement = mirror.prepare(text);
      if (statement.reader) return statement;
      const found = nearest.exec(text);
      const idOf = found && mirror.prepare(`SELECT max(id) FROM ${found[1]} WHERE id <= ?`).pluck();
      return {
        run(...values) {
          const given = values.length === 1 && Array.isArray(values[0]) ? values[0] : values;
          const kept = idOf ? [...given.slice(0, -1), idOf.get(given.at(-1))] : given;
          changes.push({ text: text.replace(nearest, '?'), values: kept });
          return statement.run(...values);
        },
      };
    },
    exec(text) {
      changes.push({ text, values: [] });
      return mirror.exec(text);
    },
    transaction: (work) => mirror.transaction(work),
  };
}

/** Whether a server's own client reaches it. */
export const reaches = (program, args, env = {}) =>
  spawnSync(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' }).status === 0;
