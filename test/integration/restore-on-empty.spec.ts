import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CaptureOperation, Catalog, JobQueue } from '../../src/backup/internals.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';

let folder: string;
let app: BackupApp | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restore-on-empty-'));
  await start(false);
  app!.sql("INSERT INTO users VALUES (1, 'a@example.com'), (2, 'b@example.com')");
  await capture();
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(restoreOnEmpty = true): Promise<BackupApp> {
  // No tick of its own for as long as a test takes.
  await writeFile(
    join(folder, 'backup_config.json'),
    JSON.stringify({ plans: [{ name: 'auto', schedule: '0 0 1 1 *' }] }),
  );
  app = await startBackupApp({ folder, options: { triggers: true, restoreOnEmpty } });
  return app;
}

async function stop(): Promise<void> {
  await app?.close();
  app = undefined;
}

async function capture(): Promise<string> {
  const job = await app!.get(CaptureOperation).request({ trigger: { type: 'manual' } });
  return (await app!.get(JobQueue).whenFinished(job.id)).snapshot_id!;
}

async function loseDatabase(): Promise<void> {
  await stop();
  for (const name of await readdir(folder))
    if (name.startsWith('app.sqlite')) await rm(join(folder, name), { force: true });
}

const users = (): unknown[] => app!.sql('SELECT email FROM users ORDER BY id');
const restores = async () => (await app!.get(Catalog).jobs({ type: 'restore', page: 1, page_size: 10 })).items;

describe('a start on an empty database', () => {
  it('brings the newest snapshot back, and says so in the job history', async () => {
    app!.sql("UPDATE users SET email = 'newest@example.com' WHERE id = 2");
    const newest = await capture();
    await loseDatabase();
    await start();
    expect(users()).toEqual([{ email: 'a@example.com' }, { email: 'newest@example.com' }]);
    expect(await restores()).toMatchObject([
      {
        status: 'completed',
        snapshot_id: newest,
        requested_by: 'restore_on_empty',
        result: { safety_snapshot_id: null },
      },
    ]);
  });

  it('does so even without the catalog', async () => {
    await loseDatabase();
    await rm(join(folder, 'backups', 'catalog.sqlite'));
    await start();
    expect(users()).toHaveLength(2);
  });

  it('passes over a damaged snapshot, and over those that hold no row', async () => {
    const damaged = await capture();
    app!.sql('DELETE FROM users');
    await capture();
    await loseDatabase();
    await writeFile(join(folder, 'backups', `${damaged}.json`), 'rotten');
    await start();
    expect(users()).toHaveLength(2);
    expect((await restores())[0]?.snapshot_id).not.toBe(damaged);
  });

  it('fits the rows into a schema that has grown since', async () => {
    await loseDatabase();
    await start(false);
    app!.sql('DROP TABLE users');
    app!.sql("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT DEFAULT 'new')");
    await stop();
    await start();
    expect(app!.sql('SELECT id, name FROM users')).toEqual([
      { id: 1, name: 'new' },
      { id: 2, name: 'new' },
    ]);
  });

  it('touches nothing where a single row stands', async () => {
    for (const text of ['DELETE FROM users', 'CREATE TABLE other (x)', 'INSERT INTO other VALUES (1)']) app!.sql(text);
    await stop();
    await start();
    expect(users()).toEqual([]);
    expect(await restores()).toEqual([]);
  });

  it('touches nothing unless it was asked to', async () => {
    await loseDatabase();
    await start(false);
    expect(users()).toEqual([]);
  });

  it('starts all the same where there is nothing to restore', async () => {
    await loseDatabase();
    await rm(join(folder, 'backups'), { recursive: true });
    await start();
    expect(users()).toEqual([]);
    expect(await restores()).toEqual([]);
  });
});
