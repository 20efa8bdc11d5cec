import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenAPIObject } from '@nestjs/swagger';
import { createOpenApiDocument } from '../../src/app.setup.js';
import { BACKUPS, BackupsClient, error } from '../support/backups-client.js';
import { startHostApp, type HostApp } from '../support/host-app.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

describe('access to the backup routes', () => {
  let host: HostApp;
  let backups: BackupsClient;
  let routes: { method: Method; path: string }[];
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    host = await startHostApp();
    backups = new BackupsClient(host);
    const person = (name: string) => ({ email: `${name}@example.com`, password: 'a good password', name });
    const student = await host.http.post('/users').send(person('student')).expect(201);
    const instructor = await host.http
      .post('/instructors')
      .auth(host.adminToken, { type: 'bearer' })
      .send(person('instructor'))
      .expect(201);
    tokens['student'] = await host.tokenOf((student.body as { id: number }).id);
    tokens['instructor'] = await host.tokenOf((instructor.body as { id: number }).id);
    routes = adminRoutes(createOpenApiDocument(host.app));
  });
  afterAll(() => host.close());

  const call = (method: Method, path: string, token?: string) => {
    const request = host.http[method](path.replaceAll(/\{\w+\}/g, 'unknown'));
    return token === undefined ? request : request.auth(token, { type: 'bearer' });
  };

  it('covers every route that the contract names', () => {
    expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      [
        'get ',
        'post ',
        'get /list',
        'get /all',
        'get /config',
        'put /config',
        'post /config/preview',
        'get /schedule',
        'get /sources',
        'get /stats',
        'get /health',
        'get /status',
        'post /cleanup',
        'get /extract/{archive}/{filename}',
        'get /newest',
        'get /{id}',
        'get /{id}/dependents',
        'get /{id}/files',
        'get /{id}/files/content',
        'patch /{id}',
        'delete /{id}',
        'get /{id}/download',
        'get /{id}/tables/{table}',
        'get /{id}/diff',
        'get /{id}/restore-preview',
        'post /{id}/verify',
        'post /{id}/restore',
        'get /jobs',
        'get /jobs/{job_id}',
        'delete /jobs/{job_id}',
        'get /jobs/{job_id}/events',
      ]
        .map((route) => route.replace(' ', ` ${BACKUPS}`))
        .sort(),
    );
  });

  it('is refused to everybody without a token: 401', async () => {
    for (const { method, path } of routes) {
      const { status, body } = await call(method, path);
      expect({ method, path, status, body }).toEqual({ method, path, status: 401, body: error(401, 'UNAUTHORIZED') });
    }
  });

  it.each(['student', 'instructor'])('is refused to a %s: 403', async (role) => {
    for (const { method, path } of routes) {
      const { status, body } = await call(method, path, tokens[role]);
      expect({ method, path, status, body }).toEqual({ method, path, status: 403, body: error(403, 'FORBIDDEN') });
    }
  });

  it('is granted to an admin', async () => {
    for (const { method, path } of routes) {
      const { status } = await call(method, path, host.adminToken);
      expect([200, 202, 400, 404], `${method} ${path}: ${status}`).toContain(status);
    }
  });

  it('asks who is calling before it looks at what is asked', async () => {
    await host.http.get(`${BACKUPS}?page=abc`).expect(401);
    await host.http.post(`${BACKUPS}/..%2f..%2fetc/verify`).expect(401);
  });

  describe('hostile names', () => {
    const HOSTILE = [
      '..%2f..%2f..%2fetc%2fpasswd',
      '%2e%2e%2fbackup_config',
      '..%5c..%5cwindows',
      '%2fetc%2fpasswd',
      'auto_backup%00',
      '%00',
      'catalog.sqlite',
      '.hidden',
      '-rf',
      'AUTO_BACKUP_20260130_120000',
      'a'.repeat(122),
      'a'.repeat(4000),
      'a%20b',
      'a%0ab',
      '%F0%9F%93%A6',
      'a%E2%80%AEb',
      'a;rm',
      "a'--",
      '%25s%25n',
      '__proto__%2e',
      'constructor.prototype',
    ];

    /** With a short form for the name of the test. */
    const each = (names: string[]) => it.each(names.map((name) => [name.slice(0, 50), name] as const));

    each(HOSTILE)('%s is no snapshot', async (_, name) => {
      const known = error(404, 'SNAPSHOT_NOT_FOUND');
      expect((await backups.get(`/${name}`).expect(404)).body).toEqual(known);
      expect((await backups.get(`/${name}/download`).expect(404)).body).toEqual(known);
      expect((await backups.get(`/${name}/download?raw=true`).expect(404)).body).toEqual(known);
      expect((await backups.get(`/${name}/tables/users`).expect(404)).body).toEqual(known);
      expect((await backups.post(`/${name}/verify`).expect(404)).body).toEqual(known);
      expect(
        (await backups.post(`/${name}/restore`, { confirm: decodeURIComponent(name).replaceAll('\0', '') }).expect(404))
          .body,
      ).toEqual(known);
      expect((await backups.patch(`/${name}`, { pinned: true }).expect(404)).body).toEqual(known);
      expect((await backups.delete(`/${name}`).expect(404)).body).toEqual(known);
    });

    each([
      ...HOSTILE,
      'archived_backups_20260115.zip%00',
      'archived_backups_2026011.zip',
      'x%2farchived_backups_20260115.zip',
    ])('%s is no archive', async (_, name) => {
      expect((await backups.get(`/extract/${name}/a.json`).expect(404)).body).toEqual(error(404, 'ARCHIVE_NOT_FOUND'));
    });

    each(
      [...HOSTILE, ...HOSTILE.map((name) => `${name}.json`), 'a.meta.json', 'README.txt'].filter(
        (name) => name !== 'catalog.sqlite.json',
      ),
    )('%s is no document in an archive', async (_, name) => {
      const { status, body } = await backups.get(`/extract/archived_backups_20260115.zip/${name}`);
      expect({ status, body }).toEqual({ status: 400, body: error(400, 'FILE_NOT_IN_ARCHIVE') });
    });

    each(HOSTILE)('%s is no job', async (_, name) => {
      expect((await backups.get(`/jobs/${name}`).expect(404)).body).toEqual(error(404, 'JOB_NOT_FOUND'));
      expect((await backups.get(`/jobs/${name}/events`).expect(404)).body).toEqual(error(404, 'JOB_NOT_FOUND'));
      expect((await backups.delete(`/jobs/${name}`).expect(404)).body).toEqual(error(404, 'JOB_NOT_FOUND'));
    });

    it('broken escapes are a bad request, not a mistake of the server', async () => {
      await backups.get('/%E0%A4%A').expect(400);
      await backups.get('/extract/%c0%ae%c0%ae/x.json').expect(400);
    });
  });
});

const adminRoutes = (document: OpenAPIObject): { method: Method; path: string }[] =>
  Object.entries(document.paths)
    .filter(([path]) => path.startsWith(BACKUPS))
    .flatMap(([path, item]) => Object.keys(item).map((method) => ({ method: method as Method, path })));
