import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseDatabaseUrl } from './database-url.js';

describe('parseDatabaseUrl', () => {
  it.each([
    ['sqlite:./data/app.sqlite', { type: 'sqlite', path: resolve('data/app.sqlite') }],
    ['sqlite:///srv/app.db', { type: 'sqlite', path: '/srv/app.db' }],
    [
      'postgres://app:p%40ss@db.internal:6000/shop?sslmode=verify-full',
      {
        type: 'postgres',
        host: 'db.internal',
        port: 6000,
        user: 'app',
        password: 'p@ss',
        database: 'shop',
        tls: 'verify',
      },
    ],
    [
      'postgresql://[::1]/shop',
      { type: 'postgres', host: '::1', port: 5432, user: 'postgres', password: '', database: 'shop', tls: 'off' },
    ],
    [
      'postgres:///shop?host=/var/run/postgresql',
      {
        type: 'postgres',
        host: '/var/run/postgresql',
        port: 5432,
        user: 'postgres',
        password: '',
        database: 'shop',
        tls: 'off',
      },
    ],
    [
      'mariadb://root@localhost/a%20b?sslmode=require',
      { type: 'mysql', host: 'localhost', port: 3306, user: 'root', password: '', database: 'a b', tls: 'require' },
    ],
    [
      'postgres://app:p%2Fw@[::1]:1,db-2:6000,db-3/shop?target_session_attrs=read-write&connect_timeout=3&options=-c%20search_path%3Dapp&application_name=x&channel_binding=require',
      {
        ...{ type: 'postgres', host: '::1', port: 1, user: 'app', password: 'p/w', database: 'shop', tls: 'off' },
        otherServers: [
          { host: 'db-2', port: 6000 },
          { host: 'db-3', port: 5432 },
        ],
        ...{ role: 'read-write', connectTimeoutSeconds: 3, options: '-c search_path=app', applicationName: 'x' },
        channelBinding: 'require',
      },
    ],
    [
      'postgres://%2Fvar%2Frun%2Fpostgresql:6000/shop?user=a%40b',
      {
        type: 'postgres',
        host: '/var/run/postgresql',
        port: 6000,
        user: 'a@b',
        password: '',
        database: 'shop',
        tls: 'off',
      },
    ],
    [
      'postgres://app:a@b@db/?dbname=shop&port=7&password=p%23w&keepalives=1&keepalives_idle=30&client_encoding=UTF8',
      { type: 'postgres', host: 'db', port: 7, user: 'app', password: 'p#w', database: 'shop', tls: 'off' },
    ],
    [
      'postgres://app@x/shop?host=a,b&port=1,2',
      {
        ...{ type: 'postgres', host: 'a', port: 1, user: 'app', password: '', database: 'shop', tls: 'off' },
        otherServers: [{ host: 'b', port: 2 }],
      },
    ],
    [
      'postgres://db/shop?sslmode=verify-full&sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem&sslpassword=x',
      {
        ...{
          type: 'postgres',
          host: 'db',
          port: 5432,
          user: 'postgres',
          password: '',
          database: 'shop',
          tls: 'verify',
        },
        tlsFiles: { ca: '/ca.pem', cert: '/c.pem', key: '/k.pem', keyPassword: 'x' },
      },
    ],
    [
      'mysql://app@db/shop?socketPath=/run/mysqld/mysqld.sock&charset=utf8mb4',
      {
        type: 'mysql',
        host: '/run/mysqld/mysqld.sock',
        port: 3306,
        user: 'app',
        password: '',
        database: 'shop',
        tls: 'off',
      },
    ],
    [
      'mysql://app@db/shop?ssl-mode=VERIFY_CA&ssl-ca=/ca.pem',
      {
        ...{ type: 'mysql', host: 'db', port: 3306, user: 'app', password: '', database: 'shop', tls: 'verify-ca' },
        tlsFiles: { ca: '/ca.pem' },
      },
    ],
    [
      'postgresql://app:p@db:5432/shop?schema=public&connection_limit=5&pool_timeout=0&pgbouncer=false&socket_timeout=3',
      { type: 'postgres', host: 'db', port: 5432, user: 'app', password: 'p', database: 'shop', tls: 'off' },
    ],
    [
      'postgresql://app@db/shop?options=-c%20work_mem%3D8MB&schema=my%20"shop"',
      {
        ...{ type: 'postgres', host: 'db', port: 5432, user: 'app', password: '', database: 'shop', tls: 'off' },
        options: String.raw`-c work_mem=8MB -c search_path="my\ ""shop"""`,
      },
    ],
    [
      'postgresql://app@db/shop?sslmode=require&sslcert=/ca.pem&sslaccept=strict',
      {
        ...{ type: 'postgres', host: 'db', port: 5432, user: 'app', password: '', database: 'shop', tls: 'verify' },
        tlsFiles: { ca: '/ca.pem' },
      },
    ],
    [
      'postgresql://app@db/shop?sslcert=/ca.pem&sslaccept=accept_invalid_certs',
      { type: 'postgres', host: 'db', port: 5432, user: 'app', password: '', database: 'shop', tls: 'prefer' },
    ],
    [
      'postgres://app@db/shop?ssl=true',
      { type: 'postgres', host: 'db', port: 5432, user: 'app', password: '', database: 'shop', tls: 'verify' },
    ],
    [
      'postgres://app@db/shop?sslmode=no-verify',
      { type: 'postgres', host: 'db', port: 5432, user: 'app', password: '', database: 'shop', tls: 'require' },
    ],
    [
      'mysql://app@db/shop?connection_limit=5&sslaccept=strict&sslcert=/ca.pem',
      {
        ...{ type: 'mysql', host: 'db', port: 3306, user: 'app', password: '', database: 'shop', tls: 'verify' },
        tlsFiles: { ca: '/ca.pem' },
      },
    ],
    [
      'mysql://app@db/shop?ssl={"rejectUnauthorized":false}',
      { type: 'mysql', host: 'db', port: 3306, user: 'app', password: '', database: 'shop', tls: 'require' },
    ],
    ['file:./data/dev.db?connection_limit=1&socket_timeout=10', { type: 'sqlite', path: resolve('data/dev.db') }],
    ['file:///srv/dev.db', { type: 'sqlite', path: '/srv/dev.db' }],
  ])('reads %s', (url, address) => {
    expect(parseDatabaseUrl(url)).toEqual(address);
  });

  it.each([
    ['./app.sqlite', /no scheme/],
    ['sqlite::memory:', /must name a file/],
    ['oracle://app:s3cret@db.internal/shop', /"oracle:" is not supported/],
    ['postgres://app:s3cret@db.internal', /names no database/],
    ['mysql://app:s3cret@db.internal:port/shop', /host or port cannot be read/],
    ['mysql://app:s3cret@db.internal:70000/shop', /host or port cannot be read/],
    ['mysql://app:s3cret@db.internal/shop?flags=1', /parameter "flags" is not known; known: .*socketPath.*ssl-ca/],
    [
      'postgres://app:s3cret@db.internal/shop?service=x',
      /"service" is not known; known: .*connect_timeout.*sslrootcert/,
    ],
    [
      'postgres://app:s3cret@db.internal/shop?sslmode=maybe',
      /sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full/,
    ],
    ['postgres://app:s3cret@db.internal/shop?sslmode', /no value/],
    ['postgres://app:s3cret@db.internal/shop?connect_timeout=soon', /connect_timeout must be a whole number/],
    ['postgres://app:s3cret@db.internal/shop?sslcert=/c.pem', /needs both/],
    ['postgres://app:s3cret@db.internal,db.internal/shop?port=1,2,3', /as many ports as servers/],
    ['mysql://app:s3cret@db.internal,db.internal/shop', /several servers/],
    ['mysql://app:s3cret@192.0.2.1/shop?ssl-ca=/ca.pem', /instead of its IP address, or choose ssl-mode=VERIFY_CA/],
    ['mysql://app:s3cret@[2001:db8::1]/shop?sslmode=verify-full', /instead of its IP address/],
    ['postgres://app:s3cret#x@db.internal/shop', /"#" in its user or password.*write "%23"/],
    ['postgres://app:s3cret/x@db.internal/shop', /"\/" in its user or password.*write "%2F"/],
    ['postgres://app:12/s3cret@db.internal/shop', /write "%2F"/],
    ['mysql://app:s3cret?x@db.internal/shop', /"\?" in its user or password.*write "%3F"/],
    ['mysql://app:s3cret?x=1&y@z@db.internal/shop', /write "%3F"/],
    ['postgres://app:s3@cret/x@db.internal/shop', /write "%2F"/],
    ['postgres://app:s3cret@db.internal/shop#x', /"#" in it.*write "%23"/],
    ['postgres://s3cret@db.internal/shop?user=a@b&sslmode=s3cret', /sslmode must be/],
    ['postgres://app:s3cret%@db.internal/shop', /does not begin an escape/],
    ['file::memory:', /must name a file/],
    ['file:dev.db?mode=s3cret', /parameters other than those of a pool; known: connection_limit/],
    ['postgres://app:s3cret@db.internal/shop?pgbouncer=true', /pooler \(pgbouncer=true\).*DIRECT_URL/],
    ['postgres://app:s3cret@db.internal/shop?sslidentity=x.p12', /PKCS #12.*openssl pkcs12.*sslcert and sslkey/],
    ['postgres://app:s3cret@db.internal/shop?sslaccept=yes', /sslaccept must be one of strict/],
    ['postgres://app:s3cret@db.internal/shop?ssl=s3cret', /ssl must be true, an object, or one of disable/],
    ['mysql://app:s3cret@db.internal/shop?ssl={"pfx":"s3cret"}', /its ssl says pfx, which cannot be used/],
    ['sqlserver://db.internal;database=shop;password=s3cret', /"sqlserver:" is not supported/],
    ['cockroachdb://app:s3cret@db.internal/shop', /"cockroachdb:" is not supported/],
    ['mongodb+srv://app:s3cret@db.internal/shop', /"mongodb\+srv:" is not supported/],
    ['prisma+postgres://db.internal/?api_key=s3cret', /"prisma\+postgres:" leads to a service of Prisma’s.*DIRECT_URL/],
  ])('refuses %s without repeating it', (url, message) => {
    expect(() => parseDatabaseUrl(url)).toThrow(message);
    expect(() => parseDatabaseUrl(url)).not.toThrow(/s3cret|db\.internal/);
  });
});

describe('an address of Prisma’s that names a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'prisma-'));
    mkdirSync(join(folder, 'prisma'));
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });
  const put = (path: string) => writeFileSync(join(folder, path), '');

  it('counts from the working folder, where it may not be yet', () => {
    expect(parseDatabaseUrl('file:./dev.db')).toEqual({ type: 'sqlite', path: join(folder, 'dev.db') });
  });

  it('is refused where it means the one beside the schema', () => {
    put('prisma/dev.db');
    expect(() => parseDatabaseUrl('file:./dev.db')).toThrow(/no "\.\/dev\.db", while there is "prisma\/dev\.db"/);
  });

  it('is not where both are there', () => {
    put('prisma/dev.db');
    put('dev.db');
    expect(parseDatabaseUrl('file:dev.db')).toEqual({ type: 'sqlite', path: join(folder, 'dev.db') });
  });
});
