import { randomBytes } from 'node:crypto';
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FilesPage, ListedFile } from '../../src/backup/engines/files/files.requests.js';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { BackupsClient, error, invalid } from '../support/backups-client.js';
import { startHostApp, type HostApp } from '../support/host-app.js';

const DAY_MS = 86_400_000;
const BIG = randomBytes(300_000);
const HOSTILE = 'evil\r\nSet-Cookie: "x"; ..txt';
const NOT_TEXT = Buffer.from([0x62, 0xff, 0x2e, 0x62]);
const at = (path: ListedFile['path'] | string) =>
  encodeURIComponent(typeof path === 'string' ? path : JSON.stringify(path));

describe('the files in a snapshot', () => {
  let root: string;
  let uploads: string;
  let host: HostApp;
  let backups: BackupsClient;
  let old: Snapshot;
  let full: Snapshot;
  let differential: Snapshot;

  const list = async ({ id }: Snapshot, query = '') =>
    (await backups.get(`/${id}/files?${query}`).expect(200)).body as FilesPage;
  const names = async (snapshot: Snapshot, query: string) =>
    (await list(snapshot, query)).entries.map(({ name }) => name);
  const content = ({ id }: Snapshot, path: ListedFile['path']) =>
    backups
      .get(`/${id}/files/content?path=${at(path)}`)
      .buffer(true)
      .parse(asBytes);

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'files-view-'));
    uploads = join(root, 'uploads');
    await mkdir(join(uploads, 'letters', 'Zoë'), { recursive: true });
    await writeFile(join(uploads, 'big.bin'), BIG);
    await writeFile(join(uploads, 'empty'), '');
    await writeFile(join(uploads, 'letters', 'a.txt'), 'first');
    await writeFile(join(uploads, 'letters', 'Zoë', 'INVOICE.txt'), 'invoice');
    await writeFile(join(uploads, 'letters.txt'), 'beside the folder');
    await writeFile(join(uploads, HOSTILE), 'hostile');
    await writeFile(Buffer.concat([Buffer.from(`${uploads}/`), NOT_TEXT]), 'no text');
    await link(join(uploads, 'big.bin'), join(uploads, 'same.bin'));
    await symlink('/etc/passwd', join(uploads, 'way-out'));
    host = await startHostApp({ BACKUP_FILE_ROOTS: root });
    backups = new BackupsClient(host);
    const plan = { name: 'media', source: 'files', paths: [uploads], interval_minutes: 60 };
    await backups.put('/config', { plans: [{ name: 'auto', interval_minutes: 60 }, plan], min_keep: 1 }).expect(200);
    const day = new Date(Date.now() - 20 * DAY_MS).toISOString().slice(0, 10);
    await backups.captureAt(`${day}T11:00:00.000Z`, { plan: 'media' });
    await writeFile(join(uploads, 'letters', 'a.txt'), 'changed');
    old = await backups.captureAt(`${day}T12:00:00.000Z`, { plan: 'media' });
    await backups.post('/cleanup').expect(200);
    old = (await backups.get(`/${old.id}`).expect(200)).body as Snapshot;
    const today = new Date().toISOString().slice(0, 10);
    full = await backups.captureAt(`${today}T00:00:01.000Z`, { plan: 'media' });
    await writeFile(join(uploads, 'letters', 'a.txt'), 'second');
    differential = await backups.captureAt(`${today}T00:00:02.000Z`, { plan: 'media' });
    expect([old.location, old.kind, full.kind, differential.kind]).toEqual([
      'archived',
      'differential',
      'full',
      'differential',
    ]);
  });
  afterAll(async () => {
    await host.close();
    await rm(root, { recursive: true, force: true });
  });

  it('are listed folder by folder, in pages', async () => {
    expect(await list(full)).toEqual({
      path: null,
      offset: 0,
      limit: 100,
      total: 1,
      entries: [
        {
          path: uploads,
          name: 'uploads',
          type: 'directory',
          size_bytes: null,
          modified_at: expect.any(String),
          target: null,
          skipped_reason: null,
        },
      ],
    });
    const all = await list(full, `path=${at(uploads)}`);
    expect(all).toMatchObject({ path: uploads, total: 8 });
    expect(all.entries.map(({ name, type, size_bytes }) => [name, type, size_bytes])).toEqual([
      ['big.bin', 'file', BIG.length],
      ['b\uFFFD.b', 'file', 7],
      ['empty', 'file', 0],
      [HOSTILE, 'file', 7],
      ['letters', 'directory', null],
      ['letters.txt', 'file', 17],
      ['same.bin', 'hardlink', null],
      ['way-out', 'symlink', null],
    ]);
  });

  it('of a folder are paged and searched', async () => {
    const folder = `path=${at(uploads)}`;
    const { entries, total } = await list(full, folder);
    const paged = [await list(full, `${folder}&limit=3`), await list(full, `${folder}&limit=1000&offset=3`)];
    expect(paged.flatMap((page) => page.entries)).toEqual(entries);
    expect(paged.map((page) => page.total)).toEqual([total, total]);
    expect(await names(full, `path=${at(`${uploads}/letters/`)}`)).toEqual(['Zoë', 'a.txt']);
    expect(await names(full, 'q=invoice')).toEqual(['INVOICE.txt']);
    expect(await names(full, `q=${encodeURIComponent('zoe\u0308')}`)).toEqual(['Zoë']);
    expect(await names(full, `q=${encodeURIComponent('letters/zo')}`)).toEqual(['Zoë', 'INVOICE.txt']);
    expect(await names(full, `${folder}&q=uploads`)).toEqual([]);
    expect(await names(full, 'q=nothing')).toEqual([]);
  });

  it.each([
    ['a full one', () => full, 'changed'],
    ['a differential', () => differential, 'second'],
    ['an archived differential', () => old, 'changed'],
  ])('come out of %s one by one', async (_, which, letter) => {
    const snapshot = which();
    expect((await content(snapshot, join(uploads, 'letters', 'a.txt')).expect(200)).body.toString()).toBe(letter);
    const big = await content(snapshot, join(uploads, 'big.bin')).expect(200);
    expect(BIG.equals(big.body as Buffer)).toBe(true);
    expect(big.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="big.bin"',
      'content-length': String(BIG.length),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const linked = await content(snapshot, join(uploads, 'same.bin')).expect(200);
    expect(BIG.equals(linked.body as Buffer)).toBe(true);
    expect(linked.headers['content-disposition']).toBe('attachment; filename="same.bin"');
    const empty = await content(snapshot, join(uploads, 'empty')).expect(200);
    expect([empty.headers['content-length'], (empty.body as Buffer).length]).toEqual(['0', 0]);
  });

  it('have harmless headers whatever they are called', async () => {
    const hostile = await content(full, join(uploads, HOSTILE)).expect(200);
    expect(hostile.body.toString()).toBe('hostile');
    expect(hostile.headers).not.toHaveProperty('set-cookie');
    expect(hostile.headers['content-disposition']).toMatch(/^attachment; filename="evil__Set-Cookie_ _x__ ..txt"; /);
    const { entries } = await list(full, `path=${at(uploads)}`);
    const { path } = entries.find(({ name }) => name === 'b\uFFFD.b')!;
    expect(path).toEqual({
      $hex: Buffer.concat([Buffer.from(`${uploads}/`), NOT_TEXT])
        .toString('hex')
        .toUpperCase(),
    });
    expect((await content(full, path).expect(200)).body.toString()).toBe('no text');
  });

  it('are no tables', async () => {
    const { body } = await backups.get(`/${full.id}/tables/uploads`).expect(404);
    expect(body).toMatchObject({
      ...error(404, 'TABLE_NOT_FOUND'),
      message: expect.stringMatching(/It holds no tables\.$/),
    });
  });

  it('lead nowhere else', async () => {
    const { id } = full;
    const fetch = (path: string) => backups.get(`/${id}/files/content?path=${at(path)}`);
    for (const path of ['/etc/passwd', `${uploads}/../../../etc/passwd`, `${uploads}/letters/../big.bin`, `${root}`])
      expect((await fetch(path).expect(404)).body, path).toEqual(error(404, 'FILE_NOT_FOUND'));
    for (const path of [uploads, `${uploads}/way-out`])
      expect((await fetch(path).expect(409)).body, path).toEqual(error(409, 'WRONG_FILE_TYPE'));
    for (const path of ['', 'big.bin', '{"$hex":"zz"}', '/'])
      expect((await fetch(path).expect(400)).body, path).toEqual(invalid('path'));
    expect((await backups.get(`/${id}/files/content`).expect(400)).body).toEqual(invalid('path'));
    expect((await backups.get(`/${id}/files?path=${at('/etc')}`).expect(404)).body).toEqual(
      error(404, 'FILE_NOT_FOUND'),
    );
    expect((await backups.get(`/${id}/files?path=${at(`${uploads}/empty`)}`).expect(409)).body).toEqual(
      error(409, 'WRONG_FILE_TYPE'),
    );
    expect((await backups.get(`/${id}/files?limit=0&path=x`).expect(400)).body).toMatchObject({ status_code: 400 });
    await host.http.get(`/admin/database/backups/${id}/files`).expect(401);
    const { id: database } = await backups.capture({ plan: 'auto' });
    expect((await backups.get(`/${database}/files`).expect(501)).body).toEqual(error(501, 'UNSUPPORTED'));
  });

  it('are refused where the snapshot was damaged', async () => {
    await backups.damage(differential.filename);
    const answer = await content(differential, join(uploads, 'letters', 'a.txt')).then(
      ({ status, body }) => `${status} ${body.length}`,
      () => 'broken off',
    );
    expect(answer).toMatch(/^409|broken off/);
  });
});

function asBytes(response: Response, done: (error: Error | null, body: Buffer) => void): void {
  const pieces: Buffer[] = [];
  response.on('data', (piece: Buffer) => pieces.push(piece));
  response.on('end', () => done(null, Buffer.concat(pieces)));
  response.on('error', (fault: Error) => done(fault, Buffer.alloc(0)));
}
