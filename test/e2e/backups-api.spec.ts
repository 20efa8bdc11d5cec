import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Response } from 'supertest';
import { Catalog } from '../../src/backup/catalog/catalog.js';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import { BackupError } from '../../src/backup/model/errors.js';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { BackupsClient, error, invalid } from '../support/backups-client.js';
import { ADMIN, startHostApp, type HostApp } from '../support/host-app.js';
import { until } from '../support/until.js';

describe('the backup routes', () => {
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

  const ids = (snapshots: Snapshot[]) => snapshots.map(({ id }) => id);

  describe('taking a snapshot', () => {
    it('answers with a job, which ends with a snapshot', async () => {
      const { body } = await backups.post('', { description: 'Before migration' }).expect(202);
      expect(body).toMatchObject({
        type: 'capture',
        trigger: { type: 'manual' },
        requested_by: ADMIN.email,
        plan: 'auto',
      });
      const events = await backups.get(`/jobs/${body.id}/events`).expect(200);
      expect(events.headers['content-type']).toContain('text/event-stream');
      const job = await backups.job(body.id as string);
      expect(job).toMatchObject({ status: 'completed', progress: 1, error: null });
      expect((await backups.get(`/${job.snapshot_id}`).expect(200)).body).toMatchObject({
        id: job.snapshot_id,
        description: 'Before migration',
      });
    });

    it('answers with the snapshot to those who wait', async () => {
      const { body } = await backups.post('?wait=true', { kind: 'full', plan: 'auto' }).expect(201);
      expect(body).toEqual({
        id: expect.stringMatching(/^manual_backup_\d{8}_\d{6}/),
        filename: `${body.id}.json`,
        plan: 'auto',
        part_of: null,
        partial: false,
        sequence: expect.any(Number),
        data_source: null,
        warnings: [],
        source: 'database',
        engine: 'json',
        kind: 'full',
        base: null,
        trigger: { type: 'manual' },
        description: null,
        created_at: expect.any(String),
        duration_ms: expect.any(Number),
        size_bytes: expect.any(Number),
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
        checksum_algorithm: 'SHA256',
        tables: expect.objectContaining({ users: { rows: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } }),
        location: 'regular',
        archive: null,
        pinned: false,
        verified_at: null,
        is_valid: null,
      });
      expect((await backups.get(`/${body.id}`).expect(200)).body).toEqual(body);
    });

    it('tells those who wait what went wrong', async () => {
      vi.spyOn(host.app.get(JsonEngine, { strict: false }), 'capture').mockRejectedValue(
        new BackupError('DISK_FULL', 'The disk is full.'),
      );
      const { body } = await backups.post('?wait=true').expect(507);
      expect(body).toEqual(error(507, 'DISK_FULL'));
    });

    it('refuses text and values that nothing can store, and bodies that are not JSON', async () => {
      const { id } = await backups.capture();
      const deep = `{"description":${'['.repeat(15_000)}${']'.repeat(15_000)}}`;
      const refused: [Promise<Response>, string][] = [
        [backups.post('', { description: 'a\0b' }), 'description'],
        [backups.patch(`/${id}`, { description: 'a\0b' }), 'description'],
        [backups.get('?q=a%00b'), 'q'],
        [backups.post('').type('json').send(deep), 'description.0.0'],
        [backups.put('/config', deep).type('json'), 'description.0.0'],
      ];
      for (const [answer, field] of refused) {
        const { status, body } = await answer;
        expect([field, status]).toEqual([field, 400]);
        expect(body).toMatchObject({ ...invalid(field), errors: [{ field, message: expect.any(String) }] });
      }
      for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
        const { body } = await backups.post('').set('Content-Type', type).send('description=x').expect(415);
        expect(body).toEqual(error(415, 'UNSUPPORTED_MEDIA_TYPE'));
      }
    });

    it('is stored by nobody between', async () => {
      const { id } = await backups.capture();
      for (const path of ['', '/list', '/all', '/config', '/jobs', '/health', `/${id}`, `/${id}/download`, '/nothing'])
        expect([path, (await backups.get(path)).headers['cache-control']]).toEqual([path, 'no-store']);
    });

    it('refuses what it does not know', async () => {
      expect((await backups.post('', { plan: 'yearly' }).expect(404)).body).toEqual(error(404, 'PLAN_NOT_FOUND'));
      expect((await backups.post('', { description: 'x'.repeat(501) }).expect(400)).body).toEqual(
        invalid('description'),
      );
      expect((await backups.post('', { kind: 'differential', colour: 'red' }).expect(400)).body.errors).toHaveLength(2);
      expect((await backups.post('?wait=yes').expect(400)).body).toEqual(invalid('wait'));
    });
  });

  describe('the list', () => {
    it('comes in pages, newest first', async () => {
      const older = await backups.capture({ description: 'Older one' });
      const newer = await backups.capture({ description: 'Newer one' });
      const { body: first } = await backups.get('?page_size=1').expect(200);
      expect(first).toEqual({ items: [newer], total: expect.any(Number), page: 1, page_size: 1 });
      const { body: second } = await backups.get('?page_size=1&page=2').expect(200);
      expect(second.items).toEqual([older]);
      expect((await backups.get('').expect(200)).body).toMatchObject({ page: 1, page_size: 50 });
      expect((await backups.get('?page=1000000').expect(200)).body.items).toEqual([]);
    });

    it('can be filtered', async () => {
      const snapshot = await backups.capture({ description: 'Needle in the hay' });
      const found = async (query: string) => ids((await backups.get(query).expect(200)).body.items as Snapshot[]);
      expect(await found('?q=NEEDLE')).toEqual([snapshot.id]);
      expect(await found('?trigger=manual&kind=full&plan=auto&location=regular&q=needle')).toEqual([snapshot.id]);
      expect(await found('?trigger=scheduled')).toEqual([]);
      expect(await found('?location=archived')).toEqual([]);
      expect(await found(`?from=${snapshot.created_at}&q=needle`)).toEqual([snapshot.id]);
      expect(await found(`?to=${snapshot.created_at}&q=needle`)).toEqual([]);
    });

    it.each([
      'page=0',
      'page=-1',
      'page=1e9',
      'page=abc',
      'page=1&page=2',
      'page_size=201',
      'trigger=cron',
      'kind=x',
      'location=x',
      'from=soon',
      'to=2026-02-30',
      'sort=id',
    ])('refuses ?%s', async (query) =>
      expect((await backups.get(`?${query}`).expect(400)).body).toEqual(invalid(query.split('=')[0]!)),
    );

    it('has short forms: list and all', async () => {
      const { body: list } = await backups.get('/list').expect(200);
      const { body: all } = await backups.get('/all').expect(200);
      expect(list.length).toBeGreaterThan(0);
      expect(all).toEqual({ regular: list, archived: [] });
    });

    it('writes lists of everything as they are taken, and a few at once', async () => {
      const snapshot = await backups.capture();
      const piece = Array<Snapshot>(100).fill(snapshot);
      let pulled = 0;
      const pieces = vi
        .spyOn(host.app.get(Catalog, { strict: false }), 'pieces')
        .mockImplementation(async function* () {
          for (let n = 0; n < 1000; n++) {
            pulled++;
            yield await Promise.resolve(piece);
          }
        });
      const url = `${await host.app.getUrl()}/admin/database/backups/`;
      const headers = { authorization: `Bearer ${host.adminToken}` };
      // Far more than the sockets between hold, and nobody reads it.
      const open = await Promise.all(
        ['list', 'all', 'list', 'all'].map(
          (path) =>
            new Promise<IncomingMessage>((resolve) => {
              get(url + path, { headers, agent: false }, resolve);
            }),
        ),
      );
      const refused = await backups.get('/list').expect(503);
      expect(refused.body).toEqual(error(503, 'BUSY'));
      expect(refused.headers['retry-after']).toBe('5');
      expect(pulled).toBeLessThan(4000);
      for (const answer of open) answer.destroy();
      pieces.mockRestore();
      await until(async () => expect((await backups.get('/list')).status).toBe(200));
    });
  });

  describe('editing and deleting', () => {
    it('describes and pins, one field or both', async () => {
      const { id } = await backups.capture({ description: 'First' });
      expect((await backups.patch(`/${id}`, { pinned: true }).expect(200)).body).toMatchObject({
        pinned: true,
        description: 'First',
      });
      expect((await backups.patch(`/${id}`, { description: 'Second' }).expect(200)).body).toMatchObject({
        pinned: true,
        description: 'Second',
      });
      await backups.patch(`/${id}`, { pinned: false, description: null }).expect(200);
      expect((await backups.get(`/${id}`).expect(200)).body).toMatchObject({ pinned: false, description: null });
    });

    it('refuses an empty or a wrong edit, and changes nothing', async () => {
      const before = await backups.capture();
      expect((await backups.patch(`/${before.id}`, {}).expect(400)).body).toEqual(
        error(400, 'VALIDATION_FAILED', { errors: expect.any(Array) }),
      );
      expect((await backups.patch(`/${before.id}`, { pinned: 'yes' }).expect(400)).body).toEqual(invalid('pinned'));
      expect((await backups.patch(`/${before.id}`, { description: 'x'.repeat(501) }).expect(400)).body).toEqual(
        invalid('description'),
      );
      expect((await backups.patch(`/${before.id}`, { pinned: true, id: 'other' }).expect(400)).body).toEqual(
        invalid('id'),
      );
      expect((await backups.get(`/${before.id}`)).body).toEqual(before);
    });

    it('deletes, but not what is pinned', async () => {
      const { id } = await backups.capture();
      await backups.patch(`/${id}`, { pinned: true }).expect(200);
      expect((await backups.delete(`/${id}`).expect(409)).body).toEqual(error(409, 'SNAPSHOT_PINNED'));
      await backups.patch(`/${id}`, { pinned: false }).expect(200);
      expect((await backups.delete(`/${id}`).expect(204)).text).toBe('');
      expect((await backups.get(`/${id}`).expect(404)).body).toEqual(error(404, 'SNAPSHOT_NOT_FOUND'));
      expect((await readdir(join(host.folder, 'backups'))).filter((name) => name.startsWith(id))).toEqual([]);
      await backups.delete(`/${id}`).expect(404);
    });
  });

  describe('reading', () => {
    it('downloads exactly the bytes that the checksum is over', async () => {
      const { id, filename, checksum, size_bytes } = await backups.capture();
      for (const query of ['', '?raw=true', '?raw=false']) {
        const answer = await backups.get(`/${id}/download${query}`).buffer(true).parse(asBytes).expect(200);
        expect(answer.headers).toMatchObject({
          'content-type': expect.stringMatching(/^application\/json/),
          'content-disposition': `attachment; filename="${filename}"`,
          'content-length': String(size_bytes),
        });
        expect(
          createHash('sha256')
            .update(answer.body as Buffer)
            .digest('hex'),
        ).toBe(checksum);
      }
      await backups.get(`/${id}/download?raw=1`).expect(400);
    });

    it('shows the rows of one table', async () => {
      const { id, tables } = await backups.capture();
      const { body } = await backups.get(`/${id}/tables/users?offset=0&limit=10`).expect(200);
      expect(body).toMatchObject({
        table: 'users',
        offset: 0,
        limit: 10,
        total: tables['users']!.rows,
        rows: [{ id: 1, email: ADMIN.email }],
      });
      expect((await backups.get(`/${id}/tables/users?offset=5`).expect(200)).body.rows).toEqual([]);
      for (const table of ['nothing', '__proto__', 'users%00', '..%2fusers']) {
        expect((await backups.get(`/${id}/tables/${table}`).expect(404)).body).toEqual(error(404, 'TABLE_NOT_FOUND'));
      }
      expect((await backups.get(`/${id}/tables/users?limit=0&offset=-1`).expect(400)).body.errors).toHaveLength(2);
    });

    it('verifies, and remembers what came of it', async () => {
      const { id, filename } = await backups.capture();
      expect((await backups.post(`/${id}/verify`).expect(200)).body).toEqual({
        id,
        is_valid: true,
        message: expect.any(String),
        checked_at: expect.any(String),
      });
      expect((await backups.get(`/${id}`)).body).toMatchObject({ is_valid: true, verified_at: expect.any(String) });
      await backups.damage(filename);
      expect((await backups.post(`/${id}/verify`).expect(200)).body).toMatchObject({ id, is_valid: false });
      expect((await backups.get(`/${id}`)).body.is_valid).toBe(false);
      expect((await backups.get('?valid=false').expect(200)).body.items).toMatchObject([{ id }]);
      await backups.get('?valid=no').expect(400);
      await backups.delete(`/${id}`).expect(204);
    });

    it('never passes a damaged document off as a whole one', async () => {
      const { id, filename, size_bytes } = await backups.capture();
      await writeFile(join(host.folder, 'backups', filename), '{"format":"nestjs-backup/snapshot"');
      const answer = await backups
        .get(`/${id}/download`)
        .buffer(true)
        .parse(asBytes)
        .then(
          ({ status, body }) => (status === 200 ? (body as Buffer).length : status),
          () => 'broken off',
        );
      expect(['broken off', 409]).toContain(answer);
      expect(size_bytes).toBeGreaterThan(100);
      await backups.delete(`/${id}`).expect(204);
    });
  });

  it('tell the schedule and the totals', async () => {
    expect((await backups.get('/schedule').expect(200)).body).toEqual([
      expect.objectContaining({ plan: 'auto', source: 'database', every: '10 minutes', enabled: expect.any(Boolean) }),
    ]);
    const { body: list } = await backups.get('/list').expect(200);
    const { body: stats } = await backups.get('/stats').expect(200);
    const size = (list as Snapshot[]).reduce((sum, { size_bytes }) => sum + size_bytes, 0);
    expect(stats).toEqual({
      total_backups: list.length,
      total_size_bytes: size,
      regular: { count: list.length, size_bytes: size },
      archived: { count: 0, size_bytes: 0 },
      latest_backup: list[0].created_at,
      oldest_backup: list.at(-1).created_at,
      by_trigger: { manual: list.length },
      by_status: expect.objectContaining({ completed: expect.any(Number), failed: 1 }),
      by_day: expect.any(Array),
      captures: { completed: expect.any(Number), failed: 1, success_rate: expect.any(Number) },
      retention_days: 30,
      disk: { free_bytes: expect.any(Number), total_bytes: expect.any(Number) },
    });
    const days = stats.by_day as { date: string; count: number; size_bytes: number }[]; // two, where midnight passed meanwhile
    expect(days.map(({ date }) => date)).toEqual(
      [...new Set((list as Snapshot[]).map((s) => s.created_at.slice(0, 10)))].sort(),
    );
    expect(days.reduce((sum, day) => sum + day.size_bytes, 0)).toBe(size);
  });
});

function asBytes(response: Response, done: (error: Error | null, bytes: Buffer) => void): void {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('end', () => done(null, Buffer.concat(chunks)));
  response.on('error', (thrown: Error) => done(thrown, Buffer.alloc(0)));
}
