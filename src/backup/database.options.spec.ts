import { resolve } from 'node:path';
import type { DataSource, DataSourceOptions } from 'typeorm';
import type { DataSource as OlderDataSource, DataSourceOptions as OlderOptions } from 'typeorm-0.3';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { databaseTarget, type BackupDatabase } from './database.options.js';
import { BackupError } from './model/errors.js';

const PEM = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n';

/** What all of these are, with what differs. */
const server = (differing: object = {}) => ({
  ...{
    type: 'postgres',
    host: 'db.internal',
    port: 6000,
    user: 'app',
    password: 's3cret',
    database: 'shop',
    tls: 'off',
  },
  ...{ busyTimeoutMs: 5000, migrationsTable: 'migrations' },
  ...differing,
});
const account = { host: 'db.internal', port: 6000, password: 's3cret', database: 'shop' };
const typeorm = { type: 'postgres', ...account, username: 'app' };

/** As `pg` and Knex keep passwords and keys. */
const hiding = (values: Record<string, unknown>, name: string) =>
  Object.defineProperty({ ...values }, name, { enumerable: false });

const READ: Record<string, [BackupDatabase, object]> = {
  'an address': ['postgres://app:s3cret@db.internal:6000/shop', server()],
  TypeORM: [{ ...typeorm, synchronize: false, entities: [class {}], logging: true } as BackupDatabase, server()],
  'TypeORM’s DataSource': [{ options: typeorm, isInitialized: true } as BackupDatabase, server()],
  'TypeORM, with our own options beside': [
    { ...typeorm, busyTimeoutMs: 1, migrationsTable: 'm' },
    server({ busyTimeoutMs: 1, migrationsTable: 'm' }),
  ],
  'TypeORM, a schema and a migrations table': [
    { ...typeorm, schema: 'app', migrationsTableName: 'done' },
    server({ migrationsTable: 'app.done' }),
  ],
  'TypeORM, a url and what it lacks': [
    { type: 'postgres', url: 'postgres://db.internal:6000/shop', username: 'app', password: 's3cret', ssl: true },
    server({ tls: 'verify' }),
  ],
  'TypeORM, a url that says more than stands beside it': [
    { type: 'postgres', url: 'postgres://app:s3cret@db.internal:6000/shop?sslmode=disable', username: 'x', ssl: true },
    server(),
  ],
  'TypeORM, the driver’s options': [
    { ...typeorm, extra: { max: 5, ssl: { rejectUnauthorized: false }, options: '-c search_path=app' } },
    server({ tls: 'require', options: '-c search_path=app' }),
  ],
  'TypeORM, replication': [
    { type: 'postgres', replication: { master: { ...account, username: 'app' }, slaves: [{ host: 'other' }] } },
    server(),
  ],
  'TypeORM, MariaDB and a socket': [
    { ...typeorm, type: 'mariadb', socketPath: '/run/mysqld/mysqld.sock' },
    server({ type: 'mysql', host: '/run/mysqld/mysqld.sock' }),
  ],
  'TypeORM, SQLite': [
    { type: 'better-sqlite3', database: './data/shop.db' },
    { type: 'sqlite', path: resolve('data/shop.db'), busyTimeoutMs: 5000, migrationsTable: 'migrations' },
  ],
  Drizzle: [
    { dialect: 'postgresql', dbCredentials: { ...account, user: 'app', ssl: 'require' } },
    server({ tls: 'require' }),
  ],
  'Drizzle, SQLite': [
    { dialect: 'sqlite', dbCredentials: { url: 'file:./local.db' } },
    { type: 'sqlite', path: resolve('local.db'), busyTimeoutMs: 5000, migrationsTable: 'migrations' },
  ],
  Knex: [{ client: 'pg', connection: { ...account, user: 'app', port: '6000' } }, server()],
  'Knex, an address': [
    { client: 'mysql2', connection: 'mysql://app:s3cret@db.internal:6000/shop' },
    server({ type: 'mysql' }),
  ],
  'Knex, SQLite': [
    { client: 'sqlite3', connection: { filename: '/srv/shop.db' }, useNullAsDefault: true } as BackupDatabase,
    { type: 'sqlite', path: '/srv/shop.db', busyTimeoutMs: 5000, migrationsTable: 'migrations' },
  ],
  'what drivers have hidden': [
    {
      client: 'pg',
      connection: hiding({ ...account, user: 'app', ssl: hiding({ cert: PEM, key: KEY }, 'key') }, 'password'),
    },
    server({ tls: 'verify', tlsFiles: { cert: PEM, key: KEY } }),
  ],
  MikroORM: [
    {
      type: 'postgresql',
      clientUrl: 'postgresql://app:s3cret@db.internal:6000',
      dbName: 'shop',
      entities: [],
    } as BackupDatabase,
    server(),
  ],
  'MikroORM, in parts': [
    {
      ...{ type: 'mysql', host: 'db.internal', port: 6000, user: 'app', password: 's3cret', dbName: 'shop' },
      driverOptions: { connection: { ssl: { verifyIdentity: true } } },
    },
    server({ type: 'mysql', tls: 'verify' }),
  ],
  Sequelize: [
    {
      dialect: 'postgres',
      ...account,
      username: 'app',
      dialectOptions: { ssl: { require: true, rejectUnauthorized: false } },
    },
    server({ tls: 'require' }),
  ],
  'Sequelize, SQLite': [
    { dialect: 'sqlite', storage: '/srv/shop.db' },
    { type: 'sqlite', path: '/srv/shop.db', busyTimeoutMs: 5000, migrationsTable: 'migrations' },
  ],
  certificates: [
    {
      ...typeorm,
      ssl: { ca: [PEM, Buffer.from(PEM)], cert: PEM, key: Buffer.from(KEY), passphrase: 'x', servername: undefined },
    },
    server({ tls: 'verify', tlsFiles: { ca: `${PEM}\n${PEM}`, cert: PEM, key: KEY, keyPassword: 'x' } }),
  ],
  'an encrypted connection to MySQL, whose driver checks no name': [
    { ...typeorm, type: 'mysql', ssl: { ca: PEM } },
    server({ type: 'mysql', tls: 'verify-ca', tlsFiles: { ca: PEM } }),
  ],
};

const REFUSED: [unknown, RegExp][] = [
  [{}, /"database" cannot be used: it says neither an address \(url\) nor which kind/],
  [{ host: 'db.internal', database: 'shop' }, /it says neither an address \(url\) nor which kind/],
  [{ url: 'postgres://db/shop', hots: 'db.internal' }, /"database\.hots" is not an option; known options: url/],
  [{ ...typeorm, busyTimeoutMs: -1 }, /"database\.busyTimeoutMs" must be a whole number/],
  [{ ...typeorm, type: 'cockroachdb' }, /"cockroachdb" is not supported\. Supported: postgres/],
  [{ type: 'mssql', options: { encrypt: true }, ...account }, /"mssql" is not supported/],
  [{ type: 'mongodb', url: 'mongodb://app:s3cret@db.internal/shop' }, /"mongodb" is not supported/],
  [{ type: 's3cret@db.internal' }, /its kind of database is not supported/],
  [{ client: class {}, connection: 'postgres://app:s3cret@db.internal/shop' }, /its kind of database is not supported/],
  [
    { ...typeorm, password: () => Promise.resolve('s3cret') },
    /its password is given by a function.*Give the password itself/,
  ],
  [{ client: 'pg', connection: () => ({ ...account }) }, /its connection is a function/],
  [{ ...typeorm, database: undefined }, /it names no database on the server/],
  [{ ...typeorm, host: ['db.internal'] }, /its host must be a text/],
  [{ ...typeorm, port: 'db.internal' }, /its port must be a whole number from 1 to 65535/],
  [{ ...typeorm, url: 'postgres://db.internal/other' }, /names two databases/],
  [{ ...typeorm, type: 'mysql', url: 'postgres://db.internal/shop' }, /another kind of database/],
  [{ ...typeorm, ssl: { ca: './ca.pem' } }, /its ssl\.ca is not the text of a PEM file/],
  [{ ...typeorm, ssl: { cert: PEM } }, /its ssl needs both a client certificate \(cert\) and its key/],
  [
    { ...typeorm, ssl: { checkServerIdentity: () => undefined } },
    /its ssl says checkServerIdentity, which cannot be used/,
  ],
  [{ ...typeorm, ssl: { minVersion: 'TLSv1.3' } }, /its ssl says minVersion/],
  [{ ...typeorm, type: 'mysql', ssl: 'Amazon RDS' }, /its ssl must be true, an object, or one of disable/],
  [{ ...typeorm, type: 'mysql', host: '192.0.2.1', ssl: { verifyIdentity: true } }, /instead of its IP address/],
  [{ type: 'better-sqlite3', database: ':memory:' }, /must name a file/],
  [{ type: 'sqlite' }, /must name a file/],
  [{ dialect: 'sqlite', dbCredentials: { url: 'libsql://s3cret.turso.io' } }, /"libsql:" is not supported/],
];

describe('databaseTarget', () => {
  it.each(Object.entries(READ))('reads %s', (_, [database, target]) => {
    expect(databaseTarget(database, 'database')).toEqual(target);
  });

  it.each(REFUSED)('refuses %j', (database, message) => {
    const refusal = caught(() => databaseTarget(database as BackupDatabase, 'database'));
    expect(refusal).toBeInstanceOf(BackupError);
    expect(refusal.message).toMatch(message);
    expect(refusal.message).not.toMatch(/s3cret|db\.internal/);
  });

  it('takes what both versions of TypeORM have, as far as the compiler goes', () => {
    expectTypeOf<DataSource>().toExtend<BackupDatabase>();
    expectTypeOf<DataSourceOptions>().toExtend<BackupDatabase>();
    expectTypeOf<OlderDataSource>().toExtend<BackupDatabase>();
    expectTypeOf<OlderOptions>().toExtend<BackupDatabase>();
  });
});

function caught(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('was accepted');
}
