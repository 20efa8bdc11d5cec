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
    expect((await backups.health()).reasons).toEqual([expect.stringContaining('its option "triggers" is false')]);
    expect((await backups.stats()).regular.count).toBe(1);
  });

  it('throw what went wrong', async () => {
    expect(await codeOf(backups.capture({ plan: 'none' }))).toBe('PLAN_NOT_FOUND');
    expect(await codeOf(backups.restore('auto_backup_20260101_000000'))).toBe('SNAPSHOT_NOT_FOUND');
  });

  it('refuse what they do not know, since it may have been meant to restrict them', async () => {
    const { id } = await backups.capture();
    app.sql("INSERT INTO users VALUES (2, 'lin@example.com')");
    const wrong: Record<string, unknown>[] = [{ tabels: ['users'] }, { tables: [] }, { skipSafetySnapshot: 'false' }];
    for (const options of wrong) {
      const restored = backups.restore(id, options);
      await expect(restored).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
      await expect(restored).rejects.toThrow(`Backups.restore(): "${Object.keys(options)[0]}" `);
    }
    expect(app.sql('SELECT id FROM users')).toHaveLength(2);
    const untyped = backups as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>;
    for (const [method, ...given] of [
      ['capture', 'Before the migration'],
      ['capture', { signal: 5 }],
      ['capture', null],
      ['cleanup', { dryRun: true }],
      ['list', { page: 0 }],
      ['list', { pageSize: 5 }],
      ['newest', { from: '2026-01-01' }],
      ['rows', id, 'users', { limit: -1 }],
      ['annotate', id, { pined: true }],
      ['verify', id, 'me'],
      ['remove', id, { requested_by: 'me' }],
    ] as [string, ...unknown[]][])
      expect(await codeOf(untyped[method]!(...given))).toBe('VALIDATION_FAILED');
    for (const method of ['get', 'verify', 'diff', 'restore', 'extract', 'rows', 'remove'])
      expect(await codeOf(untyped[method]!(undefined, ...(method === 'rows' ? ['users'] : [])))).toBe(
        'SNAPSHOT_NOT_FOUND',
      );
    expect(() => backups.on('backup.finished' as 'backup.failed', () => undefined)).toThrow('backup.completed');
  });

  it('find snapshots by times with any offset', async () => {
    const { created_at } = await backups.capture();
    const inTokyo = (ms: number) =>
      new Date(Date.parse(created_at) + 9 * 3_600_000 + ms).toISOString().replace('Z', '+09:00');
    expect((await backups.list({ from: inTokyo(-1000), to: inTokyo(1000) })).total).toBe(1);
    expect((await backups.list({ from: inTokyo(1000) })).total).toBe(0);
    expect(await codeOf(backups.newest({ to: inTokyo(-1000) }))).toBe('SNAPSHOT_NOT_FOUND');
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
    const reason = new Error('too late');
    ended.abort(reason);
    for (const late of [
      () => backups.capture({ signal: ended.signal }),
      () => backups.restore('auto_backup_20260101_000000', { signal: ended.signal }),
      () => backups.diff('auto_backup_20260101_000000', 'now', { signal: ended.signal }),
    ])
      await expect(late()).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
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
