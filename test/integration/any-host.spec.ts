import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  Injectable,
  Module,
  type NestInterceptor,
  UnauthorizedException,
  ValidationPipe,
  type VersioningOptions,
  VersioningType,
} from '@nestjs/common';
import fastifyCompress from '@fastify/compress';
import { type AbstractHttpAdapter, HttpAdapterHost, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import Database from 'better-sqlite3';
import compression from 'compression';
import { map, type Observable } from 'rxjs';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BackupModule } from '../../src/backup/index.js';
import { MaintenanceMode } from '../../src/backup/operations/maintenance.js';
import { Lease } from '../../src/backup/system/lease.js';
import { error } from '../support/backups-client.js';
import { shopOptions } from '../support/shop-options.js';

const BACKUPS = '/api/admin/database/backups';

@Injectable()
class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: unknown }>();
    if (request.headers['x-key'] !== 'right') throw new UnauthorizedException('Show your key.');
    request.user = { email: 'ida@shop.example' };
    return true;
  }
}

/** What many applications do with every answer. */
class Wrapped implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** A format of errors of its own. */
@Catch()
class OwnErrors implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(_: unknown, host: ArgumentsHost): void {
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { oops: true }, 418);
  }
}

interface Host {
  adapter: () => AbstractHttpAdapter;
  versioning: VersioningOptions;
  compress?: (app: INestApplication) => unknown;
}

const URI: VersioningOptions = { type: VersioningType.URI, defaultVersion: '1' };
const HEADER: VersioningOptions = { type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' };
const MEDIA_TYPE: VersioningOptions = { type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '1' };

const express = () => new ExpressAdapter();
const fastify = () => new FastifyAdapter();
/** Whatever its size. */
const threshold = 0;

const HOSTS: Record<string, Host> = {
  'Express, versions in addresses': { adapter: express, versioning: URI },
  'Fastify, versions in addresses': { adapter: fastify, versioning: URI },
  'Express, versions in a header, compression': {
    adapter: express,
    versioning: HEADER,
    compress: (app) => app.use(compression({ threshold })),
  },
  'Express, versions in the media type': { adapter: express, versioning: MEDIA_TYPE },
  'Fastify, versions in a header, compression': {
    adapter: fastify,
    versioning: HEADER,
    compress: (app) => (app as NestFastifyApplication).register(fastifyCompress, { threshold }),
  },
};

describe.each(Object.entries(HOSTS))('in a host that does everything globally (%s)', (_name, host) => {
  let folder: string;
  let url: string;
  let close: () => Promise<void>;
  let maintenance: MaintenanceMode;
  let lease: Lease;
  const get = (path: string) => supertest(url).get(`${BACKUPS}${path}`).set('x-key', 'right');
  const post = (path: string, body: object = {}) =>
    supertest(url).post(`${BACKUPS}${path}`).set('x-key', 'right').send(body);
  const rows = () => {
    const database = new Database(join(folder, 'shop.db'));
    const found = ['users', 'orders'].map((table) => database.prepare(`SELECT * FROM ${table}`).all().length);
    database.close();
    return found;
  };
  const change = (sql: string) => new Database(join(folder, 'shop.db')).exec(sql).close();
  const capture = async () => ((await post('?wait=true').expect(201)).body as { id: string }).id;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'any-host-'));
    change(
      "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1, 'Ida')",
    );

    @Module({
      imports: [BackupModule.forRoot({ ...shopOptions(folder), guard: KeyGuard })],
    })
    class Shop {}

    const app = await NestFactory.create(Shop, host.adapter(), { logger: false });
    app.setGlobalPrefix('api');
    app.enableVersioning(host.versioning);
    await host.compress?.(app);
    app.enableCors();
    app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true, validateCustomDecorators: true }));
    app.useGlobalInterceptors(new Wrapped());
    app.useGlobalFilters(new OwnErrors(app.get(HttpAdapterHost)));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    maintenance = app.get(MaintenanceMode, { strict: false });
    lease = app.get(Lease, { strict: false });
    close = () => app.close();
  });

  afterAll(async () => {
    await close();
    await rm(folder, { recursive: true, force: true });
  });

  it('answers what its routes answer, and not what an interceptor makes of it', async () => {
    const id = await capture();
    expect((await get(`/${id}`).expect(200)).body).toMatchObject({ id, tables: { users: { rows: 1 } } });
    expect((await get('?page_size=1').expect(200)).body).toMatchObject({
      page_size: 1,
      items: [{ id: expect.any(String) }],
    });
    const list = await get('/list').expect(200);
    expect(list.body).toEqual(expect.arrayContaining([expect.objectContaining({ id })]));
    expect(list.headers['content-encoding'] !== undefined).toBe(host.compress !== undefined);
    expect((await get('/health').expect(200)).body).toHaveProperty('status');
    const { headers } = await get(`/${id}`);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': '*' });
  });

  it('answers errors in its own format, those of the guard too', async () => {
    expect((await get('/no_such_id').expect(404)).body).toEqual(error(404, 'SNAPSHOT_NOT_FOUND'));
    const refused = await supertest(url).get(BACKUPS).expect(401);
    expect(refused.body).toEqual({ status_code: 401, error_code: 'UNAUTHORIZED', message: 'Show your key.' });
    const text = post('').set('Content-Type', 'text/plain').send('plan=auto');
    expect((await text.expect(415)).body).toMatchObject({ status_code: 415 });
  });

  it('refuses a misspelt restriction although a pipe of the host would strip it', async () => {
    const id = await capture();
    change('INSERT INTO orders VALUES (1)');
    const { body } = await post(`/${id}/restore?wait=true`, { confirm: id, table: ['users'] }).expect(400);
    expect(body).toMatchObject({ error_code: 'VALIDATION_FAILED', errors: [{ field: 'table' }] });
    expect(rows()).toEqual([1, 1]);
    expect((await get('?pagesize=1').expect(400)).body).toMatchObject({ errors: [{ field: 'pagesize' }] });
    change('DELETE FROM orders');
  });

  it('refuses what a route that changes something does not read, since it may have been meant to restrict it', async () => {
    const id = await capture();
    const remove = (query: string) => supertest(url).delete(`${BACKUPS}/${id}${query}`).set('x-key', 'right');
    for (const request of [
      post('/cleanup', { dry_run: true }),
      remove('?dry_run=true'),
      remove('').send({ dry_run: true }),
      post(`/${id}/verify?dry_run=true`),
      post(`/${id}/verify`, { dry_run: true }),
      post('/config/preview?dry_run=true', {}),
      get('/list?dry_run=true'),
      get('/all?dry_run=true'),
    ])
      expect((await request.expect(400)).body).toMatchObject({ errors: [{ field: 'dry_run' }] });
    await get(`/${id}?token=of-a-guard`).expect(200);
    await post(`/${id}/verify`, {}).expect(200);
    await remove('').expect(204);
  });

  it('names no address that the prefix of the host makes another one', async () => {
    for (const path of ['/no_such_id', '/jobs/no-such-job', '/extract/no-such-archive/no-such-file']) {
      const { body } = (await get(path).expect(404)) as { body: { message: string } };
      expect(body.message).toContain('GET …/backups');
    }
  });

  it('refuses what a page of another site makes a browser send, and takes it from its own pages', async () => {
    const bare = (headers: object) =>
      supertest(url)
        .post(BACKUPS)
        .set({ 'x-key': 'right', ...headers });
    for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }])
      expect((await bare(headers).expect(403)).body).toEqual(error(403, 'FORBIDDEN'));
    await bare({ 'Sec-Fetch-Site': 'same-origin' }).query('wait=true').expect(201);
    await bare({ Origin: 'https://evil.example', 'X-Requested-With': 'fetch' }).query('wait=true').expect(201);
  });

  it('restores, and names who asked for it', async () => {
    const id = await capture();
    change('DELETE FROM users; INSERT INTO orders VALUES (7)');
    const { body } = await post(`/${id}/restore?wait=true`, { confirm: id, tables: ['users'] }).expect(200);
    expect(body).toMatchObject({ status: 'completed', requested_by: 'ida@shop.example' });
    expect(rows()).toEqual([1, 1]);
    change('DELETE FROM orders');
  });

  it('streams documents, rows and differences', async () => {
    const id = await capture();
    const download = await get(`/${id}/download`).buffer().expect(200);
    expect(download.headers['content-disposition']).toContain(`${id}.json`);
    if (download.headers['content-encoding'] === undefined)
      expect(download.headers['content-length']).toBe(String(Buffer.byteLength(download.text)));
    expect(JSON.parse(download.text)).toHaveProperty('tables');
    expect((await get(`/${id}/tables/users`).expect(200)).body).toMatchObject({ rows: [{ id: 1, name: 'Ida' }] });
    change("UPDATE users SET name = 'Lin'");
    const diff = await get(`/${id}/diff?with=now&table=users`).expect(200);
    expect(JSON.stringify(diff.body)).toContain('Lin');
    expect((await get(`/${id}/diff?with=now`).expect(200)).body).toHaveProperty('tables');
    change("UPDATE users SET name = 'Ida'");
  });

  it('sends what becomes of a job as events', async () => {
    const { body: job } = (await post('').expect(202)) as { body: { id: string } };
    const events = await get(`/jobs/${job.id}/events`).buffer().expect(200);
    expect(events.headers['content-type']).toContain('text/event-stream');
    expect(events.headers['cache-control']).toContain('no-transform');
    expect(events.headers).not.toHaveProperty('content-encoding'); // compression would hold events back
    const last = events.text.trim().split('\n\n').at(-1)!;
    expect(last).toMatch(/^id: \d+\ndata: /);
    expect(JSON.parse(last.slice(last.indexOf('{')))).toMatchObject({ id: job.id, status: 'completed' });
  });

  it('turns requests away while a restore runs, but for those that follow it', async () => {
    const held = (await lease.tryAcquire({ purpose: 'test' }))!;
    try {
      await maintenance.during(held.fence, async () => {
        expect((await get('').expect(503)).body).toMatchObject({ error_code: 'MAINTENANCE' });
        await supertest(url).get('/api/v1/products').expect(503);
        await supertest(url).get('/outside-of-the-prefix').expect(503);
        await get('/jobs').expect(200);
      });
    } finally {
      await held.release();
    }
    await get('').expect(200);
  });

  it('deletes with an empty answer', async () => {
    const id = await capture();
    const { text } = await supertest(url).delete(`${BACKUPS}/${id}`).set('x-key', 'right').expect(204);
    expect(text).toBe('');
    await get(`/${id}`).expect(404);
  });
});
