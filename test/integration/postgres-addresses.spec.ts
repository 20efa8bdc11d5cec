import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseTarget } from '../../src/backup/database.options.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import { databaseOptions } from '../../src/config/database.js';
import type { Environment } from '../../src/config/environment.js';
import { hostDatabase } from '../../src/config/backup/host-database.js';
import { Authority } from '../support/certificates.js';
import { EngineBench } from '../support/engine-bench.js';
import { hasServerPrograms, PrivatePostgres } from '../support/private-postgres.js';

describe.skipIf(!hasServerPrograms)('the address of a PostgreSQL server', () => {
  let server: PrivatePostgres;
  let ca: string;
  let otherCa: string;
  let client: { cert: string; key: string };

  beforeAll(async () => {
    server = await PrivatePostgres.start((own) => {
      const authority = new Authority(own.folder, 'authority');
      ca = authority.certificate;
      otherCa = new Authority(own.folder, 'other').certificate;
      client = authority.issue('certified');
      const { cert, key } = authority.issue('server', 'DNS:localhost');
      own.own(cert);
      own.own(key);
      const rules = [
        'hostssl all certified all cert',
        'hostssl all encrypted all trust',
        'hostssl all secret all scram-sha-256',
        'host all postgres all trust',
        'local all all trust',
      ];
      writeFileSync(join(own.folder, 'primary', 'pg_hba.conf'), `${rules.join('\n')}\n`);
      return ['ssl = on', `ssl_cert_file = '${cert}'`, `ssl_key_file = '${key}'`, `ssl_ca_file = '${ca}'`];
    });
    const administrator = new pg.Client({
      host: '127.0.0.1',
      port: server.port,
      user: 'postgres',
      database: 'postgres',
    });
    await administrator.connect();
    await administrator.query(`CREATE ROLE certified LOGIN SUPERUSER; CREATE ROLE encrypted LOGIN SUPERUSER; CREATE ROLE secret LOGIN SUPERUSER PASSWORD 'p#/w';
      CREATE SCHEMA app; CREATE TABLE app.migrations (id integer, name text); INSERT INTO app.migrations VALUES (1, 'A1'); CREATE TABLE t (a integer); INSERT INTO t VALUES (1)`);
    await administrator.end();
  });
  afterAll(() => server.close());

  let benches: Record<'json' | 'native', EngineBench>;
  beforeEach(async () => {
    benches = {
      json: await EngineBench.open(new JsonEngine(new EngineHost())),
      native: await EngineBench.open(new NativeEngine(new EngineHost())),
    };
  });
  afterEach(async () => {
    for (const bench of Object.values(benches)) await bench.close();
  });

  const url = (text: string) =>
    text
      .replaceAll('PORT', String(server.port))
      .replaceAll('FOLDER', encodeURIComponent(server.folder))
      .replaceAll('OTHER_CA', otherCa)
      .replaceAll('CA', ca)
      .replaceAll('CERT', client.cert)
      .replaceAll('KEY', client.key);

  it.each([
    'postgres://encrypted@localhost:PORT/postgres?sslmode=verify-full&sslrootcert=CA',
    'postgres://encrypted@localhost:PORT/postgres?sslrootcert=CA',
    'postgres://encrypted@127.0.0.1:PORT/postgres?sslmode=verify-ca&sslrootcert=CA',
    'postgres://encrypted@127.0.0.1:PORT/postgres?sslmode=require',
    'postgres://encrypted@127.0.0.1:PORT/postgres?sslmode=prefer',
    'postgres://certified@localhost:PORT/postgres?sslmode=verify-full&sslrootcert=CA&sslcert=CERT&sslkey=KEY',
    'postgres://secret:p%23%2Fw@localhost:PORT/postgres?sslmode=require&channel_binding=require',
    'postgres://FOLDER:PORT/postgres',
    'postgres://postgres@/postgres?host=FOLDER&port=PORT',
    'postgres://postgres@127.0.0.1:1,127.0.0.1:PORT/postgres?target_session_attrs=read-write&connect_timeout=5',
    'postgres://postgres@127.0.0.1:PORT/postgres?options=-c%20search_path%3Dapp&application_name=a%27b',
    'postgresql://encrypted@localhost:PORT/postgres?schema=app&connection_limit=5&sslcert=CA&sslaccept=strict',
  ])('%s leads there, both engines and the backend', async (text) => {
    const target = databaseTarget(url(text), 'database');
    for (const bench of Object.values(benches)) {
      const { manifest } = await bench.capture(target);
      expect(manifest.tables).toMatchObject({ t: { rows: 1 } });
    }
    if (/search_path|schema=app/.test(text)) expect(benches.json.lastCapture!.schema.migrations).toEqual(['A1']);
    const backend = new DataSource(await backendOptions(url(text)));
    await backend.initialize();
    expect(await backend.query('SELECT a FROM public.t')).toEqual([{ a: 1 }]);
    await backend.destroy();
  });

  it.each([
    ['postgres://encrypted@localhost:PORT/postgres?sslmode=verify-full', /certificate|root/],
    ['postgres://encrypted@localhost:PORT/postgres?sslmode=verify-full&sslrootcert=OTHER_CA', /certificate/],
    ['postgres://encrypted@127.0.0.1:PORT/postgres?sslmode=verify-full&sslrootcert=CA', /certificate/],
    ['postgres://encrypted@127.0.0.1:PORT/postgres', /pg_hba|encryption/],
    ['postgres://certified@localhost:PORT/postgres?sslmode=require', /certificate/],
    ['postgres://postgres@127.0.0.1:PORT/postgres?target_session_attrs=standby', /standby/],
    ['postgres://encrypted@localhost:PORT/postgres?sslmode=require&channel_binding=require', /channel binding/],
  ])('%s is refused by both engines', async (text, message) => {
    const target = databaseTarget(url(text), 'database');
    for (const bench of Object.values(benches))
      await expect(bench.capture(target)).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(message),
      });
  });

  it('is read from options as TypeORM has them, whose certificates are texts, which programs cannot read', async () => {
    const options: DataSourceOptions = {
      ...{ type: 'postgres', host: 'localhost', port: server.port, username: 'certified', database: 'postgres' },
      schema: 'app',
      ssl: { ca: readFileSync(ca), cert: readFileSync(client.cert, 'utf8'), key: readFileSync(client.key) },
    };
    const host = await new DataSource(options).initialize();
    const target = databaseTarget(host, 'database');
    await host.destroy();
    const { manifest } = await benches.json.capture(target);
    expect(manifest.tables).toMatchObject({ t: { rows: 1 } });
    expect(manifest.schema).toMatchObject({ migrations: ['A1'] });
    await expect(benches.native.capture(target)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/names the files \(sslrootcert/),
    });
  });

  it('may leave the authority to NODE_EXTRA_CA_CERTS, which reaches the engine host and the programs', async () => {
    const target = databaseTarget(url('postgres://encrypted@localhost:PORT/postgres?sslmode=verify-full'), 'database');
    process.env['NODE_EXTRA_CA_CERTS'] = ca;
    try {
      for (const bench of Object.values(benches))
        expect((await bench.capture(target)).manifest.tables).toMatchObject({ t: { rows: 1 } });
    } finally {
      delete process.env['NODE_EXTRA_CA_CERTS'];
    }
  });
});

async function backendOptions(url: string) {
  const environment = { database: hostDatabase(url) } as Environment;
  return (await databaseOptions(environment, [])) as DataSourceOptions;
}
