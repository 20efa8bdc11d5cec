import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseManifest } from '../../src/backup/model/manifest.js';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { BackupsClient } from '../support/backups-client.js';
import { startHostApp, type HostApp } from '../support/host-app.js';

const ROWS = 6000;
const daysAgo = (days: number) =>
  `${new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)}T12:00:00.000Z`;

describe('compressed documents', () => {
  let host: HostApp;
  let backups: BackupsClient;
  let plain: Snapshot;
  let full: Snapshot;
  let differential: Snapshot;
  let archived: Snapshot;
  /** Of the same day. */
  let beside: Snapshot;

  const query = (sql: string) => host.app.get(DataSource, { strict: false }).query<unknown>(sql);
  const stored = (name: string) => readFile(join(host.folder, 'backups', name));
  const manifest = async ({ id }: Snapshot) =>
    JSON.parse((await stored(`${id}.meta.json`)).toString()) as DatabaseManifest;
  const setLevel = (level: number) => backups.put('/config', { compression: { level } }).expect(200);
  /** Supertest undoes a `Content-Encoding` by itself. */
  const download = async (path: string, takes: string) => {
    const { headers, body } = await backups
      .get(path)
      .set('Accept-Encoding', takes)
      .buffer(true)
      .parse((response, done) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer | string) => pieces.push(Buffer.from(piece)));
        response.on('end', () => done(null, Buffer.concat(pieces)));
      })
      .expect(200);
    return { headers: headers as Record<string, string>, body: body as Buffer };
  };

  beforeAll(async () => {
    host = await startHostApp();
    backups = new BackupsClient(host);
    await query('CREATE TABLE lessons (id INTEGER PRIMARY KEY, title TEXT, mark REAL)');
    await query(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
       INSERT INTO lessons SELECT i, 'Lesson ' || (i * 7919) || ' of the course on history', i / 7.0 FROM n`,
    );
    archived = await (async () => {
      await setLevel(9);
      beside = await backups.captureAt(daysAgo(20).replace('T12', 'T11'));
      return backups.captureAt(daysAgo(20), { kind: 'full' });
    })();
    await setLevel(0);
    plain = await backups.capture({ kind: 'full' });
    await setLevel(6);
    full = await backups.capture({ kind: 'full' });
    await query(`UPDATE lessons SET title = 'Changed' WHERE id % 100 = 0`);
    differential = await backups.capture();
  });
  afterAll(() => host.close());

  it('are one gzip file each, which any program opens, and are of a tenth of the size or so', async () => {
    expect(plain.filename).toBe(`${plain.id}.json`);
    expect(full.filename).toBe(`${full.id}.json.gz`);
    expect(full.size_bytes).toBeLessThan(plain.size_bytes / 4);
    const path = join(host.folder, 'backups', full.filename);
    const text = execFileSync('zcat', [path], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const document = JSON.parse(text) as { id: string; tables: { lessons: { rows: unknown[] } } };
    expect(document.id).toBe(full.id);
    expect(document.tables.lessons.rows).toHaveLength(ROWS);
    const own = [full.id, full.created_at];
    const other = [plain.id, plain.created_at];
    const likePlain = own.reduce((changed, word, n) => changed.replaceAll(word, other[n]!), text);
    expect(likePlain).toBe((await stored(plain.filename)).toString());
  });

  it('have manifests that tell the stored bytes and the content', async () => {
    const bytes = await stored(full.filename);
    const content = gunzipSync(bytes);
    const sha256 = (data: Buffer) => execFileSync('sha256sum', { input: data, encoding: 'utf8' }).slice(0, 64);
    expect(await manifest(full)).toMatchObject({
      filename: full.filename,
      codec: 'gzip',
      file_size_bytes: bytes.length,
      checksum: sha256(bytes),
      content_bytes: content.length,
      content_sha256: sha256(content),
    });
    expect(await manifest(plain)).not.toHaveProperty('codec');
  });

  it('are sent as they are stored to who takes gzip, and as JSON to who does not', async () => {
    const content = gunzipSync(await stored(full.filename));
    const zipped = await download(`/${full.id}/download`, 'gzip, br');
    expect(zipped.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(full.size_bytes),
      'content-disposition': `attachment; filename="${full.id}.json"`,
    });
    expect(zipped.body.equals(content)).toBe(true);
    for (const takes of ['identity', 'gzip;q=0', 'br']) {
      const { headers, body } = await download(`/${full.id}/download`, takes);
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers['content-length']).toBe(String(content.length));
      expect(body.equals(content)).toBe(true);
    }
    const raw = await download(`/${full.id}/download?raw=true`, 'gzip');
    expect(raw.headers['content-disposition']).toBe(`attachment; filename="${full.filename}"`);
    expect(raw.headers).not.toHaveProperty('content-encoding');
    expect(raw.body.equals(await stored(full.filename))).toBe(true);
  });

  it('are bases of differentials, which are compressed themselves, or not', async () => {
    expect(differential).toMatchObject({ kind: 'differential', base: full.id, filename: `${differential.id}.json.gz` });
    await setLevel(0);
    await query(`UPDATE lessons SET title = 'Once more' WHERE id = 77`);
    const uncompressed = await backups.capture();
    expect(uncompressed).toMatchObject({ kind: 'differential', base: full.id, filename: `${uncompressed.id}.json` });
    await setLevel(6);
    for (const [snapshot, title] of [
      [differential, 'Changed'],
      [uncompressed, 'Once more'],
    ] as const) {
      expect((await backups.post(`/${snapshot.id}/verify`).expect(200)).body).toMatchObject({ is_valid: true });
      const document = JSON.parse((await download(`/${snapshot.id}/download`, 'gzip')).body.toString()) as {
        tables: { lessons: { rows: { title: string }[] } };
      };
      expect(document.tables.lessons.rows).toHaveLength(ROWS);
      expect(document.tables.lessons.rows.some((row) => row.title === title)).toBe(true);
    }
  });

  it('can be compared, looked into and restored', async () => {
    const { body } = await backups.get(`/${plain.id}/diff?with=${differential.id}`).expect(200);
    const lessons = (body.tables as { table: string }[]).find(({ table }) => table === 'lessons');
    expect(lessons).toMatchObject({ updated: ROWS / 100 });
    const { body: rows } = await backups.get(`/${differential.id}/tables/lessons?offset=99&limit=1`).expect(200);
    expect(rows.rows).toMatchObject([{ id: 100, title: 'Changed' }]);
    await query('DELETE FROM lessons');
    const { body: job } = await backups.post(`/${differential.id}/restore?wait=true`, { confirm: differential.id });
    expect(job).toMatchObject({ status: 'completed', result: { tables: { lessons: { rows: ROWS } } } });
    expect(await query(`SELECT count(*) AS n FROM lessons WHERE title = 'Changed'`)).toEqual([{ n: ROWS / 100 }]);
  });

  it('go into archives and come out of them', async () => {
    await backups.post('/cleanup').expect(200);
    const { body } = await backups.get(`/${archived.id}`).expect(200);
    const archive = `archived_backups_${archived.created_at.slice(0, 10).replaceAll('-', '')}.zip`;
    expect(body).toMatchObject({ location: 'archived', archive, checksum: archived.checksum });
    expect((await backups.post(`/${archived.id}/verify`).expect(200)).body).toMatchObject({ is_valid: true });
    const zip = join(host.folder, 'backups', 'archived', archive);
    const document = execFileSync('unzip', ['-p', zip, `${archived.id}.json`], { maxBuffer: 1 << 26 });
    const facts = JSON.parse(
      execFileSync('unzip', ['-p', zip, `${archived.id}.meta.json`]).toString(),
    ) as DatabaseManifest;
    expect(execFileSync('sha256sum', { input: document, encoding: 'utf8' })).toContain(facts.content_sha256);
    const raw = await download(`/${archived.id}/download?raw=true`, 'identity');
    expect(gunzipSync(raw.body).equals(document)).toBe(true);
    for (const name of [`${archived.id}.json`, archived.filename]) {
      const { body: extracted } = await backups.get(`/extract/${archive}/${name}`).expect(200);
      expect(extracted.data.lessons).toHaveLength(ROWS);
    }
    const { body: job } = await backups.post(`/${archived.id}/restore?wait=true`, { confirm: archived.id });
    expect(job).toMatchObject({ status: 'completed', result: { tables: { lessons: { rows: ROWS } } } });
  });

  it('stay as they are in an archive out of which another one is deleted', async () => {
    const before = await download(`/${archived.id}/download?raw=true`, 'identity');
    await backups.delete(`/${beside.id}`).expect(204);
    const { body: all } = await backups.get('/all').expect(200);
    expect(all.archived).toMatchObject([{ file_count: 1, files: [{ id: archived.id }] }]);
    expect((await backups.post(`/${archived.id}/verify`).expect(200)).body).toMatchObject({ is_valid: true });
    const after = await download(`/${archived.id}/download?raw=true`, 'identity');
    expect(after.body.equals(before.body)).toBe(true);
  });

  it('are found damaged, whichever byte is', async () => {
    await backups.damage(differential.filename);
    expect((await backups.post(`/${differential.id}/verify`).expect(200)).body).toMatchObject({ is_valid: false });
    const { body } = await backups.post(`/${differential.id}/restore?wait=true`, { confirm: differential.id });
    expect(body).toMatchObject({ error_code: 'SNAPSHOT_CORRUPT' });
  });
});
