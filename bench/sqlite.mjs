import { copyFile, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { peers } from './machine.mjs';
import { run } from './measure.mjs';
import { createW1, openW1, SCALES, tick, touchEveryRow } from './w1.mjs';

/**
 * W1 in a SQLite file, and what SQLite's own tools do with it. Whatever a figure wants of its database it asks of this class: a database of another kind
 * is another one like it.
 */
export class SqliteW1 {
  /** Why there is nothing to compare with; null where there is. */
  static missing = peers.sqlite3 ? null : 'sqlite3 is not installed';
  /** How many days of ticks P1 lasts. */
  static days = 3;
  /** What the tools are called in the tables. */
  tools = {
    dump: 'sqlite3 .dump',
    dumpAndGzip: 'sqlite3 .dump | gzip -6',
    copy: 'sqlite3 .backup',
    load: 'sqlite3 new.db < dump.sql',
  };

  #db = null;

  constructor(path) {
    this.path = path;
  }

  /** Each size is made once in a run, and copied from then on. */
  static async create(folder, name, scale = SCALES['61 MB']) {
    const made = join(folder, `w1-${scale}.sqlite`);
    const isMade = await stat(made).then(
      () => true,
      () => false,
    );
    if (!isMade) createW1(made, scale);
    const path = join(folder, `${name}.sqlite`);
    await copyFile(made, path);
    const copy = await open(path, 'r+');
    await copy.sync(); // or the disk is still busy with it when something is measured
    await copy.close();
    return new SqliteW1(path);
  }

  /** As the program takes it. */
  get url() {
    return `sqlite:${this.path}`;
  }

  /** As the engines take it. */
  get target() {
    return { type: 'sqlite', path: this.path, busyTimeoutMs: 5000, migrationsTable: 'migrations' };
  }

  /** Ten minutes of the application's life, any number of times. */
  tick(clock, times = 1) {
    this.#db ??= openW1(this.path);
    for (let done = 0; done < times; done++) tick(this.#db, clock);
  }

  touchEveryRow() {
    this.#db ??= openW1(this.path);
    touchEveryRow(this.#db);
  }

  dump(to) {
    return run('sqlite3', [this.path, '.dump'], { to });
  }

  dumpAndGzip(to) {
    return run('sh', ['-c', `sqlite3 '${this.path}' .dump | gzip -6`], { to });
  }

  copy(to) {
    return run('sqlite3', [this.path, `.backup '${to}'`]);
  }

  /** Loads a dump into a new database beside this one. */
  async load(dump) {
    const loaded = `${this.path}.loaded`;
    await rm(loaded, { force: true });
    await run('sqlite3', [loaded], { from: dump });
  }

  /** The application hangs up. */
  close() {
    this.#db?.close();
    this.#db = null;
  }

  async remove() {
    this.close();
    for (const suffix of ['', '-wal', '-shm', '.loaded']) await rm(this.path + suffix, { force: true });
  }
}
