import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CaptureOperation,
  Catalog,
  CleanupOperation,
  ConfigStore,
  HealthQuery,
  JobQueue,
} from '../../src/backup/internals.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';

const DAY_MS = 86_400_000;
const START = '2026-01-01T12:00:00.000Z';
const day = (days: number): Date => new Date(Date.parse(START) + days * DAY_MS);

let app: BackupApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function started(settings: object = {}): Promise<{ app: BackupApp; clock: ManualClock }> {
  const clock = new ManualClock(START);
  app = await startBackupApp({ clock });
  await app.get(ConfigStore).update({ min_keep: 1, ...settings });
  return { app, clock };
}

async function capture({ get }: BackupApp): Promise<string> {
  const { id } = await get(CaptureOperation).request({ trigger: { type: 'manual' } });
  return (await get(JobQueue).whenFinished(id)).snapshot_id!;
}

async function daily(backups: BackupApp, clock: ManualClock, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    clock.setTo(day(n));
    ids.push(await capture(backups));
  }
  return ids;
}

const listed = async ({ get }: BackupApp) => (await get(Catalog).all()).map(({ id }) => id);
const health = ({ get }: BackupApp) => get(HealthQuery).health();

describe('a clock that stood ahead', () => {
  it('leaves the good snapshots alone, and its own are shown for what they are', async () => {
    const { app: backups, clock } = await started({
      plans: [{ name: 'auto', source: 'database', interval_minutes: 1440, keep_last: 3 }],
    });
    const good = await daily(backups, clock, 12);
    clock.setTo(day(311));
    const ahead = [await capture(backups), await capture(backups), await capture(backups)];
    clock.setTo(day(11.5));
    expect((await listed(backups)).slice(0, 3)).toEqual(ahead.toReversed());

    await backups.get(CleanupOperation).run('admin');
    expect(await listed(backups)).toEqual([...ahead.toReversed(), ...good.slice(-3).toReversed()]);
    expect(await health(backups)).toMatchObject({
      status: 'warning', // the timers are off in this test
      reasons: [expect.any(String), expect.stringContaining('3 snapshots are dated in the future')],
    });

    const latest = await capture(backups);
    expect((await listed(backups))[0]).toBe(latest);
    expect((await backups.get(Catalog).stats()).latest_backup).toBe(day(11.5).toISOString());
    await backups.get(CleanupOperation).run('admin');
    expect(await listed(backups)).toContain(latest);
  });

  it('does not make a plan healthy that takes no more snapshots', async () => {
    const { app: backups, clock } = await started();
    await capture(backups);
    clock.setTo(day(300));
    await capture(backups);
    clock.setTo(day(4));
    expect((await health(backups)).plans).toMatchObject([{ status: 'warning' }]);
  });
});

describe('a clock that stands ahead', () => {
  it('deletes nothing until somebody confirms it', async () => {
    const { app: backups, clock } = await started();
    const ids = await daily(backups, clock, 12);
    clock.setTo(day(51));
    await expect(backups.get(CleanupOperation).run('admin')).rejects.toMatchObject({
      code: 'CLOCK_DOUBTFUL',
      details: { held_back: 11 },
    });
    expect(await listed(backups)).toHaveLength(12);
    expect(await backups.get(CleanupOperation).preview()).toMatchObject({ deleted: 0, held_back: 11 });
    expect((await health(backups)).reasons).toContainEqual(expect.stringContaining('clock jumped ahead'));
    await backups.get(CleanupOperation).runIfDue(); // by itself it does what is safe, and says nothing
    expect(await listed(backups)).toHaveLength(12);

    expect(await backups.get(CleanupOperation).run('admin', 'all', { confirmClock: true })).toMatchObject({
      deleted: 11,
      held_back: 0,
    });
    expect(await listed(backups)).toEqual(ids.slice(-1));
  });

  it('is found out after a restart, from the file or from the snapshots alone', async () => {
    const { app: backups, clock } = await started();
    await daily(backups, clock, 3);
    const file = join(backups.folder, 'backups', '.clock.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ seen: day(2).toISOString(), jumps: [] });
    for (const damage of [() => rm(file), () => writeFile(file, '{"seen":'), () => Promise.resolve()]) {
      await damage();
      const later = new ManualClock(day(60));
      const again = await startBackupApp({ clock: later, folder: backups.folder });
      await expect(again.get(CleanupOperation).run('admin')).rejects.toMatchObject({ code: 'CLOCK_DOUBTFUL' });
      await again.close();
      await rm(file);
    }
    expect((await readdir(join(backups.folder, 'backups'))).filter((name) => name.endsWith('.meta.json'))).toHaveLength(
      3,
    );
  });

  it('is no news to an application that has been running all the time', async () => {
    const { app: backups, clock } = await started();
    await daily(backups, clock, 3);
    clock.advance(60 * DAY_MS);
    expect(await backups.get(CleanupOperation).run('admin')).toMatchObject({ deleted: 2, held_back: 0 });
  });
});
