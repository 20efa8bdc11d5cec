import { mkdir, open } from 'node:fs/promises';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { settledAddress, tlsOptions, type ServerAddress } from '../backup/internals.js';
import type { Environment } from './environment.js';

/** Makes the data folder, for the owner only, where it is missing; returns its path. */
export async function prepareDataFolder(environment: Environment): Promise<string> {
  await mkdir(environment.dataFolder, { recursive: true, mode: 0o700 });
  return environment.dataFolder;
}

type Migrations = NonNullable<DataSourceOptions['migrations']>;

/** Settings of the backend's own database. */
export async function databaseOptions(environment: Environment, migrations: Migrations): Promise<TypeOrmModuleOptions> {
  return {
    ...(await connectionOptions(environment)),
    autoLoadEntities: true,
    synchronize: false,
    migrations,
    migrationsRun: true,
    // What cannot be opened now cannot be opened in three seconds either.
    retryAttempts: 1,
    retryDelay: 0,
  };
}

async function connectionOptions(environment: Environment): Promise<DataSourceOptions> {
  const { address } = environment.database;
  if (address.type === 'sqlite') {
    await prepareDataFolder(environment);
    // Made first, so that SQLite's files beside it inherit its mode.
    await (await open(address.path, 'a', 0o600)).close();
    return { type: 'better-sqlite3', database: address.path, enableWAL: true, timeout: 5000 };
  }
  return serverOptions(await settledAddress(address));
}

/** The same connection that the backups open. TypeORM knows no second server: it is the one that answers now. */
function serverOptions(address: ServerAddress): DataSourceOptions {
  const { type, host, port, user: username, password, database, tls, connectTimeoutSeconds = 10 } = address;
  const found = tlsOptions(address);
  // Moments are kept in UTC, whatever the time zone of the server.
  if (type === 'mysql')
    return {
      type,
      ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
      ...{
        username,
        password,
        database,
        charset: 'utf8mb4',
        timezone: 'Z',
        connectTimeout: connectTimeoutSeconds * 1000,
      },
      ...(found && { ssl: { ...found, verifyIdentity: tls === 'verify' } }),
    };
  return {
    ...{ type, host, port, username, password, database, connectTimeoutMS: connectTimeoutSeconds * 1000 },
    ...(address.applicationName !== undefined && { applicationName: address.applicationName }),
    ...(found && { ssl: found }),
    extra: {
      ...(address.options !== undefined && { options: address.options }),
      enableChannelBinding: (address.channelBinding ?? 'disable') !== 'disable',
    },
  };
}
