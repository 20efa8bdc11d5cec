import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CaptureOperation, Catalog, CleanupOperation, ConfigStore, JobQueue } from '../../src/backup/internals.js';
import { type Job } from '../../src/backup/index.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';
import { CliBench } from '../support/cli-bench.js';

const DAY = 86_400_000;
const MANY_ROWS = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
  INSERT INTO users SELECT i, printf('%0100d@example.com', i) FROM n`;

/** Everything there is in a folder, and when it was last written. */
async function stateOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const states = await Promise.all(names.map(async (name) => `${name} ${(await stat(join(folder, name))).mtimeMs}`));
  return [...states.sort(), String((await stat(folder)).mtimeMs)];
}

describe('getting data back from files that no catalog knows', () => {
  /** Holds `backups/` of another machine: a full snapshot and a differential of two days, the older one archived. No catalog. */
  let machine: string;
  let bench: CliBench;
  const ids = { archived: '', full: '', differential: '' };
  const archive = 'archived_backups_20260129.zip';

  beforeAll(async () => {
    machine = await mkdtemp(join(tmpdir(), 'machine-'));
    const clock = new ManualClock('2026-01-29T12:00:00.000Z');
    const app = await startBackupApp({ folder: machine, clock });
    const capture = async () => {
      clock.advance(60_000);
      const { id } = await app.get(CaptureOperation).request({ trigger: { type: 'scheduled' } });
      return (await app.get(JobQueue).whenFinished(id)).snapshot_id!;
    };
    app.sql('CREATE INDEX users_by_email ON users (email)');
    app.sql(MANY_ROWS);
    const base = await capture();
    app.sql("UPDATE users SET email = 'archived' WHERE id = 5");
    ids.archived = await capture();
    clock.advance(DAY);
    app.sql("UPDATE users SET email = 'full' WHERE id = 5");
    ids.full = await capture();
    app.sql("UPDATE users SET email = 'differential' WHERE id = 5");
    ids.differential = await capture();
    await app.get(ConfigStore).update({ auto_archive_after_days: 1 });
    clock.advance(DAY);
    await app.get(CleanupOperation).run(null);
    expect(await app.get(Catalog).get(ids.archived)).toMatchObject({ archive, base });
    expect(await app.get(Catalog).get(ids.differential)).toMatchObject({ archive: null, base: ids.full });
    await app.close();
    for (const name of await readdir(join(machine, 'backups')))
      if (/^catalog|^\.lease/.test(name)) await rm(join(machine, 'backups', name), { recursive: true });
  });
  afterAll(() => rm(machine, { recursive: true, force: true }));

  beforeEach(async () => (bench = new CliBench(await mkdtemp(join(tmpdir(), 'rescue-')), 'new.sqlite')));
  afterEach(() => bench.close());

  const emailOfFive = () => (bench.table('users')[5] as { email: string }).email;

  it('brings everything back with a folder and an address alone, into a file that is not there yet', async () => {
    await cp(join(machine, 'backups'), bench.path('copy'), { recursive: true });
    const address = `sqlite:${bench.path('new.sqlite')}`;
    const { code, out, err } = await bench.run(
      ['restore', 'newest', '--dir', bench.path('copy'), '--database', address, '--yes'],
      {},
    );
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^Restored .*: 1 table, 4 000 rows, in \d+ m?s\.\n$/) as unknown,
    });
    expect(err).toContain(`sqlite:${bench.path('new.sqlite')} is created`);
    expect(emailOfFive()).toBe('differential');
    bench.sql('DROP INDEX users_by_email'); // which would fail where it is missing
    expect((await stat(bench.path('new.sqlite'))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['a folder', () => ['backups'], () => 'differential'],
    ['a folder and an id', () => ['backups', ids.full], () => 'full'],
    ['a manifest', () => [`backups/${ids.full}.meta.json`], () => 'full'],
    ['the document of a differential', () => [`backups/${ids.differential}.json`], () => 'differential'],
    ['an archive', () => [`backups/archived/${archive}`], () => 'archived'],
    [
      'an archive and the beginning of an id',
      () => [`backups/archived/${archive}`, ids.archived.slice(0, -2)],
      () => 'archived',
    ],
    ['the folder of archives', () => ['backups/archived'], () => 'archived'],
    ['a folder, and what lies in an archive of it', () => ['backups', ids.archived], () => 'archived'],
  ])('restores out of %s, and writes nothing there', async (_, source, email) => {
    const before = await stateOf(join(machine, 'backups'));
    const [path, ...which] = source();
    const job = await bench.json<Job>('restore', join(machine, path!), ...which, '--yes');
    expect(job).toMatchObject({ status: 'completed', result: { safety_snapshot_id: null, warnings: [] } });
    expect(emailOfFive()).toBe(email());
    expect(await stateOf(join(machine, 'backups'))).toEqual(before);
    expect(await bench.json('jobs')).toMatchObject({ total: 1 }); // in the folder of this machine
  });

  it('restores out of an archive that was copied alone', async () => {
    await mkdir(bench.path('usb'));
    await cp(join(machine, 'backups', 'archived', archive), bench.path('usb', archive));
    await bench.ok('restore', bench.path('usb', archive), ids.archived, '--yes');
    expect(emailOfFive()).toBe('archived');
    await cp(bench.path('usb', archive), bench.path('usb', 'january.zip'));
    const renamed = await bench.run(['restore', bench.path('usb', 'january.zip'), '--yes']);
    expect(renamed).toMatchObject({
      code: 3,
      err: expect.stringContaining('Rename it to archived_backups_YYYYMMDD.zip') as unknown,
    });
  });

  it('says what is missing: the manifest, the base, the snapshot', async () => {
    await mkdir(bench.path('usb'));
    const take = (name: string) => cp(join(machine, 'backups', name), bench.path('usb', name));
    await take(`${ids.differential}.json`);
    const call = (...args: string[]) => bench.run(['restore', ...args, '--yes']);
    const document = bench.path('usb', `${ids.differential}.json`);
    expect(await call(document)).toMatchObject({ code: 3, err: expect.stringContaining('copy both') as unknown });
    await take(`${ids.differential}.meta.json`);
    expect(await call(document)).toMatchObject({
      code: 4,
      err: expect.stringContaining(`is based on "${ids.full}", which is missing`) as unknown,
    });
    expect(await call(bench.path('usb'), 'nope')).toMatchObject({ code: 3 });
    expect(await call(bench.path('usb', 'notes.txt'))).toMatchObject({ code: 3 });
    await writeFile(bench.path('usb', 'notes.txt'), '');
    expect(await call(bench.path('usb', 'notes.txt'))).toMatchObject({
      code: 3,
      err: expect.stringContaining('not the name of a snapshot') as unknown,
    });
    expect(await readdir(bench.folder)).not.toContain('new.sqlite');
  });

  it('takes away the file it made where the restore fails', async () => {
    await cp(join(machine, 'backups'), bench.path('copy'), { recursive: true });
    const document = bench.path('copy', `${ids.full}.json`);
    await writeFile(document, (await readFile(document, 'utf8')).replace('"email":"full"', '"email":"fool"'));
    for (const options of [[], ['--no-verify']]) {
      const { code, err } = await bench.run(['restore', document, '--yes', ...options]);
      expect({ code, err }).toEqual({ code: 4, err: expect.stringContaining('is damaged') as unknown });
      expect((await readdir(bench.folder)).filter((name) => name.startsWith('new.sqlite'))).toEqual([]);
    }
  });
});

describe('getting data back into a database that is in use', () => {
  let bench: CliBench;
  let id: string;

  beforeEach(async () => {
    bench = await CliBench.open();
    id = await bench.create();
  });
  afterEach(() => bench.close());

  it('keeps what is there now, and says how to undo the restore', async () => {
    const before = bench.table('users');
    bench.sql("DELETE FROM orders; UPDATE users SET email = 'x' WHERE id = 1");
    const mistake = bench.table('users');
    const { out, err } = await bench.run(['restore', id, '--yes']);
    expect(err).toContain('1. The snapshot is read');
    expect(err).toContain('2. A safety snapshot');
    expect(bench.table('users')).toEqual(before);
    const [, undo] = /^To undo it: nestjs-backup (restore pre_restore_\S+)$/m.exec(out)!;
    expect(await bench.json('show', 'newest')).toMatchObject({ id }); // what a restore put aside is not what to go back to
    await bench.ok(...undo!.split(' '), '--yes');
    expect(bench.table('users')).toEqual(mistake);
  });

  it('does so with some tables only, and without the safety snapshot where that is asked for', async () => {
    bench.sql("UPDATE users SET email = 'x' WHERE id = 1; UPDATE orders SET amount = 0");
    const job = await bench.json<Job>('restore', id, '--yes', '--tables', 'orders', '--no-safety', '--no-verify');
    expect(job.result).toMatchObject({ tables: { orders: { rows: 2 } }, safety_snapshot_id: null });
    expect(bench.table('users')).toContainEqual({ id: 1, email: 'x' });
    expect(bench.table('orders')).toContainEqual({ id: 1, user_id: 1, amount: 4.99 });
    expect(await bench.run(['restore', id, '--yes', '--tables', 'nope'])).toMatchObject({ code: 3 });
  });

  it('refuses another schema, naming what differs, unless it is allowed', async () => {
    bench.sql('ALTER TABLE users ADD COLUMN name TEXT');
    const refused = await bench.run(['restore', id, '--yes', '--quiet']);
    expect(refused).toMatchObject({ code: 5, out: '' });
    expect(refused.err).toMatch(/add --allow-schema-changes .*\n {2}users.*name/s);
    const inJson = await bench.run(['restore', id, '--yes', '--json']);
    expect(JSON.parse(inJson.err)).toMatchObject({
      error_code: 'SCHEMA_MISMATCH',
      differences: [{ table: 'users', column: 'name' }],
    });
    await bench.ok('restore', id, '--yes', '--allow-schema-changes');
  });

  it('fills another database only when it is empty, or may be lost', async () => {
    const other = bench.path('other.sqlite');
    const call = (...options: string[]) => bench.run(['restore', id, '--yes', '--to', `sqlite:${other}`, ...options]);
    bench.sql('CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE)', other);
    expect(await call()).toMatchObject({ code: 5, err: expect.stringContaining('orders') as unknown }); // empty, but another schema
    bench.sql("INSERT INTO users VALUES (9, 'z')", other);
    expect(await call('--allow-schema-changes')).toMatchObject({
      code: 5,
      err: expect.stringContaining('--no-safety') as unknown,
    });
    expect(bench.table('users', other)).toContainEqual({ id: 9, email: 'z' });
    expect(await call('--allow-schema-changes', '--no-safety')).toMatchObject({ code: 0 });
    expect(bench.table('users', other)).toEqual(bench.table('users'));
    await rm(other);
    expect(await call()).toMatchObject({ code: 0 });
    expect(bench.table('orders', other)).toEqual(bench.table('orders'));
    expect(await bench.json('list')).toMatchObject({ total: 1 }); // nothing of the other database lies among ours
  });

  it('refuses a database of another kind', async () => {
    const { code, err } = await bench.run(['restore', id, '--yes', '--to', 'mysql://root@127.0.0.1:1/x']);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining('cannot be restored into a mysql database') as unknown,
    });
  });
});

describe('getting files back', () => {
  let app: BackupApp;
  let bench: CliBench;
  const text = (...path: string[]) => readFile(bench.path(...path), 'utf8');

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'files-'));
    bench = new CliBench(folder, 'app.sqlite');
    await mkdir(bench.path('uploads'));
    await writeFile(bench.path('uploads', 'a.txt'), 'first');
    app = await startBackupApp({ folder, options: { fileRoots: [bench.path('uploads')] } });
    app.sql("INSERT INTO users VALUES (1, 'a@example.com')");
    const plan = { paths: [bench.path('uploads')], interval_minutes: 60 };
    await app.get(ConfigStore).update({
      plans: [
        { name: 'media', source: 'files', ...plan },
        { name: 'both', source: 'full', ...plan },
        { name: 'native', engine: 'native', interval_minutes: 60 },
      ],
    });
    for (const { name } of app.get(ConfigStore).get().plans!) {
      const job = await app.get(CaptureOperation).request({ plan: name, trigger: { type: 'manual' } });
      await app.get(JobQueue).whenFinished(job.id);
    }
    await app.close();
  });
  afterAll(() => bench.close());

  const call = (...args: string[]) => bench.run(args, { ...bench.env, BACKUP_FILE_ROOTS: bench.path('uploads') });

  it('puts them elsewhere, into a folder that nobody had to allow', async () => {
    expect(await call('restore', 'newest:media', '--to', bench.path('elsewhere'), '--yes')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/: 1 file, in /) as unknown,
    });
    expect(await text('elsewhere', 'a.txt')).toBe('first');
    expect(await call('restore', 'newest:media', '--to', bench.path('elsewhere'), '--yes')).toMatchObject({ code: 2 });
  });

  it('brings a database and its files back on a machine that has neither', async () => {
    await rm(bench.path('app.sqlite'));
    await rm(bench.path('uploads'), { recursive: true });
    expect(await call('restore', 'newest:both', '--yes')).toMatchObject({ code: 0 });
    expect(bench.table('users')).toContainEqual({ id: 1, email: 'a@example.com' });
    expect(await text('uploads', 'a.txt')).toBe('first');
  });

  it('brings a database in its own form back into a file that is not there', async () => {
    await rm(bench.path('app.sqlite'));
    expect(await call('restore', 'newest:native', '--yes')).toMatchObject({ code: 0 });
    expect(bench.table('users')).toContainEqual({ id: 1, email: 'a@example.com' });
  });
});
