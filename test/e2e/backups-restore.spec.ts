import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';

import { BackupError } from '../../src/backup/model/errors.js';
import type { Job } from '../../src/backup/model/job.js';
import { BackupsClient, error, gate } from '../support/backups-client.js';
import { ADMIN, startHostApp, type HostApp } from '../support/host-app.js';

describe('restoring', () => {
  let host: HostApp;
  let backups: BackupsClient;
  let number = 0;

  beforeAll(async () => {
    host = await startHostApp();
    backups = new BackupsClient(host);
  });
  afterAll(() => host.close());
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const register = async (): Promise<number> => {
    const person = { email: `person${++number}@example.com`, password: 'a good password', name: 'Person' };
    return ((await host.http.post('/users').send(person).expect(201)).body as { id: number }).id;
  };
  const accounts = async () =>
    (await host.app.get(DataSource).query<{ id: number }[]>('SELECT id FROM users ORDER BY id')).map(({ id }) => id);
  const jobs = async () => (await backups.get('/jobs?type=restore').expect(200)).body.total as number;

  it('puts everything back, keeps the present as a safety snapshot, and can so be undone', async () => {
    const before = await accounts();
    const snapshot = await backups.capture();
    const added = await register();
    const { body } = await backups.post(`/${snapshot.id}/restore?wait=true`, { confirm: snapshot.id }).expect(200);
    expect(body).toMatchObject({
      type: 'restore',
      status: 'completed',
      stage: 'done',
      requested_by: ADMIN.email,
      snapshot_id: snapshot.id,
    });
    expect(body.result).toMatchObject({ tables: { users: { rows: before.length } }, duration_ms: expect.any(Number) });
    expect(await accounts()).toEqual(before);
    const safety = (await backups.get(`/${body.result.safety_snapshot_id}`).expect(200)).body;
    expect(safety).toMatchObject({ trigger: { type: 'safety' }, description: `Before restoring ${snapshot.id}` });
    await backups
      .post(`/${safety.id}/restore?wait=true`, { confirm: safety.id, skip_safety_snapshot: true })
      .expect(200);
    expect(await accounts()).toEqual([...before, added]);
  });

  it('answers with a job at once, which can be followed', async () => {
    const snapshot = await backups.capture();
    const { body } = await backups
      .post(`/${snapshot.id}/restore`, { confirm: snapshot.id, skip_safety_snapshot: true })
      .expect(202);
    expect(body).toMatchObject({ type: 'restore', snapshot_id: snapshot.id });
    const { text } = await backups.get(`/jobs/${body.id}/events`).expect(200);
    const received = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as Job);
    expect(received.at(-1)).toMatchObject({ status: 'completed', stage: 'done', result: { safety_snapshot_id: null } });
  });

  it('wants the id typed, and known tables', async () => {
    const { id } = await backups.capture();
    const before = await jobs();
    for (const body of [undefined, {}, { confirm: '' }, { confirm: 'yes' }, { confirm: `${id} ` }]) {
      expect((await backups.post(`/${id}/restore`, body).expect(400)).body).toEqual(
        error(400, 'CONFIRMATION_REQUIRED', { snapshot_id: id }),
      );
    }
    expect((await backups.post(`/${id}/restore`, { confirm: id, tables: ['nothing'] }).expect(404)).body).toEqual(
      error(404, 'TABLE_NOT_FOUND'),
    );
    for (const wrong of [{ tables: [] }, { tables: 'users' }, { skip_safety_snapshot: 'true' }, { force: true }]) {
      expect((await backups.post(`/${id}/restore`, { confirm: id, ...wrong }).expect(400)).body).toMatchObject({
        error_code: 'VALIDATION_FAILED',
        errors: [{ field: Object.keys(wrong)[0] }],
      });
    }
    expect(await jobs()).toBe(before);
  });

  it('refuses a damaged snapshot before anything is touched', async () => {
    const { id, filename } = await backups.capture();
    await backups.damage(filename);
    const before = { accounts: await accounts(), jobs: await jobs() };
    expect((await backups.post(`/${id}/restore?wait=true`, { confirm: id }).expect(409)).body).toMatchObject(
      error(409, 'SNAPSHOT_CORRUPT'),
    );
    expect({ accounts: await accounts(), jobs: await jobs() }).toEqual(before);
  });

  it('refuses another schema, naming the differences', async () => {
    const { id } = await backups.capture();
    await host.app.get(DataSource).query('CREATE TABLE buses (id INTEGER PRIMARY KEY)');
    await host.app.get(DataSource).query('ALTER TABLE users ADD COLUMN phone TEXT');
    try {
      const { body } = await backups.post(`/${id}/restore`, { confirm: id }).expect(409);
      expect(body).toEqual(error(409, 'SCHEMA_MISMATCH', { differences: expect.any(Array) }));
      expect(body.differences).toContainEqual({ table: 'users', column: 'phone', difference: expect.any(String) });
    } finally {
      await host.app.get(DataSource).query('ALTER TABLE users DROP COLUMN phone');
      await host.app.get(DataSource).query('DROP TABLE buses');
    }
  });

  it('tells those who wait when it failed, with the data as it was', async () => {
    const { id } = await backups.capture();
    await register();
    const before = await accounts();
    const engine = host.app.get(JsonEngine, { strict: false });
    vi.spyOn(engine, 'restore').mockRejectedValue(new BackupError('RESTORE_MISMATCH', 'Rolled back.'));
    expect((await backups.post(`/${id}/restore?wait=true`, { confirm: id }).expect(500)).body).toMatchObject(
      error(500, 'RESTORE_MISMATCH'),
    );
    expect(await accounts()).toEqual(before);
    const { body } = await backups.get('/jobs?type=restore&page_size=1').expect(200);
    expect(body.items).toMatchObject([
      { status: 'failed', stage: 'rolled_back', error: { error_code: 'RESTORE_MISMATCH' } },
    ]);
    await host.http.get('/users/me').auth(host.adminToken, { type: 'bearer' }).expect(200);
  });

  it('turns others away meanwhile, except from the jobs and the health check', async () => {
    const { id } = await backups.capture();
    const { opened, open } = gate();
    const engine = host.app.get(JsonEngine, { strict: false });
    const entered = gate();
    vi.spyOn(engine, 'restore').mockImplementation(async (request, run) => {
      entered.open();
      await opened;
      return JsonEngine.prototype.restore.call(engine, request, run);
    });
    const { body: job } = await backups.post(`/${id}/restore`, { confirm: id, skip_safety_snapshot: true }).expect(202);
    await entered.opened;
    try {
      const refused = await host.http.get('/users/me').auth(host.adminToken, { type: 'bearer' }).expect(503);
      expect(refused.body).toEqual(error(503, 'MAINTENANCE'));
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect((await backups.get('').expect(503)).body).toEqual(error(503, 'MAINTENANCE'));
      await host.http.get('/healthz').expect(200);
      expect(await backups.job(job.id as string)).toMatchObject({ status: 'running', stage: 'restore' });
      await backups.get('/jobs').expect(200);
    } finally {
      open();
    }
    await backups.get(`/jobs/${job.id}/events`).expect(200);
    await backups.get('').expect(200);
  });

  it('leaves the stored snapshot untouched', async () => {
    const { id, filename } = await backups.capture();
    const path = join(host.folder, 'backups', filename);
    const before = await readFile(path);
    await backups.post(`/${id}/restore?wait=true`, { confirm: id, tables: ['users'] }).expect(200);
    expect((await readFile(path)).equals(before)).toBe(true);
  });
});
