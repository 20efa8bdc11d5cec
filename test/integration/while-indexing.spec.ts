import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROLE_CREATED } from '../../src/backup/index.js';
import { Catalog, type Job, JobQueue, type Snapshot } from '../../src/backup/internals.js';
import { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import type { BackupHealth } from '../../src/backup/operations/health.query.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';
import { BACKUPS } from '../support/backups-client.js';
import { eventually } from '../support/eventually.js';
import { GatedRepository } from '../support/gated-repository.js';
import { InlineEngine } from '../support/inline-engines.js';
import { daysAgo, SnapshotSeed } from '../support/planted-snapshots.js';

const YOUNG = 250;
const EXPIRED = 5;
const ALL = YOUNG + EXPIRED + 1;
const MINUTE = 60_000;

let planted: string;
let real: Snapshot;
/** The newest first; those beyond stand behind the gate. */
let ids: string[];
let folder: string;
let gate: GatedRepository;
let app: BackupApp;

beforeAll(async () => {
  planted = await mkdtemp(join(tmpdir(), 'planted-'));
  const first = await startBackupApp({ folder: planted, adjust: withEngine });
  first.sql(`INSERT INTO users (email) VALUES ('kept@example.com')`);
  const job = await first.get(JobQueue).whenFinished((await post(first, '/', {}).expect(202)).body.id as string);
  real = await first.get(Catalog).get(job.snapshot_id!);
  await first.close();
  const backups = join(planted, 'backups');
  const seed = await SnapshotSeed.read(backups, real.id);
  const taken = new Date(real.created_at).getTime();
  const young = Array.from({ length: YOUNG }, (_, age) => new Date(taken - (age + 1) * MINUTE));
  const old = Array.from({ length: EXPIRED }, (_, hour) => daysAgo(60, `0${EXPIRED - hour}:00:00`));
  const timed = YOUNG - 1; // the last one that a timer took is not among the newest
  const plants = [...young, ...old].map((at, age) =>
    seed.plant(backups, at, { type: age < timed ? 'manual' : 'scheduled' }),
  );
  ids = [real.id, ...(await Promise.all(plants))];
  for (const name of await readdir(backups)) if (name.startsWith('catalog.')) await rm(join(backups, name));
});
afterAll(() => rm(planted, { recursive: true, force: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'while-indexing-'));
  for (const part of ['backups', join('backups', 'archived')]) await mkdir(join(folder, part), { mode: 0o700 });
  for (const entry of await readdir(join(planted, 'backups'), { withFileTypes: true }))
    if (entry.isFile()) await copyFile(join(planted, 'backups', entry.name), join(folder, 'backups', entry.name));
  await writeFile(join(folder, 'backup_config.json'), JSON.stringify({ backup_interval_minutes: 1440 }));
  gate = new GatedRepository(join(folder, 'backups'), (id) => ids.indexOf(id) > 220);
  app = await startBackupApp({
    folder,
    options: { triggers: true },
    adjust: (builder) => withEngine(builder).overrideProvider(SnapshotRepository).useValue(gate),
  });
});
afterEach(async () => {
  gate.open();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

const withEngine: NonNullable<Parameters<typeof startBackupApp>[0]>['adjust'] & object = (builder) =>
  builder.overrideProvider(JsonEngine).useValue(new InlineEngine());

const server = (running: BackupApp) => request(running.app.getHttpServer());
const get = (path: string) => server(app).get(BACKUPS + path);
const post = (to: BackupApp, path: string, body: object) =>
  server(to)
    .post(BACKUPS + path)
    .send(body);
const manifests = async () => (await readdir(join(folder, 'backups'))).filter((name) => name.endsWith('.meta.json'));
const job = async (type: Job['type']): Promise<Job> =>
  eventually(() => Promise.resolve(app.get(JobQueue).unfinished(type)[0]));
const WAITS = { status: 'pending', stage: 'waiting for the index' };

describe('a server that does not know most of its snapshots yet', () => {
  it('answers, and says that it does not know all', async () => {
    const health = (await get('/health').expect(200)).body as BackupHealth;
    expect(health).toMatchObject({ status: 'caution', indexing: { indexed: 200, total: ALL } });
    expect(health.reasons[0]).toMatch(`Indexing: 200 of ${ALL} snapshots. `);
    const list = await get('/?page_size=10').expect(200).expect('Backup-Indexing', `200/${ALL}`);
    expect(list.body).toMatchObject({ total: 200, items: [{ id: real.id }, ...Array.from({ length: 9 }, () => ({}))] });
    gate.open();
    await app.get(Catalog).indexed();
    expect((await get('/health').expect(200)).body).toMatchObject({ status: 'healthy', reasons: [], indexing: null });
    const whole = await get('/?page_size=10').expect(200);
    expect(whole.headers).not.toHaveProperty('backup-indexing');
    expect(whole.body).toMatchObject({ total: ALL });
  });

  it('refuses for now what needs all of them', async () => {
    const refusals = [
      get('/newest'),
      get(`/${real.id}/dependents`),
      post(app, '/cleanup?dry_run=true', {}),
      post(app, '/config/preview', { retention_days: 20 }),
      server(app).put(`${BACKUPS}/config`).send({ retention_days: 20 }),
      server(app).delete(`${BACKUPS}/${real.id}`),
    ];
    for (const refused of refusals) {
      const { body } = await refused.expect(503).expect('Retry-After', '5');
      expect(body).toMatchObject({ error_code: 'INDEXING', indexing: { indexed: 200, total: ALL } });
    }
    gate.open();
    await app.get(Catalog).indexed();
    await get('/newest').expect(200);
    expect((await post(app, '/cleanup?dry_run=true', {}).expect(200)).body).toMatchObject({ deleted: EXPIRED });
    expect(await manifests()).toHaveLength(ALL);
  });

  it('takes the snapshot of a new account, and cleans up, once it knows all; nothing is due that only seems so', async () => {
    const cleaned = post(app, '/cleanup', {}).then((answer) => answer);
    app.events.emit(ROLE_CREATED, { role: 'student', user_id: 5 });
    const [cleanup, capture] = [await job('cleanup'), await job('capture')];
    for (const { id } of [cleanup, capture]) expect((await get(`/jobs/${id}`).expect(200)).body).toMatchObject(WAITS);
    expect(await manifests()).toHaveLength(ALL);
    gate.open();
    expect(await cleaned).toMatchObject({ status: 200, body: { deleted: EXPIRED, archived: 0 } });
    const { status, snapshot_id } = await app.get(JobQueue).whenFinished(capture.id);
    expect(status).toBe('completed');
    expect(await app.get(Catalog).get(snapshot_id!)).toMatchObject({ sequence: real.sequence! + 1 });
    const jobs = (await get('/jobs').expect(200)).body as { items: Job[] };
    expect(jobs.items.map(({ type, trigger }) => trigger?.type ?? type).sort()).toEqual(['cleanup', 'event']);
  });

  it('restores one that is named by its id at once, and can undo that', async () => {
    app.sql('DELETE FROM users');
    const oldest = ids.at(-1)!;
    const restored = (await post(app, `/${oldest}/restore?wait=true`, { confirm: oldest }).expect(200)).body as Job;
    expect(app.sql('SELECT email FROM users')).toEqual([{ email: 'kept@example.com' }]);
    expect(app.get(Catalog).indexing()).not.toBeNull();
    const safety = String(restored.result!['safety_snapshot_id']);
    gate.open();
    await app.get(Catalog).indexed();
    expect(await app.get(Catalog).all()).toMatchObject([
      { id: safety, sequence: null },
      { id: real.id },
      ...Array.from({ length: ALL - 1 }, () => ({})),
    ]);
  });

  it('gives a job that waits back to whoever cancels it, and lets no end of the program wait for the list', async () => {
    app.events.emit(ROLE_CREATED, { role: 'student', user_id: 5 });
    const capture = await job('capture');
    await server(app).delete(`${BACKUPS}/jobs/${capture.id}`).expect(200);
    expect(await app.get(JobQueue).get(capture.id)).toMatchObject({ status: 'cancelled' });
    app.events.emit(ROLE_CREATED, { role: 'student', user_id: 6 });
    const waiting = await job('capture');
    const closed = app.app.close();
    expect(await app.get(JobQueue).whenFinished(waiting.id)).toMatchObject({
      status: 'failed',
      error: { error_code: 'INTERRUPTED' },
    });
    gate.open(); // of the piece that is being read
    await closed;
    expect(await manifests()).toHaveLength(ALL);
  });
});
