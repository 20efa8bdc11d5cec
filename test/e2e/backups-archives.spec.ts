import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { BackupsClient, error } from '../support/backups-client.js';
import { ADMIN, startHostApp, type HostApp } from '../support/host-app.js';

const DAY_MS = 86_400_000;
const daysAgo = (days: number, time = '12:00:00') =>
  `${new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)}T${time}.000Z`;
const archiveOf = (snapshot: Snapshot) =>
  `archived_backups_${snapshot.created_at.slice(0, 10).replaceAll('-', '')}.zip`;

describe('archived snapshots', () => {
  let host: HostApp;
  let backups: BackupsClient;
  let expired: Snapshot;
  let old: Snapshot;
  let older: Snapshot;
  let fresh: Snapshot;

  beforeAll(async () => {
    host = await startHostApp();
    backups = new BackupsClient(host);
    await backups.put('/config', { min_keep: 1 }).expect(200);
    expired = await backups.captureAt(daysAgo(40));
    older = await backups.captureAt(daysAgo(20, '11:00:00'));
    old = await backups.captureAt(daysAgo(20));
    fresh = await backups.capture();
  });
  afterAll(() => host.close());

  it('a dry run says what a clean-up would do, and does nothing', async () => {
    const { body } = await backups.post('/cleanup?dry_run=true').expect(200);
    expect(body).toMatchObject({ archived: 2, deleted: 1, freed_bytes: expect.any(Number) });
    expect(body.kept).toEqual(
      expect.arrayContaining([
        { id: fresh.id, reasons: ['within_retention', 'newest'] },
        { id: old.id, reasons: ['within_retention'] },
      ]),
    );
    expect((await backups.get('/list').expect(200)).body).toHaveLength(4);
    expect((await backups.post('/cleanup?dry_run=maybe').expect(400)).body).toMatchObject(
      error(400, 'VALIDATION_FAILED'),
    );
  });

  it('a clean-up packs a day into an archive and deletes what has expired', async () => {
    const { body } = await backups.post('/cleanup').expect(200);
    expect(body).toEqual({ archived: 2, deleted: 1, freed_bytes: expect.any(Number), held_back: 0 });
    expect((await backups.get(`/${expired.id}`).expect(404)).body).toEqual(error(404, 'SNAPSHOT_NOT_FOUND'));
    const { body: all } = await backups.get('/all').expect(200);
    expect(all).toEqual({
      regular: [fresh],
      archived: [
        {
          filename: archiveOf(old),
          date: old.created_at.slice(0, 10),
          size_bytes: expect.any(Number),
          file_count: 2,
          files: [old, older].map((snapshot) => ({ ...snapshot, location: 'archived', archive: archiveOf(old) })),
        },
      ],
    });
    expect((await backups.get('/list').expect(200)).body).toEqual([fresh]);
    expect((await backups.post('/cleanup').expect(200)).body).toEqual({
      archived: 0,
      deleted: 0,
      freed_bytes: 0,
      held_back: 0,
    });
  });

  it('have the same routes as regular ones', async () => {
    expect((await backups.get(`/${old.id}`).expect(200)).body).toMatchObject({
      location: 'archived',
      checksum: old.checksum,
    });
    expect((await backups.post(`/${old.id}/verify`).expect(200)).body).toMatchObject({ is_valid: true });
    expect((await backups.get(`/${old.id}/tables/users`).expect(200)).body.rows).toMatchObject([
      { email: ADMIN.email },
    ]);
    const { headers, text } = await backups.get(`/${old.id}/download`).buffer(true).expect(200);
    expect(headers['content-disposition']).toBe(`attachment; filename="${old.filename}"`);
    expect(JSON.parse(text)).toMatchObject({ id: old.id, kind: 'full' });
    expect((await backups.patch(`/${old.id}`, { pinned: true }).expect(200)).body).toMatchObject({
      pinned: true,
      location: 'archived',
    });
    await backups.delete(`/${old.id}`).expect(409);
  });

  it('can be extracted', async () => {
    const { body } = await backups.get(`/extract/${archiveOf(old)}/${old.filename}`).expect(200);
    expect(body).toEqual({
      filename: old.filename,
      archive: archiveOf(old),
      data: expect.objectContaining({ users: [expect.objectContaining({ id: 1, email: ADMIN.email })] }),
    });
    expect((await backups.get(`/extract/archived_backups_19990101.zip/${old.filename}`).expect(404)).body).toEqual(
      error(404, 'ARCHIVE_NOT_FOUND'),
    );
    for (const name of [fresh.filename, `${old.id}.meta.json`, 'README.txt']) {
      expect((await backups.get(`/extract/${archiveOf(old)}/${name}`).expect(400)).body).toEqual(
        error(400, 'FILE_NOT_IN_ARCHIVE'),
      );
    }
  });

  it('can be restored', async () => {
    const account = { email: 'late@example.com', password: 'a good password', name: 'Late' };
    await host.http.post('/users').send(account).expect(201);
    const { body } = await backups.post(`/${old.id}/restore?wait=true`, { confirm: old.id }).expect(200);
    expect(body).toMatchObject({
      status: 'completed',
      snapshot_id: old.id,
      result: { tables: { users: { rows: 1 } } },
    });
    await host.http.post('/users').send(account).expect(201);
  });

  it('can be deleted one by one', async () => {
    await backups.delete(`/${older.id}`).expect(204);
    const { body } = await backups.get('/all').expect(200);
    expect(body.archived[0]).toMatchObject({ file_count: 1, files: [{ id: old.id }] });
  });

  it('are refused, never half delivered, when their part of the archive is damaged', async () => {
    await backups.damage(`archived/${archiveOf(old)}`, old.filename);
    const answer = await backups.get(`/extract/${archiveOf(old)}/${old.filename}`).then(
      ({ status, body }) => ({ status, body: body as unknown }),
      () => 'broken off',
    );
    if (answer !== 'broken off')
      expect(answer).toEqual({ status: 500, body: expect.objectContaining(error(500, 'ARCHIVE_CORRUPT')) });
    expect((await backups.post(`/${old.id}/verify`).expect(200)).body).toMatchObject({ is_valid: false });
  });

  it('are refused when the archive is no archive any more', async () => {
    await writeFile(join(host.folder, 'backups', 'archived', archiveOf(old)), 'not a ZIP');
    const { body } = await backups.get(`/extract/${archiveOf(old)}/${old.filename}`).expect(500);
    expect(body).toMatchObject(error(500, 'ARCHIVE_CORRUPT'));
    await backups.get(`/${fresh.id}/download`).expect(200);
  });
});
