import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CaptureOperation,
  Catalog,
  CleanupOperation,
  ConfigStore,
  ExtractOperation,
  HealthQuery,
  JobQueue,
  RemoveOperation,
  RestoreOperation,
  VerifyOperation,
  type RestoreChoices,
} from '../../src/backup/internals.js';
import { type Job, type Snapshot } from '../../src/backup/index.js';
import { FilesEngine } from '../../src/backup/engines/files/files.engine.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';

const MINUTE = 60_000;
let folder: string;
let uploads: string;
let clock: ManualClock;
let app: BackupApp;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-'));
  uploads = join(folder, 'uploads');
  await mkdir(join(uploads, 'images'), { recursive: true });
  await writeFile(join(uploads, 'images', 'a.txt'), 'first');
  await writeFile(join(uploads, 'notes.tmp'), 'left out');
  clock = new ManualClock('2026-01-30T12:00:00.000Z');
  app = await startBackupApp({ folder, clock, options: { fileRoots: [uploads, join(folder, 'elsewhere')] } });
  app.sql("INSERT INTO users VALUES (1, 'a@example.com')");
  const files = { paths: [uploads], exclude: ['**/*.tmp'], interval_minutes: 60 };
  await app.get(ConfigStore).update({
    min_keep: 1,
    plans: [
      { name: 'media', source: 'files', ...files },
      { name: 'both', source: 'full', ...files, keep_last: 1 },
      { name: 'native', engine: 'native', interval_minutes: 60 },
    ],
  });
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(plan: string): Promise<Job> {
  clock.advance(MINUTE);
  const job = await app.get(CaptureOperation).request({ plan, trigger: { type: 'scheduled' } });
  return app.get(JobQueue).whenFinished(job.id);
}

async function take(plan: string): Promise<Snapshot> {
  const { snapshot_id, error } = await run(plan);
  expect(error).toBeNull();
  return app.get(Catalog).get(snapshot_id!);
}

async function restore(id: string, choices: Partial<RestoreChoices> = {}): Promise<Job> {
  clock.advance(MINUTE);
  const job = await app.get(RestoreOperation).request(id, { confirm: id, ...choices }, null);
  return app.get(JobQueue).whenFinished(job.id);
}

const image = (): Promise<string> => readFile(join(uploads, 'images', 'a.txt'), 'utf8');
const email = (): unknown => app.sql('SELECT email FROM users');

describe('folders that are suddenly empty', () => {
  it('are captured and flagged, by timers as long as it lasts, until a person asks for a snapshot', async () => {
    const health = async () => (await app.get(HealthQuery).health()).plans.find(({ plan }) => plan === 'media')!;
    const before = await take('media');
    await rm(join(uploads, 'images'), { recursive: true });
    const emptied = await take('media');
    expect(emptied.warnings).toMatchObject([{ code: 'lost_files', message: expect.stringContaining(before.id) }]);
    expect((await take('media')).warnings).toHaveLength(1);
    expect(await health()).toMatchObject({
      status: 'caution',
      reasons: [expect.stringContaining('All 1 files')],
    });
    clock.advance(MINUTE);
    const asked = await app.get(CaptureOperation).request({ plan: 'media', trigger: { type: 'manual' } });
    await app.get(JobQueue).whenFinished(asked.id);
    expect(await health()).toMatchObject({ status: 'healthy' });
  });

  it('are none where the plan captures others now', async () => {
    await take('media');
    await mkdir(join(folder, 'elsewhere'));
    await app.get(ConfigStore).update({
      plans: [{ name: 'media', source: 'files', paths: [join(folder, 'elsewhere')], interval_minutes: 60 }],
    });
    expect((await take('media')).warnings).toEqual([]);
  });
});

describe('a plan of files', () => {
  it('captures, restores in place with a safety snapshot, and undoes that', async () => {
    const first = await take('media');
    expect(first).toMatchObject({ id: 'media_backup_20260130_120100', source: 'files', engine: 'files', kind: 'full' });
    expect(execFileSync('tar', ['-tzf', join(folder, 'backups', first.filename)], { encoding: 'utf8' })).toContain(
      'a.txt',
    );
    await writeFile(join(uploads, 'images', 'a.txt'), 'second');
    const second = await take('media');
    expect(second).toMatchObject({ kind: 'differential', base: first.id });

    const job = await restore(first.id);
    expect(job).toMatchObject({ status: 'completed', result: { files: { files: 1 }, tables: {} } });
    expect(await image()).toBe('first');
    expect(await readFile(join(uploads, 'notes.tmp'), 'utf8')).toBe('left out'); // never captured, so never touched
    await restore(job.result!['safety_snapshot_id'] as string);
    expect(await image()).toBe('second');
    expect(await readdir(folder)).toEqual(expect.not.arrayContaining([expect.stringMatching(/staging|swap/)]));
    expect(await readdir(join(folder, 'backups'))).not.toContain('.files-restore.json');
  });

  it('restores elsewhere, inside what is allowed', async () => {
    const { id } = await take('media');
    await writeFile(join(uploads, 'images', 'a.txt'), 'live');
    const job = await restore(id, { to: join(folder, 'elsewhere', 'copy') });
    expect(job).toMatchObject({ status: 'completed', result: { safety_snapshot_id: null, warnings: [] } });
    expect(await readFile(join(folder, 'elsewhere', 'copy', 'images', 'a.txt'), 'utf8')).toBe('first');
    expect(await image()).toBe('live');
    await expect(restore(id, { to: join(folder, 'outside') })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('replaces nothing elsewhere, which no safety snapshot holds', async () => {
    const { id } = await take('media');
    const copy = join(folder, 'elsewhere', 'copy');
    await mkdir(copy, { recursive: true });
    await writeFile(join(copy, 'other.txt'), 'of somebody else');
    await expect(restore(id, { to: copy })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(restore(id, { to: uploads })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await rm(join(copy, 'other.txt'));
    expect(await restore(id, { to: copy })).toMatchObject({ status: 'completed' });
  });

  it('can be undone although the plan leaves more out by now', async () => {
    const { id } = await take('media');
    await writeFile(join(uploads, 'images', 'a.txt'), 'later');
    const files = { paths: [uploads], exclude: ['images/**'], interval_minutes: 60 };
    await app.get(ConfigStore).update({ plans: [{ name: 'media', source: 'files', ...files }] });
    const { result } = await restore(id);
    expect(await image()).toBe('first');
    await restore(result!['safety_snapshot_id'] as string);
    expect(await image()).toBe('later');
  });

  it('ends an earlier restore elsewhere before it begins another', async () => {
    const { id } = await take('media');
    await writeFile(
      join(folder, 'backups', '.files-restore.json'),
      JSON.stringify({ pid: process.pid, targets: [join(folder, 'elsewhere', 'first')] }),
    );
    const recovered = vi.spyOn(app.get(FilesEngine), 'recover');
    expect(await restore(id)).toMatchObject({ status: 'completed' });
    expect(recovered.mock.calls.map(([targets]) => targets)).toEqual([[join(folder, 'elsewhere', 'first')]]);
  });

  it('never holds the live database or the settings', async () => {
    const plans = [{ name: 'media', source: 'files', paths: [folder], interval_minutes: 60 }];
    await expect(app.get(ConfigStore).update({ plans })).rejects.toMatchObject({
      details: { errors: [{ field: 'plans[0].paths', message: expect.stringContaining('live database') as string }] },
    });
  });

  it('follows no link out of what is allowed', async () => {
    await symlink(folder, join(uploads, 'out'));
    await app.get(ConfigStore).update({
      plans: [{ name: 'media', source: 'files', paths: [join(uploads, 'out')], interval_minutes: 60 }],
    });
    expect(await run('media')).toMatchObject({ status: 'failed', error: { error_code: 'CONFIG_INVALID' } });
  });

  it('verifies, downloads whole, and has no tables', async () => {
    await take('media');
    await writeFile(join(uploads, 'images', 'b.txt'), 'more');
    const { id } = await take('media');
    expect(await app.get(VerifyOperation).verify(id, null)).toMatchObject({ is_valid: true });
    const { stream, filename } = await app.get(ExtractOperation).document(id);
    const copy = join(folder, filename);
    await writeFile(copy, stream);
    const listed = execFileSync('tar', ['-tzf', copy], { encoding: 'utf8' });
    expect(listed).toContain('a.txt');
    expect(listed).toContain('b.txt');
    await expect(app.get(ExtractOperation).table(id, 'users', 0, 1)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    await expect(restore(id, { tables: ['users'] })).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
  });

  it('is archived and restored from its archive like any other', async () => {
    const first = await take('media');
    await writeFile(join(uploads, 'images', 'a.txt'), 'second');
    const second = await take('media');
    await writeFile(join(uploads, 'images', 'a.txt'), 'third');
    clock.advance(20 * 24 * 60 * MINUTE);
    await app.get(CleanupOperation).run(null);
    expect(await app.get(Catalog).get(second.id)).toMatchObject({ location: 'archived' });
    expect(await restore(second.id)).toMatchObject({ status: 'completed' });
    expect(await image()).toBe('second');
    expect(await app.get(VerifyOperation).verify(first.id, null)).toMatchObject({ is_valid: true });
  });
});

describe('a plan of both', () => {
  it('is one snapshot of two parts, restored and undone together', async () => {
    const whole = await take('both');
    const parts = await app.get(Catalog).partsOf(whole.id);
    expect(whole).toMatchObject({ id: 'both_backup_20260130_120100', source: 'full', part_of: null });
    expect(parts).toEqual(['both_backup_database_20260130_120100', 'both_backup_files_20260130_120100']);
    const document = JSON.parse(await readFile(join(folder, 'backups', whole.filename), 'utf8')) as unknown;
    expect(document).toMatchObject({
      format: 'nestjs-backup/full',
      parts: [{ source: 'database' }, { source: 'files' }],
    });

    app.sql("UPDATE users SET email = 'later'");
    await writeFile(join(uploads, 'images', 'a.txt'), 'later');
    const job = await restore(whole.id);
    expect(job).toMatchObject({ status: 'completed', result: { tables: { users: { rows: 1 } }, files: { files: 1 } } });
    expect([await image(), email()]).toEqual(['first', [{ email: 'a@example.com' }]]);
    await restore(job.result!['safety_snapshot_id'] as string);
    expect([await image(), email()]).toEqual(['later', [{ email: 'later' }]]);
  });

  it('fails as a whole when a part fails, and keeps the part that was good', async () => {
    await rm(uploads, { recursive: true });
    const job = await run('both');
    expect(job).toMatchObject({ status: 'failed', snapshot_id: null });
    expect(job.error!.message).toMatch(/^Could not capture the files.*kept: both_backup_database_/s);
    expect(await app.get(Catalog).all()).toMatchObject([{ source: 'database', plan: 'both' }]);
    const { plans } = await app.get(HealthQuery).health();
    expect(plans.find(({ plan }) => plan === 'both')).toMatchObject({ newest: null, status: 'caution' });
  });

  it('is deleted with its parts, which cannot go alone', async () => {
    const whole = await take('both');
    const [database] = await app.get(Catalog).partsOf(whole.id);
    const remove = app.get(RemoveOperation);
    await expect(remove.remove(database!, null)).rejects.toMatchObject({ code: 'SNAPSHOT_IN_USE' });
    await app.get(Catalog).annotate(database!, { pinned: true });
    await expect(remove.remove(whole.id, null)).rejects.toMatchObject({ code: 'SNAPSHOT_PINNED' });
    await app.get(Catalog).annotate(database!, { pinned: false });
    await remove.remove(whole.id, null);
    expect(await app.get(Catalog).all()).toEqual([]);
  });

  it('counts as one, and expires as one', async () => {
    await take('both');
    clock.advance(24 * 60 * MINUTE);
    const newest = await take('both');
    await app.get(CleanupOperation).run(null);
    const left = await app.get(Catalog).all();
    expect(left.map(({ id, part_of }) => part_of ?? id)).toEqual([newest.id, newest.id, newest.id]);
  });

  it('is as sound as its parts', async () => {
    const whole = await take('both');
    const [database] = await app.get(Catalog).partsOf(whole.id);
    await writeFile(join(folder, 'backups', `${database}.json`), 'rotten');
    expect(await app.get(VerifyOperation).verify(whole.id, null)).toMatchObject({
      is_valid: false,
      message: expect.stringContaining(database!) as string,
    });
    await expect(restore(whole.id)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    const { plans } = await app.get(HealthQuery).health();
    expect(plans.find(({ plan }) => plan === 'both')).toMatchObject({ status: 'critical' });
  });

  it('is in no better health than a part that was verified by itself', async () => {
    const whole = await take('both');
    const [database] = await app.get(Catalog).partsOf(whole.id);
    await app.get(Catalog).recordVerification(database!, false, clock.now());
    const { plans } = await app.get(HealthQuery).health();
    expect(plans.find(({ plan }) => plan === 'both')).toMatchObject({
      status: 'critical',
      reasons: [expect.stringMatching(/needs both_backup_database_.* found damaged/)],
    });
  });

  it('is known to be there behind however many that failed', async () => {
    const { id } = await take('both');
    const [database] = await app.get(Catalog).partsOf(id);
    const part = await app.get(Catalog).get(database!);
    for (let n = 0; n < 25; n++) {
      const created_at = new Date(clock.now().getTime() + n).toISOString();
      await app.get(Catalog).addSnapshot({ ...part, id: `lonely_${n}`, part_of: 'never_made', created_at });
    }
    const { plans } = await app.get(HealthQuery).health();
    expect(plans.find(({ plan }) => plan === 'both')).toMatchObject({ newest: { id }, status: 'healthy' });
  });

  it('is expected only from when its plan was made', async () => {
    clock.advance(30 * 24 * 60 * MINUTE);
    await app.get(ConfigStore).update({ plans: [{ name: 'weekly', schedule: '0 3 * * 0' }] });
    const status = async () => (await app.get(HealthQuery).health()).plans[0]!.status;
    expect(await status()).toBe('caution');
    clock.advance(8 * 24 * 60 * MINUTE);
    expect(await status()).toBe('critical');
  });

  it('survives the loss of the catalog', async () => {
    const whole = await take('both');
    await app.close();
    await rm(join(folder, 'backups', 'catalog.sqlite'));
    app = await startBackupApp({ folder, clock, options: { fileRoots: [uploads] } });
    expect(await app.get(Catalog).partsOf(whole.id)).toHaveLength(2);
    expect(await restore(whole.id)).toMatchObject({ status: 'completed' });
  });
});

describe('a plan of the native engine', () => {
  it('captures a copy of the file, restores it with a safety snapshot of the same kind, and undoes that', async () => {
    const snapshot = await take('native');
    expect(snapshot).toMatchObject({ engine: 'native', kind: 'full', filename: 'native_backup_20260130_120100.db' });
    app.sql("UPDATE users SET email = 'later'");
    app.sql('CREATE TABLE newer (x)');
    const job = await restore(snapshot.id, { allowSchemaChanges: true });
    expect(job).toMatchObject({ status: 'completed' });
    expect(email()).toEqual([{ email: 'a@example.com' }]);
    const safety = await app.get(Catalog).get(job.result!['safety_snapshot_id'] as string);
    expect(safety.filename).toMatch(/^pre_restore_.*\.db$/);
    expect(await app.get(VerifyOperation).verify(snapshot.id, null)).toMatchObject({ is_valid: true });
    await expect(app.get(ExtractOperation).table(snapshot.id, 'users', 0, 1)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});
