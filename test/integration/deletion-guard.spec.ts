import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CaptureOperation,
  Catalog,
  CleanupOperation,
  HealthQuery,
  JobQueue,
  RemoveOperation,
  VerifyOperation,
} from '../../src/backup/internals.js';
import { ClockWatch } from '../../src/backup/operations/clock-watch.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';

const DAY_MS = 86_400_000;
const SETTINGS = { retention_days: 10, auto_archive_after_days: 10, min_keep: 1 };

let clock: ManualClock;
let app: BackupApp;
/** One of each of four days, the newest last; all but one are due to go. */
let ids: string[];

beforeEach(async () => {
  clock = new ManualClock('2026-01-01T10:00:00.000Z');
  app = await startBackupApp({ clock });
  app.sql("INSERT INTO users (email) VALUES ('a@example.com')");
  ids = [];
  for (let n = 0; n < 4; n++) {
    ids.push(await capture());
    clock.advance(DAY_MS);
  }
  clock.advance(20 * DAY_MS);
});
afterEach(async () => {
  await app.close();
  await rm(app.folder, { recursive: true, force: true });
});

async function capture(): Promise<string> {
  const { id } = await app.get(CaptureOperation).request({ trigger: { type: 'manual' } });
  return (await app.get(JobQueue).whenFinished(id)).snapshot_id!;
}

const inBackups = (name: string) => join(app.folder, 'backups', name);
const cleanUp = () => app.get(CleanupOperation).run('admin');
const left = async () => (await app.get(Catalog).all()).map(({ id }) => id).sort();
const reasons = async () => (await app.get(HealthQuery).health()).reasons.join('\n');

async function again(meanwhile: () => Promise<unknown>): Promise<void> {
  const { folder } = app;
  await app.get(ClockWatch).look(); // as it does every hour of real time
  await app.app.close();
  await meanwhile();
  app = await startBackupApp({ clock, folder });
}

async function loseCatalog(): Promise<void> {
  for (const name of await readdir(join(app.folder, 'backups')))
    if (name.startsWith('catalog.sqlite')) await rm(inBackups(name));
}

const setSettings = () => writeFile(join(app.folder, 'backup_config.json'), JSON.stringify(SETTINGS));

describe('a catalog that lost the results of verifications', () => {
  it('verifies the newest again before older ones go, so that the last good one stays', async () => {
    await setSettings();
    for (const id of ids.slice(2)) {
      const bytes = await readFile(inBackups(`${id}.json`));
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(inBackups(`${id}.json`), bytes);
      expect(await app.get(VerifyOperation).verify(id, null)).toMatchObject({ is_valid: false });
    }
    await again(loseCatalog);
    await again(() => Promise.resolve()); // it is not forgotten that they are lost
    expect((await app.get(Catalog).condition()).verificationsLost).toBe(true);
    await cleanUp();
    expect(await left()).toContain(ids[1]);
    expect(await left()).not.toContain(ids[0]);
    expect((await app.get(Catalog).condition()).verificationsLost).toBe(false);
  });
});

describe('deleting by rule', () => {
  it('waits for pins that cannot be read, and says so; by hand it goes by what the catalog remembers', async () => {
    await app.get(Catalog).annotate(ids[0]!, { pinned: true });
    const sound = await readFile(inBackups('annotations.json'), 'utf8');
    await again(async () => {
      await setSettings();
      await writeFile(
        inBackups('annotations.json'),
        sound.replace('"pinned": true', '"pinned": true, "colour": "red"'),
      );
    });
    expect(await cleanUp()).toMatchObject({
      deleted: 0,
      suspended: expect.stringMatching(/colour.*Repair it/) as string,
    });
    expect(await app.get(CleanupOperation).preview()).toMatchObject({
      deleted: 0,
      suspended: expect.any(String) as string,
    });
    expect(await left()).toEqual(ids);
    expect(await reasons()).toContain('annotations.json');
    const remove = app.get(RemoveOperation);
    await expect(remove.remove(ids[0]!, 'admin')).rejects.toMatchObject({ code: 'SNAPSHOT_PINNED' });
    await remove.remove(ids[1]!, 'admin');

    await again(loseCatalog);
    await expect(app.get(RemoveOperation).remove(ids[2]!, 'admin')).rejects.toMatchObject({
      code: 'SNAPSHOT_PINNED',
      message: expect.stringContaining('Cannot tell whether') as string,
    });
    await writeFile(inBackups('annotations.json'), sound);
    expect(await cleanUp()).toMatchObject({ deleted: 1 });
    expect(await left()).toEqual([ids[0], ids[3]]);
  });

  it('waits for settings that can be used, whatever their defaults would delete', async () => {
    await again(() => writeFile(join(app.folder, 'backup_config.json'), '{"retention_days": 3650, "min_keeq": 1}'));
    clock.advance(100 * DAY_MS);
    expect(await cleanUp()).toMatchObject({
      archived: 0,
      deleted: 0,
      suspended: expect.stringContaining('min_keeq') as string,
    });
    expect(await left()).toEqual(ids);
    expect(await reasons()).toContain('min_keeq');
  });
});
