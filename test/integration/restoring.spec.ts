import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CaptureOperation,
  Catalog,
  CleanupOperation,
  JobQueue,
  RestoreOperation,
  type RestoreChoices,
} from '../../src/backup/internals.js';
import { type Job } from '../../src/backup/index.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import { presented as toldOverHttp } from '../../src/backup/http/advice.js';
import { MaintenanceMode } from '../../src/backup/operations/maintenance.js';
import { ManualClock } from '../../src/backup/system/manual-clock.js';
import { presented as toldByTheCommandLine } from '../../src/cli/advice.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';

let clock: ManualClock;
let app: BackupApp;
let id: string;

beforeEach(async () => {
  clock = new ManualClock('2026-01-01T10:00:00.000Z');
  app = await startBackupApp({ clock });
  app.sql("INSERT INTO users (email) VALUES ('before@example.com')");
  const job = await app.get(CaptureOperation).request({ trigger: { type: 'manual' } });
  id = (await app.get(JobQueue).whenFinished(job.id)).snapshot_id!;
  app.sql("UPDATE users SET email = 'after@example.com'");
  clock.advance(60_000);
});
afterEach(() => app.close());

const request = (choices: Partial<RestoreChoices> = {}) =>
  app.get(RestoreOperation).request(id, { confirm: id, ...choices }, 'admin@example.com');
const restore = async (choices: Partial<RestoreChoices> = {}): Promise<Job> =>
  app.get(JobQueue).whenFinished((await request(choices)).id);
const emails = () => (app.sql('SELECT email FROM users ORDER BY id') as { email: string }[]).map(({ email }) => email);
const jobCount = async () => (await app.get(Catalog).jobs({ page: 1, page_size: 1 })).total;
const corrupt = () => writeFile(join(app.folder, 'backups', `${id}.json`), 'rotten');

describe('restore', () => {
  it('puts the data back, after a safety snapshot that undoes it', async () => {
    const job = await restore();
    expect(job).toMatchObject({
      type: 'restore',
      status: 'completed',
      stage: 'done',
      progress: 1,
      snapshot_id: id,
      requested_by: 'admin@example.com',
      result: {
        tables: { users: { rows: 1 } },
        safety_snapshot_id: 'pre_restore_20260101_100100',
        duration_ms: expect.any(Number),
        warnings: [],
      },
    });
    expect(emails()).toEqual(['before@example.com']);
    const safety = await app.get(Catalog).get('pre_restore_20260101_100100');
    expect(safety).toMatchObject({ trigger: { type: 'safety' }, description: `Before restoring ${id}` });
    id = safety.id;
    clock.advance(60_000);
    await restore();
    expect(emails()).toEqual(['after@example.com']);
  });

  it('goes through its stages in their order, whatever those of the safety snapshot are', async () => {
    const { id: job } = await request();
    const changes = await lastValueFrom(app.get(JobQueue).watch(job).pipe(toArray()));
    const stages = changes
      .map(({ stage }) => stage)
      .filter((stage, at, all) => stage !== null && stage !== all[at - 1]);
    expect(stages).toEqual(['verify', 'safety_snapshot', 'restore', 'check', 'done']);
  });

  it('restores out of an archive all the same', async () => {
    clock.advance(15 * 86_400_000);
    expect(await app.get(CleanupOperation).run(null)).toMatchObject({ archived: 1 });
    expect(await restore()).toMatchObject({ status: 'completed' });
    expect(emails()).toEqual(['before@example.com']);
  });

  it('leaves a trace when the safety snapshot is skipped', async () => {
    const job = await restore({ skipSafetySnapshot: true });
    expect(job.result).toMatchObject({
      safety_snapshot_id: null,
      warnings: [expect.stringContaining('No safety snapshot')],
    });
    expect((await app.get(Catalog).all()).length).toBe(1);
    expect(emails()).toEqual(['before@example.com']);
  });

  it.each<[string, string, Partial<RestoreChoices>, () => unknown]>([
    ['without the typed id', 'CONFIRMATION_REQUIRED', { confirm: 'yes' }, () => undefined],
    ['of a table that it does not hold', 'TABLE_NOT_FOUND', { tables: ['users', 'toString'] }, () => undefined],
    ['of rotten bytes', 'SNAPSHOT_CORRUPT', {}, () => corrupt()],
    [
      'into another schema',
      'SCHEMA_MISMATCH',
      {},
      () => app.sql('ALTER TABLE users ADD COLUMN age INTEGER NOT NULL DEFAULT 1'),
    ],
  ])('is refused %s before anybody is told that it has begun', async (_, code, choices, prepare) => {
    await prepare();
    const before = await jobCount();
    await expect(request(choices)).rejects.toMatchObject({ code });
    expect(await jobCount()).toBe(before);
    expect(emails()).toEqual(['after@example.com']);
    expect((await app.get(Catalog).all()).length).toBe(1);
  });

  it('names the differences of the schema', async () => {
    app.sql('ALTER TABLE users ADD COLUMN age INTEGER NOT NULL DEFAULT 1');
    await expect(request()).rejects.toMatchObject({
      details: { differences: [expect.objectContaining({ table: 'users', column: 'age' })] },
    });
    expect(await restore({ allowSchemaChanges: true })).toMatchObject({ status: 'completed' });
    expect(app.sql('SELECT email, age FROM users')).toEqual([{ email: 'before@example.com', age: 1 }]);
  });

  it('does not begin when the safety snapshot fails, and says how to go without', async () => {
    const engine = app.get(JsonEngine);
    engine.capture = () =>
      Promise.reject(Object.assign(new Error('database disk image is malformed'), { code: 'SQLITE_CORRUPT' }));
    const job = await restore();
    expect(job).toMatchObject({
      status: 'failed',
      stage: 'safety_snapshot',
      error: { error_code: 'DATABASE_UNAVAILABLE', advice: ['skip_safety_snapshot'] },
    });
    // The record keeps the name; each face tells a past failure in its words.
    expect(job.error!.message).toMatch(/nothing was changed.*malformed\S*$/);
    expect(toldOverHttp(job).error!.message).toMatch(/nothing was changed.*malformed.*"skip_safety_snapshot": true/);
    expect(toldByTheCommandLine(job).error!.message).toMatch(/nothing was changed.*malformed.*add --no-safety/);
    expect(emails()).toEqual(['after@example.com']);
    expect(await restore({ skipSafetySnapshot: true })).toMatchObject({ status: 'completed' });
  });

  it('leaves maintenance mode and says that it rolled back when the engine fails', async () => {
    let during = false;
    app.get(JsonEngine).restore = () => {
      during = app.get(MaintenanceMode).isActive;
      return Promise.reject(new Error('no'));
    };
    expect(await restore()).toMatchObject({
      status: 'failed',
      stage: 'rolled_back',
      error: { error_code: 'ENGINE_FAILED' },
    });
    expect(during).toBe(true);
    expect(app.get(MaintenanceMode).isActive).toBe(false);
  });

  it('is undone when the snapshot is damaged before its turn comes', async () => {
    let release = (): void => undefined;
    const held = new Promise<null>((resolve) => (release = () => resolve(null)));
    await app.get(JobQueue).submit({ type: 'capture', lane: 'source', run: () => held });
    const job = await request();
    await corrupt();
    release();
    expect(await app.get(JobQueue).whenFinished(job.id)).toMatchObject({
      status: 'failed',
      stage: 'rolled_back',
      error: { error_code: 'SNAPSHOT_CORRUPT' },
    });
    expect(emails()).toEqual(['after@example.com']);
  });

  it('turns other requests away while it replaces data; job routes go on', async () => {
    const engine = app.get(JsonEngine);
    let reached = (): void => undefined;
    const atRestore = new Promise<void>((resolve) => (reached = resolve));
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    engine.restore = async () => {
      reached();
      await held;
      return { tables: {}, warnings: [] };
    };
    await app.app.listen(0, '127.0.0.1');
    const http = supertest(await app.app.getUrl());
    const waiting = http
      .post(`/admin/database/backups/${id}/restore?wait=true`)
      .send({ confirm: id })
      .then((answer) => answer);
    await atRestore;
    const refused = await http.get('/admin/database/backups');
    expect([refused.status, refused.body.error_code, refused.headers['retry-after']]).toEqual([
      503,
      'MAINTENANCE',
      '5',
    ]);
    expect((await http.get('/nothing/here')).status).toBe(503);
    expect((await http.get('/')).status).toBe(503);
    const jobs = await http.get('/admin/database/backups/jobs');
    expect([jobs.status, jobs.body.items[0].stage]).toEqual([200, 'restore']);
    release();
    expect((await waiting).status).toBe(200);
    expect((await http.get('/admin/database/backups')).status).toBe(200);
  });
});
