import {
  CONNECTION_WORDS,
  migrationsTableOf,
  readConnection,
  saysKind,
  type DatabaseConnectionOptions,
} from './engines/connection-options.js';
import type { DatabaseTarget } from './engines/database-target.js';
import { checkOptions, invalidOptions, isObject, text, wholeNumber, type Check } from './option-checks.js';

/** The database to back up, where its address alone does not say enough: an address, or the options of a connection, with our own beside them. */
export interface BackupDatabaseOptions extends DatabaseConnectionOptions {
  /** The host's migrations table, where it is as TypeORM makes it: recorded in the manifests, not captured. @default what TypeORM's options name, or 'migrations' */
  migrationsTable?: string;
  /** How long to wait for a lock, in milliseconds. @default 5000 */
  busyTimeoutMs?: number;
}

/** An address, the options of a connection, or a `DataSource` of TypeORM, of which only its options are read. */
export type BackupDatabase = string | BackupDatabaseOptions | { readonly options: DatabaseConnectionOptions };

const OWN_OPTIONS: Readonly<Record<string, Check>> = {
  migrationsTable: text,
  busyTimeoutMs: wholeNumber(0, 600_000),
};
/** Their values are checked where they are read. */
const anything: Check = () => undefined;
const ALL_OPTIONS = {
  url: text,
  ...OWN_OPTIONS,
  ...Object.fromEntries(CONNECTION_WORDS.filter((name) => name !== 'url').map((name) => [name, anything])),
};

/** A database as the operations take it. @throws BackupError `CONFIG_INVALID` naming the option */
export function databaseTarget(database: BackupDatabase, option: string): DatabaseTarget {
  const options = optionsOf(database);
  assertKnown(options, `${option}.`);
  try {
    return {
      ...readConnection(options),
      busyTimeoutMs: options.busyTimeoutMs ?? 5000,
      migrationsTable: options.migrationsTable ?? migrationsTableOf(options) ?? 'migrations',
    };
  } catch (error) {
    if (error instanceof RangeError) throw invalidOptions(`"${option}" cannot be used: ${error.message}`);
    throw error;
  }
}

function optionsOf(database: BackupDatabase): BackupDatabaseOptions {
  if (typeof database === 'string') return { url: database };
  if (!saysKind(database) && 'options' in database && isObject(database.options)) return database.options;
  return database as BackupDatabaseOptions;
}

/** The configuration of a library says much that is of no interest here. */
function assertKnown(options: BackupDatabaseOptions, prefix: string): void {
  const ofInterest = saysKind(options)
    ? Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(OWN_OPTIONS, name)))
    : options;
  checkOptions(ofInterest, ALL_OPTIONS, prefix, []);
}
