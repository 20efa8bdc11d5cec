import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IN_MEMORY } from './catalog/catalog.connection.js';
import { databaseTarget, type BackupDatabase } from './database.options.js';
import { dashboardOptions } from './dashboard.options.js';
import { listenedEvents } from './event.options.js';
import type { DatabaseTarget } from './engines/database-target.js';
import type { NativeOptions } from './engines/native/native.options.js';
import type { DashboardOptions } from './model/dashboard.js';
import type { BackupEventOptions } from './model/events.js';
import { DEFAULT_DATABASE } from './model/plan.js';
import { ResolvedOptions } from './operations/resolved-options.js';
import { SnapshotStore } from './stores/snapshot-store.js';
import { checkOptions, flag, invalidOptions, text, wholeNumber, type Check } from './option-checks.js';

/** What `BackupModule.forRoot()` and `forRootAsync()` take. */
export interface BackupModuleOptions {
  /** The database to back up: `sqlite:./data/app.sqlite`, `postgres://…` or `mysql://…`, the options of its connection, or a `DataSource` of TypeORM. */
  database: BackupDatabase;
  /** Further databases of the application, by a name that plans call them. @default {} */
  databases?: Record<string, BackupDatabase>;
  /** Folders that plans may capture files from, and restore them to; no plan reaches outside them. @default [] */
  fileRoots?: string[];
  /** How plans with `engine: 'native'` find the databases' own programs. @default on PATH */
  native?: NativeOptions;
  /** Folder that holds the snapshots; made when missing. @default './backups' */
  directory?: string;
  /**
   * Where finished snapshots are kept, instead of in `directory`, which then holds only unfinished files, locks and the catalog. Not with `readOnly`.
   * @default the folder `directory`
   */
  store?: SnapshotStore;
  /** The settings an admin may change at run time; a missing file means the defaults. @default './backup_config.json' */
  configFile?: string;
  /** The searchable list of snapshots and jobs. @default 'sqlite:<directory>/catalog.sqlite' */
  catalogUrl?: string;
  /**
   * Only read the folder, which then may be another machine's, or one that cannot be written: nothing is captured, swept or deleted, and the catalog is
   * kept in memory. @default false
   */
  readOnly?: boolean;
  /** False starts no timers and no listeners: for a command line or a second instance. @default true, but false where `NODE_ENV` is `test` */
  triggers?: boolean;
  /**
   * Events of the host's EventEmitterModule after which a snapshot is taken, besides `role.created`: by name, or with a function that says whom or what it is taken for.
   * @default []
   */
  events?: (string | BackupEventOptions)[];
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
  /**
   * Serves the dashboard: `{ path: '/admin/backups' }`. The page holds no data; what it shows comes from the backup routes, whose guards decide on each call.
   * `HeadlessBackupModule` serves none. @default none is served
   */
  dashboard?: DashboardOptions;
}

const NATIVE_OPTIONS: readonly string[] = ['programs', 'docker', 'compressionLevel'] satisfies (keyof NativeOptions)[];
const DATABASE_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;

const paths: Check = (value) =>
  Array.isArray(value) && value.every((path) => typeof path === 'string' && path.startsWith('/'))
    ? undefined
    : "must be a list of paths that begin with '/'";
const database: Check = (value) =>
  typeof value === 'string' || (typeof value === 'object' && value !== null)
    ? undefined
    : "must be a URL such as 'sqlite:./data/app.sqlite', { url }, or connection options";

const databases: Check = (value) =>
  typeof value === 'object' && value !== null && Object.keys(value).every((name) => DATABASE_NAME.test(name))
    ? undefined
    : 'must be an object that maps names (lower-case letters, digits, "_" and "-") to databases';
const folders: Check = (value) =>
  Array.isArray(value) && value.every((path) => typeof path === 'string' && path.trim() !== '')
    ? undefined
    : 'must be a list of folders';

const list: Check = (value) => (Array.isArray(value) ? undefined : 'must be a list');

const store: Check = (value) =>
  value instanceof SnapshotStore ? undefined : 'must be an instance of a class that extends SnapshotStore';

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
  store,
  configFile: text,
  catalogUrl: text,
  readOnly: flag,
  triggers: flag,
  events: list,
  restoreOnEmpty: flag,
  minFreeMb: wholeNumber(0, 1_000_000_000),
  jobTimeoutMinutes: wholeNumber(1, 10_080),
  appVersion: text,
  maintenanceExempt: paths,
  dashboard: () => undefined, // checked field by field
};

/**
 * Checks the options of the module and fills in the defaults. Nothing falls back silently: an unknown option is an error.
 * @throws BackupError `CONFIG_INVALID` naming the option
 */
export function resolveOptions(options: BackupModuleOptions): ResolvedOptions {
  checkOptions(options, OPTIONS, '', ['database']);
  const directory = resolve(options.directory ?? './backups');
  const readOnly = options.readOnly ?? false;
  if (readOnly && options.store) throw invalidOptions('"store" cannot be combined with "readOnly"; leave one out.');
  return Object.assign(new ResolvedOptions(), {
    databases: databaseTargets(options),
    fileRoots: (options.fileRoots ?? []).map((folder) => resolve(folder)),
    native: options.native ?? {},
    directory,
    store: options.store ?? null,
    configFile: resolve(options.configFile ?? './backup_config.json'),
    catalogUrl: readOnly ? IN_MEMORY : (options.catalogUrl ?? `sqlite:${join(directory, 'catalog.sqlite')}`),
    readOnly,
    triggers: !readOnly && (options.triggers ?? !isTest()),
    isQuietInTests: options.triggers === undefined && isTest(),
    events: listenedEvents(options.events ?? []),
    restoreOnEmpty: options.restoreOnEmpty ?? false,
    minFreeBytes: (options.minFreeMb ?? 100) * 1_000_000,
    jobTimeoutMs: (options.jobTimeoutMinutes ?? 60) * 60_000,
    appVersion: options.appVersion ?? versionOfHost(),
    maintenanceExempt: options.maintenanceExempt ?? [],
    dashboard: options.dashboard === undefined ? null : dashboardOptions(options.dashboard),
  });
}

function databaseTargets({ database, databases = {} }: BackupModuleOptions): Record<string, DatabaseTarget> {
  if (Object.hasOwn(databases, DEFAULT_DATABASE))
    throw invalidOptions(`"databases.${DEFAULT_DATABASE}" is the name of the option "database"; choose another name.`);
  const targets: Record<string, DatabaseTarget> = { [DEFAULT_DATABASE]: databaseTarget(database, 'database') };
  for (const [name, further] of Object.entries(databases)) targets[name] = databaseTarget(further, `databases.${name}`);
  return targets;
}

/** Tests of a host that import its root module should neither take snapshots nor wait for them. */
const isTest = (): boolean => process.env['NODE_ENV'] === 'test';

function versionOfHost(): string {
  try {
    const { version } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : '0.0.0';
  } catch {
    return '0.0.0'; // a host may well run without its package.json
  }
}
