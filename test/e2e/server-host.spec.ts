import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { BackupsClient } from '../support/backups-client.js';
import { eventually } from '../support/eventually.js';
import { ADMIN, startHostApp, type HostApp } from '../support/host-app.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';
import { Program } from '../support/program.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

/** @param createdAt the exact time of an account, in SQL */
function onServer(
  type: 'mysql' | 'postgres',
  open: () => Promise<MysqlBench | PostgresBench>,
  createdAt: string,
): void {
  let bench: MysqlBench | PostgresBench;
  let host: HostApp;
  let backups: BackupsClient;

  beforeAll(async () => {
    bench = await open();
    host = await startHostApp({
      DATABASE_URL: bench.url,
      BACKUP_TRIGGERS: 'on',
      JWT_SECRET: 'a secret that no file is needed for',
    });
    backups = new BackupsClient(host);
  });
  afterAll(async () => {
    await host?.close();
    await bench?.close();
  });

  const signUp = async (email: string) =>
    (
      (await host.http.post('/users').send({ email, password: 'a good password', name: 'Somebody' }).expect(201))
        .body as { id: number }
    ).id;
  const accounts = () =>
    host.app.get(DataSource).query<object[]>(`SELECT id, email, role, ${createdAt} FROM users ORDER BY id`);
  const snapshots = async (query: string) =>
    ((await backups.get(`/?${query}`).expect(200)).body as { items: Snapshot[] }).items;

  it('signs people up, and tells an address that is taken', async () => {
    await signUp('ada@example.com');
    const again = { email: 'Ada@Example.com', password: 'a good password', name: 'Again' };
    expect((await host.http.post('/users').send(again).expect(409)).body).toMatchObject({ error_code: 'EMAIL_TAKEN' });
    await host.http.post('/auth/login').send(ADMIN).expect(200);
    expect((await host.http.get('/healthz').expect(200)).body).toEqual({ status: 'ok' });
  });

  it('takes a snapshot of each sign-up, which holds the account', async () => {
    const id = await signUp('grace@example.com');
    const taken = await eventually(async () =>
      (await snapshots('trigger=event')).find(({ trigger }) => trigger.subjects?.some((s) => s.user_id === id)),
    );
    expect(taken.tables['users']?.rows).toBe(3);
    const { body } = await backups.get(`/${taken.id}/tables/users`).expect(200);
    expect(body.rows).toContainEqual(expect.objectContaining({ id, email: 'grace@example.com', role: 'student' }));
    const manifest = await readFile(join(host.folder, 'backups', `${taken.id}.meta.json`), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({
      database: { type, name: bench.database },
      schema: { migrations: ['CreateUsers1700000000000'] },
    });
  });

  it('is restored through its routes, counters too, and keeps the present as a safety snapshot', async () => {
    const before = await accounts();
    const snapshot = await backups.capture({ kind: 'full' });
    const lost = await signUp('late@example.com');
    const preview = (await backups.get(`/${snapshot.id}/restore-preview`).expect(200)).body;
    expect(preview.schema_differences).toEqual([]);
    expect(preview.tables).toContainEqual(expect.objectContaining({ table: 'users', deleted: 1, inserted: 0 }));
    const diff = (await backups.get(`/${snapshot.id}/diff?with=now&table=users`).expect(200)).body;
    expect(JSON.stringify(diff)).toContain('late@example.com');
    const { body } = await backups.post(`/${snapshot.id}/restore?wait=true`, { confirm: snapshot.id }).expect(200);
    expect(body).toMatchObject({ status: 'completed', result: { tables: { users: { rows: before.length } } } });
    expect(await accounts()).toEqual(before);
    expect(body.result.safety_snapshot_id).toMatch(/^pre_restore/);
    expect(await signUp('later@example.com')).toBe(lost);
  });

  it('repeats nothing of its address where it logs, lists or keeps anything', async () => {
    for (const name of await readdir(join(host.folder, 'backups')))
      if (/\.json$/.test(name))
        expect(await readFile(join(host.folder, 'backups', name), 'utf8')).not.toContain(`${type}://`);
  });

  it('does not start without its server, says why, and repeats no password', async () => {
    const program = new Program(host.folder, { DATABASE_URL: `${type}://app:s3cret@127.0.0.1:1/shop` });
    expect(await program.startRefused()).toBe(1);
    expect(program.output).toMatch(/Could not start\. .*127\.0\.0\.1:1\. .*DATABASE_URL/);
    expect(program.output).not.toContain('s3cret');
  });
}

describe.skipIf(!HAS_MYSQL)('the backend on MySQL or MariaDB', () => {
  onServer('mysql', () => MysqlBench.open(), 'created_at');
});

describe.skipIf(!hasPostgres)('the backend on PostgreSQL', () => {
  onServer('postgres', () => PostgresBench.open(), 'created_at::text');
});
