import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CaptureOperation, JobQueue } from '../../src/backup/internals.js';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { isFinished } from '../../src/backup/model/job.js';
import { archiveName, utcDay } from '../../src/backup/model/snapshot-id.js';
import { startBackupApp } from '../support/backup-app.js';
import { BACKUPS } from '../support/backups-client.js';
import { eventually } from '../support/eventually.js';
import { fullDisk } from '../support/full-disk.js';
import { ADMIN } from '../support/host-app.js';
import { InlineProgram } from '../support/inline-program.js';
import { daysAgo, SnapshotSeed } from '../support/planted-snapshots.js';
import type { Program } from '../support/program.js';
import { dump } from '../support/sqlite-oracle.js';

const running: Program[] = [];

async function programOn(folder: string, environment: NodeJS.ProcessEnv = {}): Promise<Program> {
  const program = new InlineProgram(folder, environment);
  running.push(program);
  return program.start();
}

const freshFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'faults-'));

async function endAll(): Promise<void> {
  for (const program of running.splice(0)) {
    await program.end();
    await rm(program.folder, { recursive: true, force: true });
  }
}

const fails = (error_code: string) => ({ error_code, message: expect.any(String) as string });

/** All but the catalog, which may change. */
async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith('catalog.sqlite')).sort();
}

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
}

describe('damage', () => {
  let program: Program;
  let sound: Snapshot;

  beforeAll(async () => {
    program = await programOn(await freshFolder());
    sound = await program.capture();
  });
  afterAll(endAll);
  afterEach(async () => {
    expect((await program.verify(sound.id)).body).toMatchObject({ is_valid: true });
    expect((await program.restore(sound.id)).status).toBe(200);
  });

  it.each([
    ['with a flipped bit', flipBit],
    ['that was cut off', (path: string) => truncate(path, 300)],
    ['with something after its end', async (path: string) => writeFile(path, `${await readFile(path, 'utf8')} `)],
    ['that is missing', (path: string) => rm(path)],
  ])('a document %s is found out, never restored, never delivered as a whole', async (_, harm) => {
    const { id, filename } = await program.capture();
    const before = dump(program.database);
    await harm(join(program.backups, filename));
    expect((await program.verify(id)).body).toMatchObject({ id, is_valid: false });
    const restored = await program.restore(id);
    expect(restored).toMatchObject({ status: 409, body: fails('SNAPSHOT_CORRUPT') });
    expect(dump(program.database)).toBe(before);
    expect((await program.jobs()).filter(({ type, snapshot_id }) => type === 'restore' && snapshot_id === id)).toEqual(
      [],
    );
    expect(await delivered(`/${id}/download`)).toBe(false);
    expect(await delivered(`/${id}/download?raw=true`)).toBe(false);
    expect((await program.delete(`/${id}`)).status).toBeLessThan(300);
  });

  it('a missing or broken manifest takes its own snapshot away and no other', async () => {
    const gone = await program.capture();
    const broken = await program.capture();
    await rm(join(program.backups, `${gone.id}.meta.json`));
    await writeFile(
      join(program.backups, `${broken.id}.meta.json`),
      '{"format":"nestjs-backup/manifest","version":1}\n',
    );
    for (const { id } of [gone, broken]) {
      expect((await program.verify(id)).body).toMatchObject({ is_valid: false });
      expect(await program.restore(id)).toMatchObject({ status: 409, body: fails('SNAPSHOT_CORRUPT') });
    }
    await program.stop();
    await program.start();
    const listed = new Map((await program.listed()).map((snapshot) => [snapshot.id, snapshot]));
    expect(listed.get(sound.id)).toMatchObject({ is_valid: true });
    expect(listed.has(gone.id)).toBe(false);
    expect(listed.get(broken.id)).toMatchObject({ is_valid: false });
    expect(await namesIn(program.backups)).toEqual(expect.arrayContaining([gone.filename, broken.filename]));
    expect(program.output).toContain(`${gone.filename} in the backup folder cannot be used`);
  });

  it('a broken archive says so, and leaves the others alone', async () => {
    const seed = await SnapshotSeed.read(program.backups, sound.id);
    const [first, second] = [daysAgo(20, '10:00:00'), daysAgo(21, '10:00:00')];
    const ids = [await seed.plant(program.backups, first), await seed.plant(program.backups, second)];
    expect(await program.post('/cleanup')).toMatchObject({ status: 200, body: { archived: 2 } });
    const archives = [first, second].map((at) => archiveName(utcDay(at)));
    await writeFile(join(program.backups, 'archived', archives[0]!), 'no ZIP at all');
    const extract = (n: number) => program.get<{ data: object }>(`/extract/${archives[n]}/${ids[n]}.json`);
    expect(await extract(0)).toMatchObject({ status: 500, body: fails('ARCHIVE_CORRUPT') });
    expect((await program.verify(ids[0]!)).body).toMatchObject({ is_valid: false });
    expect((await program.restore(ids[0]!)).status).toBeGreaterThanOrEqual(400);
    expect(await extract(1)).toMatchObject({ status: 200, body: { data: { users: [{ email: ADMIN.email }] } } });
    expect((await program.verify(ids[1]!)).body).toMatchObject({ is_valid: true });
    expect((await program.restore(ids[1]!)).status).toBe(200);
  });

  /** Whether a client believes that it got the whole of it. */
  async function delivered(path: string): Promise<boolean> {
    try {
      const response = await program.raw('GET', BACKUPS + path);
      await response.text();
      return response.ok;
    } catch {
      return false; // broken off
    }
  }
});

describe('the disk', () => {
  afterEach(endAll);

  it('with too little room fails the backup before it starts, and the next one works', async () => {
    const folder = await freshFolder();
    const program = await programOn(folder);
    const earlier = await program.capture();
    await program.stop();
    await program.start({ BACKUP_MIN_FREE_MB: '900000000' });
    const before = await namesIn(program.backups);
    expect(await program.post('/?wait=true', {})).toMatchObject({ status: 507, body: fails('DISK_FULL') });
    expect((await program.jobs())[0]).toMatchObject({ type: 'capture', status: 'failed', error: fails('DISK_FULL') });
    expect(await namesIn(program.backups)).toEqual(before);
    expect((await program.verify(earlier.id)).body).toMatchObject({ is_valid: true });
    await program.stop();
    await program.start();
    await program.capture();
  });

  it('whose folder is gone fails the backup with the reason, and the next one works', async () => {
    const program = await programOn(await freshFolder());
    const earlier = await program.capture();
    await rename(program.backups, `${program.backups}.away`);
    await writeFile(program.backups, 'a file where the folder was');
    const { status, body } = await program.post('/?wait=true', { kind: 'full' });
    expect(status).toBe(500);
    expect(body).toMatchObject(fails('FOLDER_NOT_WRITABLE'));
    expect(JSON.stringify(body)).not.toContain(program.folder);
    expect((await program.raw('GET', '/healthz')).status).toBe(200);
    expect(await readFile(program.backups, 'utf8')).toBe('a file where the folder was');
    await rm(program.backups);
    await rename(`${program.backups}.away`, program.backups);
    const next = await program.capture();
    expect((await program.jobs()).map(({ status: was }) => was)).toEqual(['completed', 'failed', 'completed']);
    expect((await program.listed()).map(({ id }) => id)).toEqual([next.id, earlier.id]);
    expect((await program.restore(earlier.id)).status).toBe(200);
  });

  it.skipIf(!fullDisk.isPossible())(
    'that fills up in the middle of a backup loses nothing that was there',
    async () => {
      const folder = await freshFolder();
      const backups = join(folder, 'backups');
      await mkdir(backups);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', backups]);
      try {
        await mkdir(join(folder, 'data'));
        fill(join(folder, 'data', 'app.sqlite'), 12_000);
        const program = await programOn(folder, { BACKUP_MIN_FREE_MB: '0' });
        const earlier = await program.capture();
        const filler = join(backups, 'filler');
        const free = Number(
          execFileSync('df', ['--output=avail', '-B1', backups], { encoding: 'utf8' }).split('\n')[1],
        );
        await writeFile(filler, Buffer.alloc(free - (earlier.size_bytes >> 1)));
        const before = await namesIn(backups);
        const { status, body } = await program.post('/?wait=true', { kind: 'full' });
        expect({ status, body }).toMatchObject({ status: 507, body: fails('DISK_FULL') });
        expect((await program.jobs())[0]).toMatchObject({ status: 'failed', error: fails('DISK_FULL') });
        expect(await namesIn(backups)).toEqual(before);
        expect((await program.listed()).map(({ id }) => id)).toEqual([earlier.id]);
        expect((await program.verify(earlier.id)).body).toMatchObject({ is_valid: true });
        await rm(filler);
        const next = await program.capture();
        expect((await program.restore(next.id)).status).toBe(200);
        await program.stop();
      } finally {
        for (const program of running) await program.end();
        execFileSync('umount', [backups]);
      }
    },
  );
});

describe('a lock', () => {
  it('held longer than the busy timeout fails the job and nothing else', async () => {
    const folder = await freshFolder();
    const url = `sqlite:${join(folder, 'app.sqlite')}`;
    const app = await startBackupApp({ folder, options: { database: { url, busyTimeoutMs: 100 } } });
    const other = new Database(join(folder, 'app.sqlite'));
    try {
      app.sql(`INSERT INTO users (email) VALUES ('a@example.com')`);
      const http = supertest(app.app.getHttpServer());
      const { body } = await http.post(`${BACKUPS}/?wait=true`).send({}).expect(201);
      const { id } = body as Snapshot;
      other.exec('BEGIN EXCLUSIVE');
      const capture = await app.get(CaptureOperation).request({ trigger: { type: 'manual' } });
      const failed = await app.get(JobQueue).whenFinished(capture.id);
      expect(failed).toMatchObject({ status: 'failed', error: fails('DATABASE_LOCKED') });
      const restore = { confirm: id, skip_safety_snapshot: true };
      const refused = await http.post(`${BACKUPS}/${id}/restore?wait=true`).send(restore).expect(503);
      expect(refused.body).toMatchObject(fails('DATABASE_LOCKED'));
      other.exec('ROLLBACK');
      expect((await http.post(`${BACKUPS}/${id}/verify`).expect(200)).body).toMatchObject({ is_valid: true });
      await http.post(`${BACKUPS}/${id}/restore?wait=true`).send(restore).expect(200);
      await http.post(`${BACKUPS}/?wait=true`).send({}).expect(201);
    } finally {
      other.close();
      await app.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe('a rush', () => {
  afterEach(endAll);

  it('of sixty new accounts loses none of them and takes few snapshots', async () => {
    const program = await programOn(await freshFolder(), { BACKUP_TRIGGERS: 'on' });
    const accounts = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        program.ask<{ id: number }>('POST', '/users', {
          email: `student${n}@example.com`,
          password: `password of student ${n}`,
          name: `Student ${n}`,
        }),
      ),
    );
    expect(accounts.map(({ status }) => status)).toEqual(accounts.map(() => 201));
    const ids = new Set(accounts.map(({ body }) => body.id));
    expect(ids.size).toBe(60);
    await eventually(async () => (await program.jobs()).every(isFinished));
    const serving = (await program.listed()).filter(({ trigger }) => trigger.type === 'event');
    const named = new Map(
      serving.map((snapshot) => [snapshot, snapshot.trigger.subjects!.map(({ user_id }) => Number(user_id))]),
    );
    expect([...ids].filter((id) => ![...named.values()].flat().includes(id))).toEqual([]);
    expect(serving.length).toBeLessThan(40);
    for (const [{ id }, subjects] of named) {
      const { body } = await program.get<{ rows: { id: number }[] }>(`/${id}/tables/users?limit=1000`);
      expect(body.rows.map((row) => row.id)).toEqual(expect.arrayContaining(subjects));
    }
  });
});

function fill(path: string, rows: number): void {
  const database = new Database(path);
  database.exec(`
    CREATE TABLE readings (id INTEGER PRIMARY KEY, note TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO readings SELECT i, printf('%0100d', i) FROM n;`);
  database.close();
}
