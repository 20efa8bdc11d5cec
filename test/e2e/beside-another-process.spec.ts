import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/backup/model/job.js';
import { BackupProcess } from '../support/backup-process.js';
import { BackupsClient, error } from '../support/backups-client.js';
import { eventually } from '../support/eventually.js';
import { startHostApp, type HostApp } from '../support/host-app.js';

describe('a server beside another process', () => {
  let folder: string;
  let host: HostApp;
  let backups: BackupsClient;
  let other: BackupProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'beside-'));
    host = await startHostApp({}, folder);
    backups = new BackupsClient(host);
    other = await BackupProcess.start(folder);
  });
  afterAll(async () => {
    await other.kill();
    await host.close();
    await rm(folder, { recursive: true, force: true });
  });

  const job = async (id: string) => (await backups.get(`/jobs/${id}`).expect(200)).body as Job;
  const me = async () => (await host.http.get('/users/me').auth(host.adminToken, { type: 'bearer' })).status;

  it('goes by the settings that it writes, and neither loses what the other changed', async () => {
    await other.settings({ retention_days: 61 });
    expect((await backups.put('/config', { min_keep: 7 }).expect(200)).body).toMatchObject({
      retention_days: 61,
      min_keep: 7,
    });
    await other.settings({ backup_interval_minutes: 25 });
    const seen = await eventually(async () => {
      const { body } = await backups.get('/config').expect(200);
      return (body as { backup_interval_minutes: number }).backup_interval_minutes === 25 && body;
    });
    expect(seen).toMatchObject({ retention_days: 61, min_keep: 7 });
    expect(await other.settings()).toEqual(seen);
  });

  it('shows its jobs, waits for them, and leaves it to it to cancel them', async () => {
    await other.pauseAt('captured');
    const capturing = other.capture();
    await other.hasTold('captured');
    const [theirs] = ((await backups.get('/jobs').expect(200)).body as { items: Job[] }).items;
    expect(await job(theirs!.id)).toMatchObject({ type: 'capture', status: 'running', error: null });
    const refused = await backups.delete(`/jobs/${theirs!.id}`).expect(409);
    expect(refused.body).toEqual(error(409, 'JOB_NOT_CANCELLABLE'));

    const ours = (await backups.post('/', {}).expect(202)).body as Job;
    await eventually(async () => (await job(ours.id)).stage);
    expect(await job(ours.id)).toMatchObject({
      status: 'pending',
      stage: `waiting for the capture of process ${other.pid}`,
    });
    await other.goOn();
    await other.pauseAt(null);
    const taken = await capturing;
    const done = await eventually(async () => {
      const now = await job(ours.id);
      return now.status !== 'pending' && now.status !== 'running' && now;
    });
    expect(done).toMatchObject({ status: 'completed', error: null });
    expect(await job(theirs!.id)).toEqual(taken);
    const listed = (await backups.get('/list').expect(200)).body as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual([done.snapshot_id, taken.snapshot_id]);
  });

  it('turns requests away while it restores, and not for longer', async () => {
    const { id } = await backups.capture();
    expect(await me()).toBe(200);
    await other.pauseAt('restoring');
    const restoring = other.restore(id);
    await other.hasTold('restoring');
    expect(await me()).toBe(503);
    await host.http.get('/healthz').expect(200);
    await other.goOn();
    expect(await restoring).toMatchObject({ status: 'completed' });
    await eventually(async () => (await me()) === 200);

    const given = other.restore(id).catch((reason: unknown) => reason);
    await other.hasTold('restoring');
    expect(await me()).toBe(503);
    await other.kill();
    expect(await given).toEqual({ code: 'GONE' });
    await eventually(async () => (await me()) === 200);
    const failed = ((await backups.get('/jobs?type=restore').expect(200)).body as { items: Job[] }).items[0]!;
    expect(failed).toMatchObject({ status: 'failed', error: { error_code: 'INTERRUPTED' } });
  });
});
