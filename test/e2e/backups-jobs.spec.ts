import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';

import { BackupError } from '../../src/backup/model/errors.js';
import { CaptureOperation } from '../../src/backup/operations/capture.operation.js';
import type { Job } from '../../src/backup/model/job.js';
import { BackupsClient, error, gate, invalid } from '../support/backups-client.js';
import { startHostApp, type HostApp } from '../support/host-app.js';
import { until } from '../support/until.js';

describe('jobs', () => {
  let host: HostApp;
  let backups: BackupsClient;

  beforeAll(async () => {
    host = await startHostApp();
    backups = new BackupsClient(host);
  });
  afterAll(() => host.close());
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('that failed say what to do in the words of the API, at once and later', async () => {
    const engine = host.app.get(JsonEngine, { strict: false });
    const cause = new BackupError('FOLDER_NOT_WRITABLE', 'It is not there.', { advice: ['set_backup_dir'] });
    vi.spyOn(engine, 'capture').mockRejectedValue(cause);
    const failure = { message: expect.stringMatching(/It is not there\..* set BACKUP_DIR/) as unknown };
    const advice = ['set_backup_dir'];
    const { body: answer } = await backups.post('/?wait=true', {}).expect(500);
    expect(answer).toMatchObject({ error_code: 'FOLDER_NOT_WRITABLE', advice, ...failure });
    const { body: page } = await backups.get('/jobs?status=failed').expect(200);
    expect(page.items[0].error).toMatchObject({ advice, ...failure });
    const { body: job } = await backups.get(`/jobs/${page.items[0].id}`).expect(200);
    expect(job.error).toMatchObject({ advice, ...failure });
  });

  /** Holds every capture back until it is let through, or cancelled. */
  function holdCaptures() {
    const { opened, open } = gate();
    const engine = host.app.get(JsonEngine, { strict: false });
    vi.spyOn(engine, 'capture').mockImplementation(async (request, run) => {
      const cancelled = new Promise<never>((_, reject) => {
        const stop = () => reject(new BackupError('CANCELLED', 'Killed.'));
        if (run?.signal?.aborted) stop();
        run?.signal?.addEventListener('abort', stop);
      });
      await Promise.race([opened, cancelled]);
      return JsonEngine.prototype.capture.call(engine, request, run);
    });
    return open;
  }

  it('have a history', async () => {
    await backups.capture();
    const { body } = await backups.get('/jobs?type=capture&status=completed&page_size=1').expect(200);
    expect(body).toMatchObject({ page: 1, page_size: 1, items: [{ type: 'capture', status: 'completed' }] });
    expect((await backups.get('/jobs?type=nap').expect(400)).body).toEqual(invalid('type'));
  });

  it('can be cancelled while they wait', async () => {
    const letThrough = holdCaptures();
    const { body: running } = await backups.post('').expect(202);
    const { body: waiting } = await backups.post('').expect(202);
    expect((await backups.delete(`/jobs/${waiting.id}`).expect(200)).body).toMatchObject({
      id: waiting.id,
      status: 'cancelled',
      snapshot_id: null,
    });
    letThrough();
    await backups.get(`/jobs/${running.id}/events`).expect(200);
    expect(await backups.job(running.id as string)).toMatchObject({ status: 'completed' });
    expect(await backups.job(waiting.id as string)).toMatchObject({ status: 'cancelled', started_at: null });
  });

  it('that people ask for wait in a small number, and are passed by the snapshot of a new account', async () => {
    const letThrough = holdCaptures();
    const { body: running } = await backups.post('').expect(202);
    const waiting: Job[] = [];
    for (let n = 1; n <= 10; n++) {
      const { body } = await backups
        .post('')
        .send({ description: `by hand ${n}` })
        .expect(202);
      waiting.push(body as Job);
    }
    for (const body of [{}, { plans: 'all' }, { plan: 'auto', kind: 'full' }]) {
      const refused = await backups.post('').send(body).expect(429);
      expect(refused.body).toEqual(error(429, 'TOO_MANY_JOBS'));
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    }
    const captures = host.app.get(CaptureOperation, { strict: false });
    await captures.request({
      trigger: { type: 'event', event: 'role.created', subjects: [{ role: 'student', user_id: 7 }] },
    });
    const taken = async () =>
      (await backups.get('/jobs?type=capture&status=completed').expect(200)).body.items as Job[];
    letThrough();
    await backups.get(`/jobs/${waiting.at(-1)!.id}/events`).expect(200);
    const inOrder = (await taken()).sort((a, b) => Date.parse(a.started_at!) - Date.parse(b.started_at!));
    const from = inOrder.findIndex(({ id }) => id === running.id);
    const triggers = inOrder.slice(from).map(({ trigger }) => trigger!.type);
    expect(triggers).toEqual(['manual', 'event', ...Array<string>(10).fill('manual')]);
  });

  it('can be cancelled while they run, which those who wait are told', async () => {
    holdCaptures();
    const waiting = backups.post('?wait=true').then((answer) => answer);
    const job = await until(async () => {
      const { body } = await backups.get('/jobs?status=running').expect(200);
      expect(body.items).toHaveLength(1);
      return body.items[0] as Job;
    });
    await backups.delete(`/jobs/${job.id}`).expect(200);
    const { status, body } = await waiting;
    expect({ status, body }).toEqual({ status: 409, body: error(409, 'CANCELLED') });
    expect((await backups.delete(`/jobs/${job.id}`).expect(409)).body).toEqual(error(409, 'JOB_NOT_CANCELLABLE'));
  });

  it('can be followed until they have ended', async () => {
    const letThrough = holdCaptures();
    const { body } = await backups.post('').expect(202);
    const events = backups.get(`/jobs/${body.id}/events`).then(({ text }) => jobsIn(text));
    await until(async () => expect((await backups.job(body.id as string)).status).toBe('running'));
    letThrough();
    const received = await events;
    expect(received.every(({ id }) => id === body.id)).toBe(true);
    expect(received.at(-1)).toEqual(await backups.job(body.id as string));
    expect(received.at(-1)?.status).toBe('completed');
    const afterwards = jobsIn((await backups.get(`/jobs/${body.id}/events`).expect(200)).text);
    expect(afterwards).toEqual([received.at(-1)]);
  });

  it('are unknown by any other id', async () => {
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect((await backups.get(`/jobs/${unknown}`).expect(404)).body).toEqual(error(404, 'JOB_NOT_FOUND'));
    expect((await backups.get(`/jobs/${unknown}/events`).expect(404)).body).toEqual(error(404, 'JOB_NOT_FOUND'));
    expect((await backups.delete(`/jobs/${unknown}`).expect(404)).body).toEqual(error(404, 'JOB_NOT_FOUND'));
  });
});

const jobsIn = (events: string): Job[] =>
  [...events.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as Job);
