import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
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
  ])('reads %s', (url, address) => {
    expect(parseDatabaseUrl(url)).toEqual(address);
  });

  it.each([
    ['./app.sqlite', /no scheme/],
    ['sqlite::memory:', /must name a file/],
    ['oracle://app:s3cret@db.internal/shop', /"oracle:" is not supported/],
    ['postgres://app:s3cret@db.internal', /names no database/],
    ['mysql://app:s3cret@db.internal:port/shop', /names no database/],
    ['mysql://app:s3cret@db.internal/shop?ssl=1', /parameter "ssl" is not known/],
    ['mysql://app:s3cret@db.internal/shop?sslmode=maybe', /sslmode must be one of disable, require, verify-full/],
    ['postgres://app:s3cret%@db.internal/shop', /does not begin an escape/],
  ])('refuses %s without repeating it', (url, message) => {
    expect(() => parseDatabaseUrl(url)).toThrow(message);
    expect(() => parseDatabaseUrl(url)).not.toThrow(/s3cret|db\.internal/);
  });
});
