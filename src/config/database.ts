import { mkdir, open } from 'node:fs/promises';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import type { Environment } from './environment.js';

/** Makes the data folder, for the owner only, where it is missing; returns its path. */
export async function prepareDataFolder(environment: Environment): Promise<string> {
  await mkdir(environment.dataFolder, { recursive: true, mode: 0o700 });
  return environment.dataFolder;
}

/** Settings of the backend's own database; the file is made first, so that SQLite's files beside it inherit its mode. */
export async function databaseOptions(
  environment: Environment,
  migrations: NonNullable<DataSourceOptions['migrations']>,
): Promise<TypeOrmModuleOptions> {
  await prepareDataFolder(environment);
  await (await open(environment.databaseFile, 'a', 0o600)).close();
  return {
    type: 'better-sqlite3',
    database: environment.databaseFile,
    enableWAL: true,
    timeout: 5000,
    autoLoadEntities: true,
    synchronize: false,
    migrations,
    migrationsRun: true,
    // A file that cannot be opened now cannot be opened in three seconds either.
    retryAttempts: 1,
    retryDelay: 0,
  };
}
