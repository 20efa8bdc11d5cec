import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackupError, Backups, type Job } from '../../src/backup/index.js';
import { JobQueue } from '../../src/backup/operations/job.queue.js';
import { startBackupApp, type BackupApp } from '../support/backup-app.js';
import { eventually } from '../support/eventually.js';

const codeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof BackupError ? error.code : error),
  );

describe('backups from the code of an application', () => {
  let app: BackupApp;
  let backups: Backups;

  beforeEach(async () => {
    app = await startBackupApp();
    app.sql("INSERT INTO users VALUES (1, 'ida@example.com')");
    backups = app.get(Backups);
  });
  afterEach(() => app.close());

  it('are taken, found, compared, read, restored and deleted', async () => {
    const taken = await backups.capture({ description: 'Before the migration', requestedBy: 'deploy' });
    expect(taken).toMatchObject({ description: 'Before the migration', trigger: { type: 'manual' } });
    expect((await backups.list({ q: 'migration' })).items).toEqual([taken]);
    expect(await backups.get(taken.id)).toEqual(taken);
    expect(await backups.newest()).toEqual(taken);
    expect(await backups.verify(taken.id)).toMatchObject({ is_valid: true });

    app.sql("INSERT INTO users VALUES (2, 'lin@example.com')");
    expect((await backups.diff(taken.id)).tables).toMatchObject([{ table: 'users', inserted: 1 }]);
    expect(JSON.parse(await text((await backups.extract(taken.id)).stream))).toHaveProperty('tables');
    expect(JSON.parse(await text(await backups.rows(taken.id, 'users')))).toMatchObject({
      rows: [{ id: 1 }],
      total: 1,
    });

    const restored = await backups.restore(taken.id);
    expect(restored).toMatchObject({ tables: { users: { rows: 1 } }, safety_snapshot_id: expect.any(String) });
    expect(app.sql('SELECT id FROM users')).toEqual([{ id: 1 }]);

    await backups.annotate(taken.id, { pinned: true });
    expect(await codeOf(backups.remove(taken.id))).toBe('SNAPSHOT_PINNED');
    await backups.remove(restored.safety_snapshot_id!);
    expect(await codeOf(backups.get(restored.safety_snapshot_id!))).toBe('SNAPSHOT_NOT_FOUND');
    expect(await backups.cleanupPreview()).toMatchObject({ deleted: 0 });
    expect(await backups.cleanup()).toMatchObject({ deleted: 0 });
    expect((await backups.health()).status).toEqual(expect.any(String));
    expect((await backups.stats()).regular.count).toBe(1);
  });

  it('throw what went wrong', async () => {
    expect(await codeOf(backups.capture({ plan: 'none' }))).toBe('PLAN_NOT_FOUND');
    expect(await codeOf(backups.restore('auto_backup_20260101_000000'))).toBe('SNAPSHOT_NOT_FOUND');
  });

  it('end with their signal', async () => {
    const stopping = new AbortController();
    const others = app.get(JobQueue);
    const taking = codeOf(backups.capture({ signal: stopping.signal }));
    await eventually(() => others.unfinished('capture').length === 1);
    stopping.abort();
    expect(await taking).toBe('CANCELLED');
    expect(await backups.list()).toMatchObject({ items: [] });
    const ended = new AbortController();
    ended.abort(new Error('too late'));
    await expect(backups.capture({ signal: ended.signal })).rejects.toThrow('too late');
  });

  it('tell what they finish, and are not troubled by who listens', async () => {
    const completed: Job[] = [];
    const failed: BackupError[] = [];
    backups.on('backup.completed', () => {
      throw new Error('mine');
    });
    const stop = backups.on('backup.completed', ({ job }) => completed.push(job));
    backups.on('restore.failed', ({ error }) => failed.push(error));
    const { id } = await backups.capture();
    expect(completed).toEqual([expect.objectContaining({ snapshot_id: id, status: 'completed' })]);
    stop();
    await backups.capture();
    expect(completed).toHaveLength(1);
    expect(failed).toEqual([]);
  });
});
