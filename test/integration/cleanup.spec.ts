import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import AdmZip from 'adm-zip';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CaptureOperation,
  Catalog,
  CleanupOperation,
  ExtractOperation,
  HealthQuery,
  JobQueue,
  RemoveOperation,
  VerifyOperation,
} from '../../src/backup/internals.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';
import { useChildren } from '../support/inline-tasks.js';

const DAY_MS = 86_400_000;
const ARCHIVE = 'archived_backups_20260101.zip';

let clock: ManualClock;
let app: BackupApp;
/** Three of 2026-01-01. */
let ids: string[];

beforeEach(async () => {
  clock = new ManualClock('2026-01-01T10:00:00.000Z');
  app = await startBackupApp({ clock });
  app.sql("INSERT INTO users (email) VALUES ('a@example.com')");
  ids = [];
  for (let n = 0; n < 3; n++) {
    ids.push(await capture());
    clock.advance(3_600_000);
  }
});
afterEach(() => app.close());

async function capture(): Promise<string> {
  const { id } = await app.get(CaptureOperation).request({ trigger: { type: 'manual' } });
  return (await app.get(JobQueue).whenFinished(id)).snapshot_id!;
}

const file = (...names: string[]) => join(app.folder, 'backups', ...names);
const regular = async () => (await readdir(file())).filter((name) => name.endsWith('.meta.json')).sort();
const temporary = async () =>
  [...(await readdir(file())), ...(await readdir(file('archived')))].filter((name) => name.endsWith('.tmp'));
const inArchive = () => new AdmZip(file('archived', ARCHIVE)).getEntries().map(({ entryName }) => entryName);
const cleanUp = () => app.get(CleanupOperation).run('admin');
const locations = async () =>
  Object.fromEntries((await app.get(Catalog).all()).map(({ id, location }) => [id, location]));
const entriesOf = (...held: string[]) => ['README.txt', ...held.flatMap((id) => [`${id}.json`, `${id}.meta.json`])];

async function archived(): Promise<void> {
  clock.advance(15 * DAY_MS);
  await cleanUp();
}

describe('archiving', () => {
  it('moves a day into its archive', async () => {
    clock.advance(15 * DAY_MS);
    expect(await app.get(CleanupOperation).preview()).toMatchObject({ archived: 3, deleted: 0, freed_bytes: 0 });
    expect(await cleanUp()).toEqual({ archived: 3, deleted: 0, freed_bytes: 0, held_back: 0 });
    expect(inArchive()).toEqual(entriesOf(...ids));
    expect(await regular()).toEqual([]);
    expect(Object.values(await locations())).toEqual(['archived', 'archived', 'archived']);
    expect(await cleanUp()).toEqual({ archived: 0, deleted: 0, freed_bytes: 0, held_back: 0 });
  });

  it('adds a late snapshot of that day to what its archive holds already', async () => {
    const [name, late] = [`${ids[0]}.meta.json`, `${ids[0]}.json`];
    for (const moved of [name, late]) await copyFile(file(moved), join(app.folder, moved));
    await app.get(RemoveOperation).remove(ids[0]!, null);
    await archived();
    expect(inArchive()).toEqual(entriesOf(...ids.slice(1)));
    for (const moved of [name, late]) await copyFile(join(app.folder, moved), file(moved));
    expect(await cleanUp()).toEqual({ archived: 1, deleted: 0, freed_bytes: 0, held_back: 0 });
    expect(inArchive()).toEqual(entriesOf(...ids));
  });

  it('finishes after a crash between publishing the archive and removing the regular files', async () => {
    const names = (await readdir(file())).filter((name) => name.startsWith(ids[1]!) || name.startsWith(ids[2]!));
    for (const name of names) await copyFile(file(name), join(app.folder, name));
    await archived();
    for (const name of names) await copyFile(join(app.folder, name), file(name));
    // One of them rotted meanwhile: the sound copy in the archive must survive.
    await writeFile(file(`${ids[1]}.json`), 'rotten');
    await app.get(Catalog).reconcile();
    expect(await cleanUp()).toMatchObject({ archived: 2 });
    expect(await regular()).toEqual([]);
    expect(inArchive()).toEqual(entriesOf(...ids));
    expect(await app.get(VerifyOperation).verify(ids[1]!, null)).toMatchObject({ is_valid: true });
  });

  it('leaves a damaged snapshot where it is, says so once, and archives the others', async () => {
    await writeFile(
      file(`${ids[1]}.json`),
      (await readFile(file(`${ids[1]}.json`), 'utf8')).replace('a@example.com', 'b@example.com'),
    );
    clock.advance(15 * DAY_MS);
    await expect(cleanUp()).rejects.toMatchObject({
      code: 'SNAPSHOT_CORRUPT',
      message: expect.stringContaining(ids[1]!),
      details: { done: { archived: 2 } },
    });
    expect(await regular()).toEqual([`${ids[1]}.meta.json`]);
    expect(inArchive()).toEqual(entriesOf(ids[0]!, ids[2]!));
    expect(await app.get(Catalog).get(ids[1]!)).toMatchObject({ location: 'regular', is_valid: false });
    expect(await temporary()).toEqual([]);
    expect(await cleanUp()).toMatchObject({ archived: 0 });
  });

  describe('by a process of its own', () => {
    useChildren();

    it('leaves a day alone of which nothing is sound, and leaves no half archive behind', async () => {
      for (const id of ids) await writeFile(file(`${id}.json`), 'rotten');
      clock.advance(15 * DAY_MS);
      await expect(cleanUp()).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
      expect(await regular()).toHaveLength(3);
      expect(await readdir(file('archived'))).toEqual([]);
    });
  });

  it('does not replace a damaged archive, and still does the rest', async () => {
    const [document, manifest] = [`${ids[0]}.json`, `${ids[0]}.meta.json`];
    for (const name of [document, manifest]) await copyFile(file(name), join(app.folder, name));
    await app.get(RemoveOperation).remove(ids[0]!, null);
    await archived();
    const bytes = await readFile(file('archived', ARCHIVE));
    await writeFile(file('archived', ARCHIVE), bytes.subarray(0, bytes.length - 30));
    for (const name of [document, manifest]) await copyFile(join(app.folder, name), file(name));
    const nextDay = await capture();
    clock.advance(15 * DAY_MS);
    await expect(cleanUp()).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    expect(await regular()).toEqual([manifest]);
    expect(await readFile(file('archived', ARCHIVE))).toEqual(bytes.subarray(0, bytes.length - 30));
    expect((await locations())[nextDay]).toBe('archived');
  });
});

describe('deleting', () => {
  it('counts as newest only what is really there', async () => {
    // Five rows whose files somebody removed by hand must not push the last good snapshots out.
    for (let n = 0; n < 5; n++) {
      clock.advance(DAY_MS);
      const id = await capture();
      await rm(file(`${id}.json`));
      await rm(file(`${id}.meta.json`));
    }
    clock.advance(100 * DAY_MS);
    await cleanUp();
    expect(Object.keys(await locations()).sort()).toEqual([...ids].sort());
  });
});

describe('deleting one snapshot', () => {
  it('removes a regular one', async () => {
    await app.get(RemoveOperation).remove(ids[0]!, 'admin');
    expect(await regular()).toHaveLength(2);
    await expect(app.get(Catalog).get(ids[0]!)).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' });
    const [job] = (await app.get(Catalog).jobs({ page: 1, page_size: 1 })).items;
    expect(job).toMatchObject({ type: 'cleanup', status: 'completed', snapshot_id: ids[0], requested_by: 'admin' });
  });

  it('removes an archived one, and with the last one the archive', async () => {
    await archived();
    await app.get(RemoveOperation).remove(ids[1]!, null);
    expect(inArchive()).toEqual(entriesOf(ids[0]!, ids[2]!));
    await app.get(RemoveOperation).remove(ids[0]!, null);
    await app.get(RemoveOperation).remove(ids[2]!, null);
    expect(await readdir(file('archived'))).toEqual([]);
    expect(await app.get(Catalog).archives()).toEqual([]);
  });

  it('refuses a pinned one, one that is needed, one that is about to be restored, and one that is not there', async () => {
    const remove = app.get(RemoveOperation);
    await app.get(Catalog).annotate(ids[0]!, { pinned: true });
    await expect(remove.remove(ids[0]!, null)).rejects.toMatchObject({ code: 'SNAPSHOT_PINNED' });
    app.get(Catalog).dependents = (id) => Promise.resolve(id === ids[1] ? ['diff_1'] : []);
    await expect(remove.remove(ids[1]!, null)).rejects.toMatchObject({
      code: 'SNAPSHOT_IN_USE',
      message: expect.stringContaining('diff_1'),
    });
    let end = (): void => undefined;
    const held = new Promise<null>((resolve) => (end = () => resolve(null)));
    await app.get(JobQueue).submit({ type: 'restore', lane: 'source', snapshotId: ids[2]!, run: () => held });
    await expect(remove.remove(ids[2]!, null)).rejects.toMatchObject({ code: 'SNAPSHOT_IN_USE' });
    end();
    await expect(remove.remove('../../etc/passwd', null)).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' });
  });
});

describe('verifying', () => {
  it('says that a sound snapshot is valid, wherever it lies', async () => {
    const verify = app.get(VerifyOperation);
    expect(await verify.verify(ids[0]!, null)).toMatchObject({
      id: ids[0],
      is_valid: true,
      checked_at: '2026-01-01T13:00:00.000Z',
    });
    await archived();
    expect(await verify.verify(ids[0]!, null)).toMatchObject({ is_valid: true });
  });

  it.each([
    [
      'a changed byte',
      (path: string) => readFile(path, 'utf8').then((content) => writeFile(path, content.replace('a@', 'b@'))),
    ],
    ['a missing tail', (path: string) => readFile(path).then((content) => writeFile(path, content.subarray(0, -1)))],
    ['a missing document', (path: string) => rm(path)],
    ['a broken manifest', (path: string) => writeFile(path.replace('.json', '.meta.json'), '{}')],
    ['a missing manifest', (path: string) => rm(path.replace('.json', '.meta.json'))],
  ])('finds %s, records it, and throws nothing', async (_, damage) => {
    await damage(file(`${ids[0]}.json`));
    const verification = await app.get(VerifyOperation).verify(ids[0]!, 'admin');
    expect(verification.is_valid).toBe(false);
    expect(verification.message).not.toContain(app.folder);
    expect(await app.get(Catalog).get(ids[0]!)).toMatchObject({
      is_valid: false,
      verified_at: verification.checked_at,
    });
    const [job] = (await app.get(Catalog).jobs({ page: 1, page_size: 1 })).items;
    expect(job).toMatchObject({ type: 'verify', status: 'completed', snapshot_id: ids[0], requested_by: 'admin' });
  });

  it('keeps damaged ones in sight of health, though the newest is sound', async () => {
    const [first, second, newest] = ids as [string, string, string];
    const record = (id: string, isValid: boolean) => app.get(Catalog).recordVerification(id, isValid, clock.now());
    const health = () => app.get(HealthQuery).health('outside');
    const about = async () => (await health()).reasons.filter((reason) => reason.includes('damaged'));
    await record(newest, true);
    expect(await health()).toMatchObject({ damaged: 0 });
    expect(await about()).toEqual([]);

    await record(first, false);
    expect(await health()).toMatchObject({ status: 'caution', damaged: 1 });
    expect(await about()).toEqual([expect.stringContaining(`The snapshot ${first} was found damaged`)]);
    await record(second, false);
    expect(await about()).toEqual([expect.stringMatching(/^2 snapshots were found damaged/)]);
    const { items } = await app.get(Catalog).page({ valid: false, page: 1, page_size: 9 });
    expect(items.map(({ id }) => id)).toEqual([second, first]);

    for (const id of [first, second]) await record(id, true);
    await record(newest, false);
    expect(await health()).toMatchObject({ status: 'critical', damaged: 1 });
    expect(await about()).toHaveLength(1); // by its plan, and not once more
  });

  it('finds damage inside an archive, and whom it concerns', async () => {
    await archived();
    const bytes = await readFile(file('archived', ARCHIVE));
    const name = `${ids[1]}.json`;
    bytes[bytes.indexOf(name) + name.length + 40]! ^= 1; // inside the deflated document
    await writeFile(file('archived', ARCHIVE), bytes);
    for (const id of ids) {
      expect((await app.get(VerifyOperation).verify(id, null)).is_valid, id).toBe(id !== ids[1]);
    }
  });

  it('follows a snapshot that moves into its archive meanwhile', async () => {
    const stale = await app.get(Catalog).get(ids[0]!);
    await archived();
    const catalog = app.get(Catalog);
    const get = catalog.get.bind(catalog);
    let asked = 0;
    catalog.get = (id) => (++asked <= 2 ? Promise.resolve(stale) : get(id)); // once before the job, once at its start
    expect(await app.get(VerifyOperation).verify(ids[0]!, null)).toMatchObject({ is_valid: true });
  });
});

describe('extracting', () => {
  const rows = [{ id: 1, email: 'a@example.com' }];

  it('reads documents, tables and archives without touching live data', async () => {
    const extract = app.get(ExtractOperation);
    const stored = await readFile(file(`${ids[0]}.json`), 'utf8');
    for (const location of ['regular', 'archived']) {
      if (location === 'archived') await archived();
      const [document, raw] = [await extract.document(ids[0]!), await extract.raw(ids[0]!)];
      expect([document.filename, raw.filename]).toEqual([`${ids[0]}.json`, `${ids[0]}.json`]);
      expect([document.size, raw.size]).toEqual([stored.length, stored.length]);
      expect(await text(document.stream)).toBe(stored);
      expect(await text(raw.stream)).toBe(stored);
      expect(JSON.parse(await text(await extract.table(ids[0]!, 'users', 0, 10)))).toMatchObject({
        table: 'users',
        total: 1,
        rows,
      });
    }
    const extracted = JSON.parse(await text(await extract.extract(ARCHIVE, `${ids[0]}.json`)));
    expect(extracted).toEqual({ filename: `${ids[0]}.json`, archive: ARCHIVE, data: { users: rows } });
  });

  it('refuses what is not there', async () => {
    const extract = app.get(ExtractOperation);
    await archived();
    await expect(extract.table(ids[0]!, 'constructor', 0, 1)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    await expect(extract.extract('archived_backups_20250101.zip', `${ids[0]}.json`)).rejects.toMatchObject({
      code: 'ARCHIVE_NOT_FOUND',
    });
    await expect(extract.extract('../backups.zip', `${ids[0]}.json`)).rejects.toMatchObject({
      code: 'ARCHIVE_NOT_FOUND',
    });
    for (const name of ['README.txt', '../x', 'other.json', `${ids[0]}.meta.json`]) {
      await expect(extract.extract(ARCHIVE, name), name).rejects.toMatchObject({ code: 'FILE_NOT_IN_ARCHIVE' });
    }
    await writeFile(file('archived', ARCHIVE), 'not a ZIP');
    await app.get(Catalog).reconcile();
    await expect(extract.extract(ARCHIVE, `${ids[0]}.json`)).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
  });
});
