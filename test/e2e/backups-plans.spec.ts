import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/backup/model/job.js';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { BackupsClient, error, invalid } from '../support/backups-client.js';
import { startHostApp, type HostApp } from '../support/host-app.js';

const PLANS = [
  { name: 'main', tables: ['users'], interval_minutes: 60, keep_last: 2 },
  { name: 'nightly', schedule: '0 2 * * *', time_zone: 'Europe/Moscow', enabled: false },
];

describe('plans and health', () => {
  let host: HostApp;
  let backups: BackupsClient;

  beforeAll(async () => {
    host = await startHostApp();
    backups = new BackupsClient(host);
    await backups.put('/config', { plans: PLANS, min_keep: 1 }).expect(200);
  });
  afterAll(() => host.close());

  it('are settings like the others', async () => {
    expect((await backups.get('/config').expect(200)).body).toMatchObject({ plans: PLANS });
    const { body } = await backups.put('/config', { plans: [{ name: 'x', schedule: 'often' }] }).expect(400);
    expect(body).toMatchObject({ error_code: 'CONFIG_INVALID', errors: [{ field: 'plans[0].schedule' }] });
    const files = { name: 'x', source: 'files', paths: ['/etc'], interval_minutes: 5 };
    const refused = await backups.put('/config', { plans: [files] }).expect(400);
    expect(refused.body).toMatchObject({ errors: [{ field: 'plans[0].paths' }] });
    expect((await backups.get('/config').expect(200)).body).toMatchObject({ plans: PLANS });
  });

  it('run one at a time, several or all of them when asked', async () => {
    expect((await backups.post('?wait=true').expect(201)).body).toMatchObject({ plan: 'main' });
    expect((await backups.post('?wait=true', { plan: 'nightly' }).expect(201)).body).toMatchObject({ plan: 'nightly' });
    const all = (await backups.post('?wait=true', { plans: 'all' }).expect(201)).body as Snapshot[];
    expect(all.map(({ plan }) => plan)).toEqual(['main', 'nightly']);
    const jobs = (await backups.post('', { plans: ['nightly'] }).expect(202)).body as Job[];
    expect(jobs).toMatchObject([{ type: 'capture', plan: 'nightly' }]);
  });

  it('refuse what does not fit together', async () => {
    expect((await backups.post('', { plans: ['main', 'no'] }).expect(404)).body).toEqual(error(404, 'PLAN_NOT_FOUND'));
    expect((await backups.post('', { plans: ['main'], plan: 'main' }).expect(400)).body).toEqual(invalid('plans'));
    for (const plans of [[], 'some', ['main', 'main'], [5]])
      expect((await backups.post('', { plans }).expect(400)).body).toEqual(invalid('plans'));
  });

  it('keep at most so many', async () => {
    for (let n = 0; n < 3; n++) await backups.post('?wait=true', { plan: 'main' }).expect(201);
    await backups.post('/cleanup').expect(200);
    const { body } = await backups.get('?plan=main').expect(200);
    expect((body as { total: number }).total).toBe(2);
  });

  it('tell how they are, and why', async () => {
    const { body } = await backups.get('/health').expect(200);
    expect(body).toMatchObject({
      status: 'warning', // this application runs without timers
      reasons: [expect.stringContaining('This process takes no backups by itself')],
      plans: [
        { plan: 'main', status: 'healthy', reasons: [], newest: { is_valid: null }, snapshots: { count: 2 } },
        { plan: 'nightly', enabled: false, status: 'healthy' },
      ],
      configuration: { plans: PLANS },
    });
    const { storage } = body as { storage: Record<string, number> };
    expect(storage['used_bytes']).toBeGreaterThan(0);
    expect(storage['free_bytes']).toBeGreaterThan(storage['needed_bytes']!);
  });

  it('tell it of one plan, with its next run', async () => {
    const { body } = await backups.get('/status?plan=nightly').expect(200);
    expect(body).toMatchObject({
      plans: [{ plan: 'nightly', every: '0 2 * * * (Europe/Moscow)', last_status: 'completed', next_run: null }],
      running_job: null,
      running_jobs: [],
    });
    expect((await backups.get('/status').expect(200)).body).toMatchObject({
      plans: [{ plan: 'main' }, { plan: 'nightly' }],
    });
    expect((await backups.get('/status?plan=no').expect(404)).body).toEqual(error(404, 'PLAN_NOT_FOUND'));
  });

  it('notice a newest backup that is damaged or gone', async () => {
    const snapshot = await backups.capture({ plan: 'main' });
    await writeFile(join(host.folder, 'backups', snapshot.filename), 'rotten');
    const health = async () => (await backups.get('/health').expect(200)).body as { status: string; reasons: string[] };
    expect((await health()).reasons).toContainEqual(expect.stringMatching(/Plan main: .* 6 bytes instead of \d+/));
    await backups.post(`/${snapshot.id}/verify`).expect(200);
    expect(await health()).toMatchObject({ status: 'critical' });
    await rm(join(host.folder, 'backups', snapshot.filename));
    expect((await health()).reasons).toContainEqual(expect.stringMatching(/document .* is missing/));
  });
});
