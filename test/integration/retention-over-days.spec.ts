import { execFileSync } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import AdmZip from 'adm-zip';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BackupScheduler, Catalog, CleanupOperation, ConfigStore } from '../../src/backup/internals.js';
import { archiveName, utcDay } from '../../src/backup/model/snapshot-id.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';
import { rounds } from '../support/rounds.js';

const DAY_MS = 86_400_000;
const INTERVAL_MINUTES = 360;
const PER_DAY = 4;
const [ARCHIVE_AFTER, RETENTION, DAYS] = [rounds(3, 14), rounds(7, 30), rounds(10, 40)];
const START = Date.parse('2026-01-01T00:00:00.000Z');

let app: BackupApp;
let clock: ManualClock;
let pinned: string;

beforeAll(async () => {
  clock = new ManualClock(new Date(START));
  app = await startBackupApp({ clock, options: { triggers: true } });
  await app.get(ConfigStore).update({
    backup_interval_minutes: INTERVAL_MINUTES,
    auto_archive_after_days: ARCHIVE_AFTER,
    retention_days: RETENTION,
  });
});
afterAll(() => app.close());

const backups = () => join(app.folder, 'backups');
const archives = async () => (await readdir(join(backups(), 'archived'))).sort();
const documents = async () => (await readdir(backups())).filter((name) => /^auto_backup_\d{8}_\d{6}\.json$/.test(name));
const dayName = (day: number) => utcDay(new Date(START + day * DAY_MS));

/** What must lie where after the last snapshot of a day, counted from 0: a day goes on when it ended more than so many days ago. */
function expectedAfter(day: number) {
  const firstRegular = Math.max(0, day - ARCHIVE_AFTER);
  const firstKept = Math.max(0, day - RETENTION);
  const archivedDays = Array.from({ length: firstRegular - firstKept }, (_, n) => firstKept + n);
  return { regular: (day - firstRegular + 1) * PER_DAY, archivedDays };
}

describe(`${DAYS} days with ${PER_DAY} snapshots each`, () => {
  it('holds each day as regular snapshots, then in one archive, then not at all', async () => {
    await app.get(BackupScheduler).settled();
    pinned = (await app.get(Catalog).all())[0]!.id;
    await app.get(Catalog).annotate(pinned, { pinned: true });

    for (let day = 0; day < DAYS; day++) {
      for (let tick = day === 0 ? 1 : 0; tick < PER_DAY; tick++) {
        app.sql(`INSERT INTO users (email) VALUES ('user_${day}_${tick}@example.com')`);
        clock.advance(INTERVAL_MINUTES * 60_000);
        await app.get(BackupScheduler).settled();
      }
      await expectDay(day);
    }
  });

  async function expectDay(day: number): Promise<void> {
    const { regular: expectedRegular, archivedDays } = expectedAfter(day);
    const pinnedDay = day > RETENTION ? [0] : [];
    const wanted = [...pinnedDay, ...archivedDays].map((archived) => archiveName(dayName(archived)));
    const where = `after day ${day}`;
    expect(await documents(), where).toHaveLength(expectedRegular);
    expect(await archives(), where).toEqual(wanted);
    const catalog = app.get(Catalog);
    const [regular, archived] = [
      await catalog.all({ location: 'regular' }),
      await catalog.all({ location: 'archived' }),
    ];
    expect(regular, where).toHaveLength(expectedRegular);
    expect(archived, where).toHaveLength(archivedDays.length * PER_DAY + pinnedDay.length);
    const deleted = (day + 1) * PER_DAY - regular.length - archived.length;
    expect(deleted, where).toBe(Math.max(0, day - RETENTION) * PER_DAY - pinnedDay.length);
  }

  it('left archives that every ZIP program opens, with documents that are the snapshots', async () => {
    const names = await archives();
    expect(names.length).toBeGreaterThanOrEqual(RETENTION - ARCHIVE_AFTER);
    for (const name of names) {
      const path = join(backups(), 'archived', name);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      execFileSync('unzip', ['-tqq', path]);
      execFileSync('python3', [
        '-c',
        'import sys, zipfile; bad = zipfile.ZipFile(sys.argv[1]).testzip(); sys.exit(bad and 1)',
        path,
      ]);
      const held = await app.get(Catalog).all({ archive: name });
      const zip = new AdmZip(path);
      expect(zip.getEntries().map(({ entryName }) => entryName)).toEqual(
        ['README.txt', ...held.flatMap(({ id }) => [`${id}.json`, `${id}.meta.json`])].sort(),
      );
      for (const snapshot of held) {
        const { tables } = JSON.parse(zip.readAsText(snapshot.filename));
        expect(tables.users.rows).toHaveLength(snapshot.tables['users']!.rows);
      }
    }
  });

  it('keeps of an expired day the pinned snapshot and nothing else', async () => {
    expect((await app.get(Catalog).all({ archive: archiveName(dayName(0)) })).map(({ id }) => id)).toEqual([pinned]);
  });

  it('never deletes the newest ones, however long no new one is taken', async () => {
    app.get(BackupScheduler).stop();
    const newest = (await app.get(Catalog).all()).slice(0, 5).map(({ id }) => id);
    clock.advance(100 * DAY_MS);
    const preview = await app.get(CleanupOperation).preview();
    const result = await app.get(CleanupOperation).run(null);
    expect(preview).toMatchObject({ archived: result.archived, deleted: result.deleted });
    expect(result.freed_bytes).toBeGreaterThan(0);
    const left = (await app.get(Catalog).all()).map(({ id }) => id);
    expect(left).toEqual([...newest, pinned]);
    expect(await documents()).toEqual([]);
    expect(preview.kept).toEqual([
      ...newest.map((id) => ({ id, reasons: ['newest'] })),
      { id: pinned, reasons: ['pinned'] },
    ]);
    expect(await app.get(CleanupOperation).preview()).toMatchObject({ archived: 0, deleted: 0, freed_bytes: 0 });
  });

  it('lets the pinned one go when it is unpinned', async () => {
    await app.get(Catalog).annotate(pinned, { pinned: false });
    expect(await app.get(CleanupOperation).run(null)).toMatchObject({ archived: 0, deleted: 1 });
    expect(await archives()).toHaveLength(2);
  });
});
