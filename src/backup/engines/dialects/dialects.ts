import { BackupError } from '../../model/errors.js';
import { isMissingPackage } from '../../system/optional-package.js';
import type { DatabaseTarget } from '../database-target.js';
import type { Dialect } from './dialect.js';

/** The dialect of a database; its driver is loaded only where it is needed. */
export async function dialectOf({ type }: DatabaseTarget): Promise<Dialect> {
  switch (type) {
    case 'sqlite':
      return new (await import('./sqlite/sqlite.dialect.js')).SqliteDialect();
    case 'postgres':
      return new (await withDriver('pg', import('./postgres/postgres.dialect.js'))).PostgresDialect();
    case 'mysql':
      return new (await withDriver('mysql2', import('./mysql/mysql.dialect.js'))).MysqlDialect();
  }
}

/**
 * The drivers of servers are installed by whoever has such a server.
 * @throws BackupError `UNSUPPORTED` naming the package that is missing
 */
async function withDriver<Module>(driver: string, dialect: Promise<Module>): Promise<Module> {
  try {
    return await dialect;
  } catch (error) {
    if (!isMissingPackage(error, driver)) throw error;
    const todo = `Run "npm install ${driver}" in the application, and start it again.`;
    throw new BackupError('UNSUPPORTED', `The driver "${driver}" is not installed. ${todo}`, {}, { cause: error });
  }
}
