import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IN_MEMORY } from './catalog/catalog.connection.js';
import type { DatabaseTarget } from './engines/database-target.js';
import { parseDatabaseUrl } from './engines/database-url.js';
import type { NativeOptions } from './engines/native/native.options.js';
import { BackupError } from './model/errors.js';
import { DEFAULT_DATABASE } from './model/plan.js';
import { ResolvedOptions } from './operations/resolved-options.js';

/** The database to back up, where its address alone does not say enough. */
export interface BackupDatabaseOptions {
  /** `sqlite:./data/app.sqlite`, `postgres://user:password@host:5432/database`, `mysql://user:password@host:3306/database` */
  url: string;
  /** The host's migrations table: recorded in the manifests, not captured. @default 'migrations' */
  migrationsTable?: string;
  /** How long to wait for a lock, in milliseconds. @default 5000 */
  busyTimeoutMs?: number;
}

/** What `BackupModule.forRoot()` and `forRootAsync()` take. */
export interface BackupModuleOptions {
  /** The database to back up: `sqlite:./data/app.sqlite`, `postgres://…` or `mysql://…`. */
  database: string | BackupDatabaseOptions;
  /** Further databases of the application, by a name that plans call them. @default {} */
  databases?: Record<string, string | BackupDatabaseOptions>;
  /** Folders that plans may capture files from, and restore them to; no plan reaches outside them. @default [] */
  fileRoots?: string[];
  /** How plans with `engine: 'native'` find the databases' own programs. @default on PATH */
  native?: NativeOptions;
  /** Folder that holds the snapshots; made when missing. @default './backups' */
  directory?: string;
  /** The settings an admin may change at run time; a missing file means the defaults. @default './backup_config.json' */
  configFile?: string;
  /** The searchable list of snapshots and jobs. @default 'sqlite:<directory>/catalog.sqlite' */
  catalogUrl?: string;
  /**
   * Only read the folder, which then may be another machine's, or one that cannot be written: nothing is captured, swept or deleted, and the catalog is
   * kept in memory. @default false
   */
  readOnly?: boolean;
  /** False starts no timers and no listeners: for a command line or a second instance. @default true */
  triggers?: boolean;
  /**
   * At the start, after the application's migrations: where no captured table holds a row, restore the newest sound snapshot. @default false
   */
  restoreOnEmpty?: boolean;
  /** Free space, in MB (1,000,000 bytes), below which a backup fails before it starts. @default 100 */
  minFreeMb?: number;
  /** A job that runs longer is killed and fails with `TIMED_OUT`. @default 60 */
  jobTimeoutMinutes?: number;
  /** Stands in every manifest. @default the version in the package.json of the working directory, or '0.0.0' */
  appVersion?: string;
  /** Path prefixes that are answered even while a restore runs, for example `['/healthz']`. @default [] */
  maintenanceExempt?: string[];
}

const NATIVE_OPTIONS: readonly string[] = ['programs', 'docker', 'compressionLevel'] satisfies (keyof NativeOptions)[];
const DATABASE_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;

type Check = (value: unknown) => string | undefined;

const text: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'must be a text that is not empty';
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const wholeNumber =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`;
const paths: Check = (value) =>
  Array.isArray(value) && value.every((path) => typeof path === 'string' && path.startsWith('/'))
    ? undefined
    : "must be a list of paths that begin with '/'";
const database: Check = (value) =>
  typeof value === 'string' || (typeof value === 'object' && value !== null)
    ? undefined
    : "must be an address such as 'sqlite:./data/app.sqlite', or { url }";

const databases: Check = (value) =>
  typeof value === 'object' && value !== null && Object.keys(value).every((name) => DATABASE_NAME.test(name))
    ? undefined
    : 'must be an object of addresses by name: small letters, digits, "_" and "-"';
const folders: Check = (value) =>
  Array.isArray(value) && value.every((path) => typeof path === 'string' && path.trim() !== '')
    ? undefined
    : 'must be a list of folders';

const native: Check = (value) => {
  if (typeof value !== 'object' || value === null) return 'must be an object';
  const unknown = Object.keys(value).find((name) => !NATIVE_OPTIONS.includes(name));
  return unknown === undefined ? undefined : `has no option "${unknown}"; known: ${NATIVE_OPTIONS.join(', ')}`;
};

const OPTIONS: Record<keyof BackupModuleOptions, Check> = {
  database,
  databases,
  fileRoots: folders,
  native,
  directory: text,
  configFile: text,
  catalogUrl: text,
  readOnly: flag,
  triggers: flag,
  restoreOnEmpty: flag,
  minFreeMb: wholeNumber(0, 1_000_000_000),
  jobTimeoutMinutes: wholeNumber(1, 10_080),
  appVersion: text,
  maintenanceExempt: paths,
};

const DATABASE_OPTIONS: Record<keyof BackupDatabaseOptions, Check> = {
  url: text,
  migrationsTable: text,
  busyTimeoutMs: wholeNumber(0, 600_000),
};

/**
 * Checks the options of the module and fills in the defaults. Nothing falls back silently: an unknown option is an error.
 * @throws BackupError `CONFIG_INVALID` naming the option
 */
export function resolveOptions(options: BackupModuleOptions): ResolvedOptions {
  check(options, OPTIONS, '', ['database']);
  const directory = resolve(options.directory ?? './backups');
  const readOnly = options.readOnly ?? false;
  return Object.assign(new ResolvedOptions(), {
    databases: databaseTargets(options),
    fileRoots: (options.fileRoots ?? []).map((folder) => resolve(folder)),
    native: options.native ?? {},
    directory,
    configFile: resolve(options.configFile ?? './backup_config.json'),
    catalogUrl: readOnly ? IN_MEMORY : (options.catalogUrl ?? `sqlite:${join(directory, 'catalog.sqlite')}`),
    readOnly,
    triggers: !readOnly && (options.triggers ?? true),
    restoreOnEmpty: options.restoreOnEmpty ?? false,
    minFreeBytes: (options.minFreeMb ?? 100) * 1_000_000,
    jobTimeoutMs: (options.jobTimeoutMinutes ?? 60) * 60_000,
    appVersion: options.appVersion ?? versionOfHost(),
    maintenanceExempt: options.maintenanceExempt ?? [],
  });
}

function databaseTargets({ database, databases = {} }: BackupModuleOptions): Record<string, DatabaseTarget> {
  if (Object.hasOwn(databases, DEFAULT_DATABASE))
    throw invalid(`"databases.${DEFAULT_DATABASE}" is what "database" names; give it another name.`);
  const targets: Record<string, DatabaseTarget> = { [DEFAULT_DATABASE]: databaseTarget(database, 'database') };
  for (const [name, further] of Object.entries(databases)) targets[name] = databaseTarget(further, `databases.${name}`);
  return targets;
}

/** A database as the operations take it. @throws BackupError `CONFIG_INVALID` naming the option */
export function databaseTarget(database: string | BackupDatabaseOptions, option: string): DatabaseTarget {
  const options = typeof database === 'string' ? { url: database } : database;
  check(options, DATABASE_OPTIONS, `${option}.`, ['url']);
  return {
    ...databaseAddress(options.url, option),
    busyTimeoutMs: options.busyTimeoutMs ?? 5000,
    migrationsTable: options.migrationsTable ?? 'migrations',
  };
}

function databaseAddress(url: string, option: string): ReturnType<typeof parseDatabaseUrl> {
  try {
    return parseDatabaseUrl(url);
  } catch (error) {
    if (error instanceof RangeError) throw invalid(`"${option}" cannot be used: ${error.message}`);
    throw error;
  }
}

function check(options: unknown, checks: Record<string, Check>, prefix: string, required: string[]): void {
  if (typeof options !== 'object' || options === null) throw invalid('they must be an object.');
  const known = Object.keys(checks);
  for (const [name, value] of Object.entries(options)) {
    const checkValue = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!checkValue) throw invalid(`"${prefix}${name}" is not an option; known options: ${known.join(', ')}.`);
    const wrong = value === undefined ? undefined : checkValue(value);
    if (wrong) throw invalid(`"${prefix}${name}" ${wrong}.`);
  }
  for (const name of required) {
    if ((options as Record<string, unknown>)[name] === undefined) throw invalid(`"${prefix}${name}" is missing.`);
  }
}

const invalid = (what: string): BackupError =>
  new BackupError('CONFIG_INVALID', `The options of BackupModule are wrong: ${what}`);

function versionOfHost(): string {
  try {
    const { version } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : '0.0.0';
  } catch {
    return '0.0.0'; // a host may well run without its package.json
  }
}
