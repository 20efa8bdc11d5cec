import { execFileSync } from 'node:child_process';
import { renameSync, utimesSync } from 'node:fs';
import { copyFile, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseState } from '../../src/backup/engines/dialects/sqlite/sqlite.state.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { OtherProcess } from '../support/other-process.js';
import { rounds } from '../support/rounds.js';

let bench: EngineBench;
/** The application, which keeps its connection open. */
let application: OtherProcess;
/** Captures. */
let looker: OtherProcess;
/** Opens the database now and then. */
let another: OtherProcess;

beforeEach(async () => {
  bench = await EngineBench.open();
  application = alive(application);
  looker = alive(looker);
  another = alive(another);
  await application.open(bench.databasePath);
});
afterEach(async () => {
  if (application.isAlive && !isWriting) await application.close();
  else await application.kill();
  isWriting = false;
  await bench.close();
});
afterAll(() => Promise.all([application, looker, another].map((process) => process.kill())));

/** A process serves one test after the other, unless a test has killed it. */
const alive = (process: OtherProcess | undefined): OtherProcess => (process?.isAlive ? process : OtherProcess.start());

/** The application writes without an end, and listens to nobody. */
let isWriting = false;
async function writeWithoutEnd(sql: string[], every: number): Promise<void> {
  await application.loop(sql, every);
  isWriting = true;
}

const look = () => looker.look(bench.target);

const create = (journalMode: string, synchronous = 'normal') =>
  application.exec(`PRAGMA journal_mode = ${journalMode}; PRAGMA synchronous = ${synchronous};
    CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE bare (a);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO items SELECT i, 'value ' || i FROM n;
    INSERT INTO bare SELECT id FROM items; DELETE FROM bare WHERE a % 2`);

/** The state, which a second look finds again. */
async function quietState(when = ''): Promise<string> {
  const first = await look();
  expect(first.state, when).not.toBeNull();
  expect(await look(), when).toEqual(first);
  return first.state!;
}

/** Nothing that writes may leave the state as it was. */
async function expectNoticed(what: string, write: () => Promise<unknown>): Promise<void> {
  const before = await quietState(`before ${what}`);
  await write();
  const { state } = await look();
  expect(state, what).not.toBe(before);
}

async function inAnother(sql: string): Promise<void> {
  await another.open(bench.databasePath);
  await another.exec(sql);
  await another.close();
}

const MODES = ['delete', 'truncate', 'persist', 'memory', 'off', 'wal'];

const WRITES = {
  'an insert': `INSERT INTO items (v) VALUES ('new')`,
  'an update': `UPDATE items SET v = 'other' WHERE id = 7`,
  'an update of the same size': `UPDATE items SET v = 'OTHER' WHERE id = 7`,
  'a delete': `DELETE FROM items WHERE id = 8`,
  'a transaction': `BEGIN; UPDATE items SET v = 'a' WHERE id = 9; UPDATE items SET v = 'b' WHERE id = 10; COMMIT`,
  'a large transaction': `PRAGMA cache_size = 5; BEGIN; UPDATE items SET v = v || hex(randomblob(500)); COMMIT; PRAGMA cache_size = 2000`,
  'a savepoint': `SAVEPOINT s; DELETE FROM items WHERE id = 11; RELEASE s`,
  'a new table': `CREATE TABLE more (a)`,
  'a new column': `ALTER TABLE more ADD COLUMN b`,
  'a new index': `CREATE INDEX more_a ON more (a)`,
  'a dropped table': `DROP TABLE more`,
  vacuum: `VACUUM`,
  'a write through a memory map': `PRAGMA mmap_size = 100000000; UPDATE items SET v = 'mapped' WHERE id = 12; PRAGMA mmap_size = 0`,
  'a write into what vacuum has moved': `UPDATE items SET v = 'moved' WHERE id = 13`,
};

describe('after any write a capture reads the database again', () => {
  describe.each(MODES)('journal mode %s', (mode) => {
    it.each(['off', 'normal', 'full', 'extra'])('synchronous %s', async (synchronous) => {
      await create(mode, synchronous);
      for (const [what, sql] of Object.entries(WRITES)) await expectNoticed(what, () => application.exec(sql));
      await expectNoticed('an update by another process', () =>
        inAnother(`UPDATE items SET v = 'theirs' WHERE id = 14`),
      );
    });

    it('through exclusive locks', async () => {
      await create(mode);
      for (let n = 0; n < 3; n++) {
        await expectNoticed('exclusive', async () => {
          await application.exec(`PRAGMA locking_mode = EXCLUSIVE; UPDATE items SET v = 'exclusive ${n}' WHERE id = 1`);
          await application.exec(
            `UPDATE items SET v = 'again ${n}' WHERE id = 1; PRAGMA locking_mode = NORMAL; SELECT count(*) FROM items`,
          );
        });
      }
    });

    it('when a transaction was open meanwhile, whether it is committed or rolled back', async () => {
      await create(mode);
      for (const spilled of [false, true]) {
        const sql = `UPDATE items SET v = v || '${'x'.repeat(spilled ? 1000 : 1)}' WHERE id > 5`;
        if (spilled && mode !== 'wal') break; // everybody else is locked out
        await application.exec(`PRAGMA cache_size = ${spilled ? 5 : 2000}; BEGIN IMMEDIATE; ${sql}`);
        const during = await look();
        await application.exec('COMMIT');
        const after = await look();
        expect(after.rows).not.toBe(during.rows);
        expect(after.state).not.toBe(during.state);
        await application.exec(`BEGIN IMMEDIATE; ${sql}`);
        const open = await look();
        if (mode === 'off') return; // it cannot be rolled back
        await application.exec('ROLLBACK');
        expect((await look()).rows).toBe(open.rows);
        await expectNoticed('the next write', () =>
          application.exec(`DELETE FROM items WHERE id = ${spilled ? 20 : 21}`),
        );
      }
    });

    it('and not when nobody wrote, though readers came', async () => {
      await create(mode);
      await application.exec(`UPDATE items SET v = 'written' WHERE id = 1`);
      const state = await quietState();
      await application.all('SELECT * FROM items');
      await application.exec('BEGIN; SELECT * FROM items');
      await inAnother('SELECT count(*) FROM items; BEGIN; SELECT * FROM bare; COMMIT; PRAGMA integrity_check');
      expect((await look()).state).toBe(state);
      await application.exec('COMMIT');
      const base = await bench.capture();
      expect(bench.lastCapture!.state).toBe(state);
      await bench.captureAgainst(base, { snapshot: base, state });
      expect((await look()).state).toBe(state);
    });
  });

  it.each(['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'])('after a write and a checkpoint: %s', async (kind) => {
    await create('wal');
    await expectNoticed('a write with a checkpoint', () =>
      application.exec(`UPDATE items SET v = 'x' WHERE id = 1; PRAGMA wal_checkpoint(${kind})`),
    );
    for (let n = 0; n < 4; n++) {
      await expectNoticed('a write at the same place of the log', () => application.exec(`PRAGMA wal_checkpoint(${kind}); UPDATE items SET v = '${n}' WHERE id = 1`)); // prettier-ignore
      await expectNoticed('a write', () => application.exec(`UPDATE items SET v = 'x${n}' WHERE id = 1`));
    }
  });

  it.each(MODES)('though the clock of the files is too coarse to tell: %s', async (mode) => {
    await create(mode);
    await application.exec(`UPDATE items SET v = 'value' WHERE id = 1; PRAGMA wal_checkpoint(RESTART)`);
    const written = bench.databasePath + (mode === 'wal' ? '-wal' : '');
    const stopClock = () => utimesSync(written, 0, 1_700_000_000);
    for (let n = 1; n < 5; n++) {
      stopClock();
      await expectNoticed('a write of the same size at the same time', async () => {
        await application.exec(`UPDATE items SET v = 'valu${n}' WHERE id = 1`);
        stopClock();
      });
      if (n % 2) await application.exec('PRAGMA wal_checkpoint(RESTART)');
    }
  });

  it('when the last connection has closed and the log is gone', async () => {
    await create('wal');
    await expectNoticed('a write, and the end of the application', async () => {
      await application.exec(`UPDATE items SET v = 'x' WHERE id = 1`);
      await application.close();
    });
    const { rows, state } = await look();
    await inAnother(`UPDATE items SET v = 'y' WHERE id = 1`);
    const after = await look();
    expect(after.rows).not.toBe(rows);
    expect(after.state).not.toBe(state);
  });

  it.each(['delete', 'wal'])(
    'when the file was replaced by one with the same header, size and time (%s)',
    async (mode) => {
      await create(mode);
      await application.close();
      const other = join(bench.folder, 'other.sqlite');
      execFileSync('cp', ['-p', bench.databasePath, other]);
      for (const [path, text] of Object.entries({ [bench.databasePath]: 'one', [other]: 'two' })) {
        await application.open(path);
        await application.exec(`UPDATE items SET v = '${text}' WHERE id = 1`);
        await application.close();
      }
      execFileSync('touch', ['-r', bench.databasePath, other]);
      const before = await look();
      if (mode === 'delete') expect((await look()).state).toBe(before.state);
      for (const replace of [
        () => execFileSync('cp', ['-p', other, bench.databasePath]),
        () => rename(other, bench.databasePath),
      ]) {
        // prettier-ignore
        await replace();
        const after = await look();
        expect(after.rows).not.toBe(before.rows);
        expect(after.state).not.toBe(before.state);
      }
    },
  );

  it.each(MODES.slice(0, 4).concat('wal'))('when a writer was killed in the middle of its work: %s', async (mode) => {
    await create(mode);
    for (let n = 0; n < 4; n++) {
      const before = await look();
      const writer = OtherProcess.start();
      await writer.open(bench.databasePath);
      await writer.exec(
        `PRAGMA journal_mode = ${mode}; PRAGMA cache_size = 5; UPDATE items SET v = 'committed ${n}' WHERE id = 1`,
      );
      // In memory the journal dies with its writer, and the database with it: there nothing may be written before the end.
      await writer.exec(
        `BEGIN IMMEDIATE; UPDATE items SET v = 'lost' || ${mode === 'memory' ? `''` : 'hex(randomblob(800))'} WHERE id ${mode === 'memory' ? '= 2' : '> 1'}`,
      );
      await writer.kill();
      const after = await look();
      expect(after.rows).toContain(`committed ${n}`);
      expect(after.rows).not.toContain('lost');
      expect(after.state).not.toBe(before.state);
      if (n === 1) await application.kill(); // then the next one finds no log's index that it could trust
    }
    await inAnother(`UPDATE items SET v = 'recovered' WHERE id = 2`);
    expect((await look()).rows).toContain('recovered');
  });
});

describe('a write while the capture begins', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Another process writes at one of the moments that count. */
  async function captureWith(when: 'after the first look' | 'before the second look', mode: string) {
    await create(mode);
    await application.close();
    const keeper = OtherProcess.start(); // so that the log stays
    await keeper.open(bench.databasePath);
    await keeper.all('SELECT * FROM items');
    const inline = await EngineBench.open(new InlineEngine());
    const look = DatabaseState.prototype.read; // eslint-disable-line @typescript-eslint/unbound-method
    let looks = 0;
    const write = (): void => {
      try {
        execFileSync('sqlite3', [bench.databasePath, `UPDATE items SET v = 'meanwhile' WHERE id = 1`], {
          stdio: 'pipe',
        });
      } catch (error) {
        expect(String(error)).toContain('database is locked');
      }
    };
    vi.spyOn(DatabaseState.prototype, 'read').mockImplementation(function (this: DatabaseState) {
      looks++;
      if (looks === 2 && when === 'before the second look') write();
      const state = look.call(this);
      if (looks === 1 && when === 'after the first look') write();
      return state;
    });
    try {
      const snapshot = await inline.capture(bench.target);
      const holds = (await readFile(snapshot.document.path, 'utf8')).includes('meanwhile');
      expect(looks).toBe(2);
      return { state: inline.lastCapture!.state, holds };
    } finally {
      await keeper.kill();
      await inline.close();
    }
  }

  it.each(['wal', 'delete'])('before its transaction is in it, and nobody is sure of it (%s)', async (mode) => {
    expect(await captureWith('after the first look', mode)).toEqual({ state: null, holds: true });
  });

  it('after its transaction has begun is not in it, and nobody is sure of it (wal)', async () => {
    expect(await captureWith('before the second look', 'wal')).toEqual({ state: null, holds: false });
  });

  it('that replaces the file is not in it, and nobody is sure of it', async () => {
    await create('delete');
    await application.close();
    const other = join(bench.folder, 'other.sqlite');
    await copyFile(bench.databasePath, other);
    const inline = await EngineBench.open(new InlineEngine());
    const look = DatabaseState.prototype.read; // eslint-disable-line @typescript-eslint/unbound-method
    let replaced = false;
    vi.spyOn(DatabaseState.prototype, 'read').mockImplementation(function (this: DatabaseState) {
      if (!replaced) renameSync(other, bench.databasePath);
      replaced = true;
      return look.call(this);
    });
    await inline.capture(bench.target);
    expect(inline.lastCapture!.state).toBeNull();
    await inline.close();
  });

  it('after its transaction has begun has to wait (delete)', async () => {
    const { state, holds } = await captureWith('before the second look', 'delete');
    expect({ known: state !== null, holds }).toEqual({ known: true, holds: false });
  });
});

describe('while another process writes without a pause', () => {
  const LOOKS = rounds(100, 300);
  const CAPTURES = rounds(30, 100);
  const ACCOUNTS = 2000;
  /** So few that a differential stays one. */
  const BUSY = 100;
  const TOTAL = ACCOUNTS * 2 * 100;
  const MOVE = [
    `UPDATE a_first SET amount = amount - :n % 13 - 1 WHERE id = 1 + (:n * 7919) % ${BUSY}`,
    `UPDATE z_last SET amount = amount + :n % 13 + 1 WHERE id = 1 + (:n * 104729) % ${BUSY}`,
  ];

  const createAccounts = (mode: string) =>
    application.exec(`PRAGMA journal_mode = ${mode}; PRAGMA synchronous = off;
      CREATE TABLE a_first (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL); CREATE TABLE z_last (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ACCOUNTS}) INSERT INTO a_first SELECT i, 100 FROM n;
      INSERT INTO z_last SELECT * FROM a_first`);

  const sumOf = (rows: string): number =>
    [...rows.matchAll(/"amount":(-?\d+)/g)].reduce((sum, [, amount]) => sum + Number(amount), 0);

  it.each(['wal', 'delete', 'truncate', 'persist'])(
    'no two states are the same unless the rows are (%s)',
    async (mode) => {
      await createAccounts(mode);
      await writeWithoutEnd(MOVE, mode === 'wal' ? 20 : 1);
      const rowsOf = new Map<string, string>();
      const seen = new Set<string>();
      for (let n = 0; n < LOOKS; n++) {
        const { state, rows } = await look();
        expect(sumOf(rows)).toBe(TOTAL);
        seen.add(rows);
        if (state !== null) expect(rowsOf.get(state) ?? rows).toBe(rows);
        if (state !== null) rowsOf.set(state, rows);
      }
      expect(seen.size).toBeGreaterThan(LOOKS / 10);
      expect(rowsOf.size).toBeGreaterThan(3);
    },
  );

  it.each(['wal', 'delete'])('every capture is the state of one moment (%s)', async (mode) => {
    await createAccounts(mode);
    let base = await bench.capture();
    let previous: StoredSnapshot = base;
    let { state } = bench.lastCapture!;
    await writeWithoutEnd(MOVE, 5);
    const inline = new InlineEngine();
    const kinds = { full: 0, differential: 0 };
    for (let n = 0; n < CAPTURES; n++) {
      const id = `auto_backup_w${n}`;
      const captured = await looker.capture({
        database: bench.target,
        id,
        createdAt: '2026-01-30T12:00:00.000Z',
        documentPath: join(bench.folder, `${id}.json`),
        indexPath: bench.indexPath(id),
        base: { snapshot: base, indexPath: bench.indexPath(base.manifest.id) },
        previous: state === null ? null : { snapshot: previous, state },
      });
      kinds[captured.kind]++;
      const path = join(bench.folder, `${id}.json`);
      await rename(captured.temporaryPath, path);
      if (captured.temporaryIndexPath !== null) await rename(captured.temporaryIndexPath, bench.indexPath(id));
      const { kind, base: baseId, checksum, tables, sizeBytes } = captured;
      previous = {
        manifest: { ...base.manifest, id, kind, base: baseId, checksum, tables, file_size_bytes: sizeBytes },
        document: { path, entry: null },
        base: kind === 'full' ? null : base,
      };
      state = captured.state;
      expect(sumOf(await text(await inline.read({ snapshot: previous, view: 'document' })))).toBe(TOTAL);
      if (kind === 'full') base = previous;
      else await rm(path);
    }
    expect(kinds.differential).toBeGreaterThan(CAPTURES * 0.9);
  });
});

describe('a quiet capture', () => {
  it('reads no table, and is a restore point all the same', async () => {
    await create('delete');
    await application.close();
    const inline = await EngineBench.open(new InlineEngine());
    await copyFile(bench.databasePath, inline.databasePath);
    const base = await inline.capture();
    let previous = { snapshot: base, state: inline.lastCapture!.state! };
    const prepare = vi.spyOn(Database.prototype, 'prepare');
    const tablesRead = () =>
      prepare.mock.calls.map(([sql]) => sql).filter((sql) => /json_object.*"(items|bare)"/s.test(sql));
    try {
      for (let n = 0; n < 3; n++) {
        const snapshot = await inline.captureAgainst(base, previous);
        expect(snapshot.manifest).toMatchObject({ kind: 'differential', tables: base.manifest.tables });
        expect(inline.lastCapture!.state).toBe(previous.state);
        previous = { snapshot, state: previous.state };
        await inline.restore(snapshot, { target: bench.target });
      }
      prepare.mockClear();
      await inline.captureAgainst(base, previous);
      expect(tablesRead()).toEqual([]);
      await inline.captureAgainst(base, { ...previous, state: 'another' });
      expect(tablesRead()).not.toEqual([]);
    } finally {
      prepare.mockRestore();
      await inline.close();
    }
  });

  it('is one in the program itself, with its own process, while the application stays open', async () => {
    await create('wal');
    const base = await bench.capture();
    await application.exec(`UPDATE items SET v = 'written' WHERE id = 1`);
    const differential = await bench.captureAgainst(base);
    const state = bench.lastCapture!.state!;
    // A previous one that says something else than the database shows that nobody looked.
    const wrong = { ...differential.manifest.tables, bare: { rows: 0, sha256: '0'.repeat(64) } };
    const snapshot = { ...differential, manifest: { ...differential.manifest, tables: wrong } };
    expect((await bench.captureAgainst(base, { snapshot, state })).manifest.tables).toEqual(wrong);
    await application.exec(`UPDATE items SET v = 'other' WHERE id = 1; UPDATE items SET v = 'written' WHERE id = 1`);
    expect((await bench.captureAgainst(base, { snapshot, state })).manifest.tables).toEqual(
      differential.manifest.tables,
    );
  });
});
