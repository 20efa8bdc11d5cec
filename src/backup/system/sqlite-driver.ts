import type Database from 'better-sqlite3';
import { BackupError } from '../model/errors.js';

type Driver = typeof Database;

let driver: Driver | undefined;

/**
 * Opens a SQLite database; the one place that loads better-sqlite3, and not before it is needed. A part of it is compiled: pnpm runs no install script that
 * fetches or makes it unless it is told to, and what was made for another Node or another system does not load. That must not end whoever has us in.
 * @param content the path of a file, `:memory:`, or the bytes of a database
 * @throws BackupError `DRIVER_UNAVAILABLE` where the driver cannot be loaded
 */
export function openSqlite(content: string | Buffer, options?: Database.Options): Database.Database {
  driver ??= loaded(loadDriver);
  return new driver(content, options);
}

/** Why SQLite databases cannot be opened, or null. */
export function sqliteProblem(load: () => Driver = loadDriver): BackupError | null {
  try {
    driver ??= loaded(load);
    return null;
  } catch (error) {
    return error as BackupError;
  }
}

function loaded(load: () => Driver): Driver {
  try {
    const found = load();
    new found(':memory:').close(); // which is when it loads its compiled part
    return found;
  } catch (error) {
    throw unavailable(error as Error);
  }
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it with this file
const loadDriver = (): Driver => require('better-sqlite3') as Driver;

/** In an absolute path all that stands before the name of the file. */
const FOLDERS = /(?:[A-Za-z]:)?[\\/]+(?:[^\\/\n'"]+[\\/])+/g;

function unavailable(cause: Error): BackupError {
  const [reason] = cause.message.replaceAll(FOLDERS, '').replaceAll(/\s+/g, ' ').split('. ', 1);
  return new BackupError(
    'DRIVER_UNAVAILABLE',
    `The SQLite driver better-sqlite3 cannot be loaded (${reason}). Run "npm rebuild better-sqlite3" with the Node that runs this program, ${process.version}; with pnpm, "pnpm approve-builds" first.`,
    {},
    { cause },
  );
}
