import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Injectable,
  type INestApplication,
  Module,
  type NestInterceptor,
  UnauthorizedException,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, HttpAdapterHost, NestFactory, RouterModule } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import Database from 'better-sqlite3';
import helmet from 'helmet';
import { map } from 'rxjs';
import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BackupModule, type DashboardOptions } from '../../src/backup/index.js';
import { PAGES } from '../../src/backup/dashboard/dashboard.middleware.js';
import { MaintenanceMode } from '../../src/backup/operations/maintenance.js';
import { Lease } from '../../src/backup/system/lease.js';
import { shopOptions } from '../support/shop-options.js';

/** Nobody passes, neither the routes of the host nor those of the library. */
@Injectable()
class NobodyGuard implements CanActivate {
  canActivate(): never {
    throw new UnauthorizedException();
  }
}

const wrapped: NestInterceptor = { intercept: (_, next) => next.handle().pipe(map((data: unknown) => ({ data }))) };

/** A format of errors of its own. */
@Catch()
class Teapots implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(_: unknown, host: ArgumentsHost): void {
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { oops: true }, 418);
  }
}

/** Routes of the host beside and below the path of the dashboard. */
@Controller({ path: 'ops/backups', version: VERSION_NEUTRAL })
class ReportsController {
  @Get('reports')
  reports(): object {
    return { of: 'the host' };
  }
}

const ADAPTERS = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };
const PAGE = '/ops/backups';

let folder: string;
let app: INestApplication | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dashboard-in-a-host-'));
  new Database(join(folder, 'shop.db')).exec('CREATE TABLE t (id INTEGER PRIMARY KEY)').close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Host {
  adapter?: () => ExpressAdapter | FastifyAdapter;
  dashboard?: DashboardOptions;
  /** Module of the host, by the path that it gives to the library. */
  below?: string;
  prepare?: (app: INestApplication) => void;
  guarded?: boolean;
}

async function open({ adapter = ADAPTERS.Express, dashboard, below, prepare, guarded = false }: Host) {
  const options = { ...shopOptions(folder), ...(dashboard ? { dashboard } : {}) };
  @Module({
    imports: [
      BackupModule.forRoot({ ...options, guard: NobodyGuard }),
      ...(below === undefined ? [] : [RouterModule.register([{ path: below, module: BackupModule }])]),
    ],
    controllers: [ReportsController],
    providers: guarded ? [{ provide: APP_GUARD, useClass: NobodyGuard }] : [],
  })
  class Shop {}
  app = await NestFactory.create(Shop, adapter(), { logger: false, abortOnError: false });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return supertest(await app.getUrl());
}

async function close(): Promise<void> {
  await app?.close();
  app = undefined;
}

/** What the server has written into the page. */
function settingsIn(html: string): Record<string, unknown> {
  const [, content] = /<meta name="backups-dashboard" content="([^"]*)"/.exec(html)!;
  return JSON.parse(
    content!.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  ) as never;
}

describe.each(Object.entries(ADAPTERS))('the dashboard in a host on %s that does everything globally', (_, adapter) => {
  let http: ReturnType<typeof supertest>;

  beforeAll(async () => {
    http = await open({
      adapter,
      dashboard: { path: PAGE, signIn: { url: '/login?from="shop"&<b>' } },
      guarded: true,
      prepare: (host) => {
        host.setGlobalPrefix('api');
        host.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
        host.enableCors({ origin: 'https://shop.example' });
        host.use(helmet());
        host.useGlobalInterceptors(wrapped);
        host.useGlobalFilters(new Teapots(host.get(HttpAdapterHost)));
      },
    });
  });
  afterAll(close);

  const asset = async () => {
    const { text } = await http.get(PAGE).expect(200);
    return new RegExp(`"(${PAGE}/assets/index-[\\w-]+\\.js)"`).exec(text)![1]!;
  };

  it.each(PAGES)('is the page at /%s, with a policy of its own and never kept without asking', async (page) => {
    const { text, headers } = await http.get(`${PAGE}/${page}`).expect(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'content-length': String(Buffer.byteLength(text)),
    });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/);
    expect(headers).not.toHaveProperty('etag'); // its nonce is another one each time
    expect(text).toContain('<div id="app">');
    expect(text).not.toMatch(/__CSP_NONCE__|="\.\/|<script(?![^>]*\bsrc=)/);
  });

  it('says where it is, where the API is, and how to sign in', async () => {
    const { text } = await http.get(`${PAGE}/snapshots/some_id?q=1`).expect(200);
    expect(settingsIn(text)).toEqual({
      path: PAGE,
      apiPrefix: '/api',
      signIn: { url: '/login?from="shop"&<b>' },
    });
    await http.get('/api/admin/database/backups/health').expect(401);
  });

  it('gives its files with their types, for good, compressed where that is understood', async () => {
    const path = await asset();
    const compressed = await http.get(path).set('Accept-Encoding', 'br, gzip;q=0.5').expect(200);
    const plain = await http.get(path).set('Accept-Encoding', 'gzip;q=0').expect(200);
    expect(compressed.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'content-encoding': 'gzip',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: expect.stringMatching(/Accept-Encoding/),
    });
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect(plain.text).toBe(compressed.text);
    expect(plain.text).toBe(readFileSync(join('dist/dashboard/public', path.slice(PAGE.length)), 'utf8'));
    const style = readdirSync('dist/dashboard/public/assets').find((name) => name.endsWith('.css'))!;
    await http.get(`${PAGE}/assets/${style}`).expect(200).expect('Content-Type', 'text/css; charset=utf-8');
  });

  it('answers HEAD without, and a known file with 304', async () => {
    const path = await asset();
    const { headers } = await http.head(path).set('Accept-Encoding', 'identity').expect(200);
    expect(headers['content-length']).toBe(
      String(readFileSync(join('dist/dashboard/public', path.slice(PAGE.length))).length),
    );
    expect((await http.head(PAGE).expect(200)).text).toBeFalsy();
    const known = await http.get(path).set('If-None-Match', `"other", ${headers['etag']}`).expect(304);
    expect(known.text).toBe('');
    expect(known.headers).toMatchObject({ 'cache-control': expect.stringContaining('immutable') });
    await http.get(path).set('If-None-Match', '"other"').expect(200);
  });

  it.each([
    'nothing-here.js',
    '..%2findex.html',
    '..%2f..%2f..%2fpackage.json',
    '%2e%2e/%2e%2e/package.json',
    '../../package.json',
    '../index.html',
    '..\\index.html',
    '',
    'constructor',
  ])('has no file assets/%s', async (name) => {
    // As it is written: a client of HTTP would tidy the path up first.
    const answer = await raw(app!, `GET ${PAGE}/assets/${name} HTTP/1.1`);
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(answer).toContain('"error_code":"NOT_FOUND"');
    expect(answer).not.toContain('<!doctype');
  });

  it('leaves alone what is not its own', async () => {
    const elsewhere = ['/', '/ops', `${PAGE}x`, `${PAGE}/nothing-here`, `/api${PAGE}`, `/v1${PAGE}`, `/api/v1${PAGE}`];
    const asked = [...elsewhere.map((path) => http.get(path)), http.post(PAGE).send({}), http.options(PAGE)];
    for (const answer of await Promise.all(asked)) {
      expect(answer.status).not.toBe(200);
      expect(answer.text).not.toContain('<div id="app">');
    }
    await http.get(`/api${PAGE}/reports`).expect(418); // the guard of the host, and its filter
  });

  it('is there while a restore runs', async () => {
    const lease = app!.get(Lease, { strict: false });
    const held = (await lease.tryAcquire({ purpose: 'test' }))!;
    try {
      await app!.get(MaintenanceMode, { strict: false }).during(held.fence, async () => {
        await http.get('/api/v1/anything').expect(503);
        await http.get(PAGE).expect(200);
        await http.get(await asset()).expect(200);
      });
    } finally {
      await held.release();
    }
  });
});

describe('the dashboard', () => {
  afterEach(close);

  it.each<[string, Host, string]>([
    ['no prefix', {}, ''],
    ['a prefix of two parts', { prepare: (host) => host.setGlobalPrefix('/shop/api/') }, '/shop/api'],
    ['a path of a RouterModule', { below: 'ops', prepare: (host) => host.setGlobalPrefix('api') }, '/api/ops'],
    [
      'a prefix that leaves the routes out',
      { prepare: (host) => host.setGlobalPrefix('api', { exclude: ['admin/database/backups/*path'] }) },
      '',
    ],
    [
      'versions in a header',
      {
        prepare: (host) =>
          host
            .setGlobalPrefix('api')
            .enableVersioning({ type: VersioningType.HEADER, header: 'x', defaultVersion: '2' }),
      },
      '/api',
    ],
    [
      'versions in media types',
      { prepare: (host) => host.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '2' }) },
      '',
    ],
  ])('finds the API behind %s', async (_, host, apiPrefix) => {
    const http = await open({ ...host, dashboard: { path: PAGE } });
    const { text } = await http.get(PAGE).expect(200);
    expect(settingsIn(text)).toEqual({ path: PAGE, apiPrefix, signIn: {} });
    await http.get(`${apiPrefix}/admin/database/backups/health`).expect(401);
  });

  it('leaves routes of the host below its path alone', async () => {
    const http = await open({ dashboard: { path: PAGE } });
    expect((await http.get(`${PAGE}/reports`).expect(200)).body).toEqual({ of: 'the host' });
  });

  it('is not served unless that is asked for', async () => {
    const http = await open({});
    await http.get('/admin/backups').expect(404);
  });

  it('may be above the routes of the API, and not on them', async () => {
    const http = await open({ dashboard: { path: '/admin/database' } });
    await http.get('/admin/database').expect(200).expect('Content-Type', /html/);
    await http.get('/admin/database/backups/health').expect(401);
    await close();
    const prepare = (host: INestApplication) => host.setGlobalPrefix('api');
    const onRoutes = open({ dashboard: { path: '/api/admin/database/backups/ui' }, prepare });
    await expect(onRoutes).rejects.toThrow(/"dashboard.path" is at \/api\/admin\/database\/backups/);
  });
});

it('is served at the addresses that its router knows', () => {
  const routes = [...readFileSync('dashboard/src/router.ts', 'utf8').matchAll(/\bpath: '\/([\w-]*)/g)];
  expect([...new Set(routes.map(([, first]) => first))].sort()).toEqual([...PAGES].sort());
});

/** The whole answer to a request as it is written. */
function raw(host: INestApplication, line: string): Promise<string> {
  const { port } = (host as NestExpressApplication).getHttpServer().address() as { port: number };
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\nHost: shop\r\nConnection: close\r\n\r\n`));
    socket.on('data', (piece: Buffer) => (answer += piece.toString()));
    socket.on('error', reject).on('close', () => resolve(answer));
  });
}
