import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/backup/index.js';
import { BACKUPS } from '../support/backups-client.js';
import { SeededRandom } from '../support/changing-database.js';
import { eventually } from '../support/eventually.js';
import { type Committed, type Ledger, LedgerHistory, soundLedger } from '../support/ledger.js';
import { OtherProcess } from '../support/other-process.js';
import { PackedApp, type ServedApp } from '../support/packed-app.js';
import { rounds, SEED } from '../support/rounds.js';

const ROUNDS = rounds(2, 4);
const CAPTURES_A_ROUND = 3;
const SOUND = [{ integrity_check: 'ok' }];

let app: PackedApp;
let ledger: ServedApp;
let file: string;

beforeAll(async () => {
  app = await PackedApp.install('test/fixtures/sqlite3-app', { typeorm: 'typeorm-0.3' });
  file = join(app.home, 'ledger.db');
  expect(await app.compile()).toBe(''); // under strict
});
afterEach(async () => {
  await ledger.stop();
  for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm', 'backups'])
    await rm(join(app.home, name), { recursive: true, force: true });
});
afterAll(() => app.remove());

const open = async (environment: Record<string, string>): Promise<void> => {
  ledger = await app.serve('main.js', environment);
};
const kept = async () => (await ledger.get('/ledger').expect(200)).body as Ledger & { integrity: unknown };
const bookings = async (): Promise<number> => Number((await ledger.get('/writers').expect(200)).text);
async function captured({ id }: Snapshot): Promise<Ledger> {
  const { tables } = (await ledger.get(`${BACKUPS}/${id}/download`).expect(200)).body as {
    tables: Record<keyof Ledger, { rows: never[] }>;
  };
  return { ledgers: tables.ledgers.rows, entries: tables.entries.rows };
}

describe.each(['wal', 'delete'])('a host on TypeORM 0.3 and node-sqlite3, journal mode %s', (JOURNAL) => {
  it('writes on while it is captured and restored, and nothing is lost, doubled or half there', async () => {
    const random = new SeededRandom(SEED);
    await open({ JOURNAL });
    await ledger.post('/writers').expect(201);

    const snapshots: Snapshot[] = [];
    const restored: Snapshot[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (let n = 0; n < CAPTURES_A_ROUND; n++) {
        const before = await bookings();
        await eventually(async () => (await bookings()) > before); // they get on
        snapshots.push(await ledger.capture());
      }
      restored.push(random.pick(snapshots));
      expect(await ledger.restore(restored.at(-1)!.id)).toMatchObject({ status: 'completed' });
    }
    const { committed, failures } = (await ledger.post('/writers/stop').expect(201)).body as {
      committed: Committed[];
      failures: string[];
    };

    const label = `seed ${SEED}`;
    expect(failures, label).toEqual([]);
    const seals = new Map<string, string>();
    for (const snapshot of await ledger.listed()) seals.set(snapshot.id, soundLedger(await captured(snapshot)));
    expect(seals.size, label).toBe(snapshots.length + restored.length); // with those taken for safety
    const history = new LedgerHistory(
      committed,
      restored.map(({ id }) => seals.get(id)!),
    );
    expect(
      [...seals.values()].filter((seal) => !history.knows(seal)),
      label,
    ).toEqual([]);

    const now = await kept();
    const last = soundLedger(now);
    expect(now.integrity, label).toEqual(SOUND);
    expect(history.lost(last), label).toEqual([]);
    expect(now.entries.length, label).toBe(history.length(last));
  });

  it('keeps the locks of its own connection through everything the library does', async () => {
    await open({ JOURNAL, BUSY_TIMEOUT_MS: '200' });
    const stranger = OtherProcess.start();
    const mayWrite = async (): Promise<boolean> => {
      try {
        await stranger.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK');
        return true;
      } catch (error) {
        expect((error as Error).message).toContain('SQLITE_BUSY');
        return false;
      }
    };
    try {
      await stranger.open(file);
      expect(await mayWrite()).toBe(true);
      const first = await ledger.capture();
      await ledger.post('/hold').expect(201);
      expect(await mayWrite()).toBe(false);

      const second = await ledger.capture();
      expect(soundLedger(await captured(second))).toBe('');
      expect(await mayWrite(), 'after a capture').toBe(false);
      await ledger.post(`${BACKUPS}/${first.id}/verify`).expect(200);
      await ledger.get(`${BACKUPS}/${first.id}/diff?with=now`).expect(200);
      await ledger.get(`${BACKUPS}/${first.id}/restore-preview`).expect(200);
      expect(await mayWrite(), 'after a verification, a comparison and a preview').toBe(false);
      const { body } = await ledger.post(`${BACKUPS}/${first.id}/restore?wait=true`, { confirm: first.id });
      expect(body).toMatchObject({ error_code: 'DATABASE_LOCKED' });
      expect(await mayWrite(), 'after a restore that could not begin').toBe(false);

      // What has been tried so far can fail: this is what it would look like.
      await ledger.post('/careless').expect(201);
      expect(await mayWrite(), 'after another handle on the file was closed in the process of the host').toBe(true);
      await ledger.post('/release').expect(201);
    } finally {
      await stranger.kill();
    }
  });
});
