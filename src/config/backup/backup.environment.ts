import { delimiter, join, resolve } from 'node:path';
import type { BackupModuleOptions } from '../../backup/internals.js';
import { hostDatabase, type HostDatabase } from './host-database.js';
import { sqliteFile } from './sqlite-url.js';
import type { Variables } from './variables.js';

const KNOWN_BACKUP_VARIABLES = [
  'BACKUP_DIR',
  'BACKUP_CONFIG_FILE',
  'BACKUP_CATALOG_URL',
  'BACKUP_TRIGGERS',
  'BACKUP_FILE_ROOTS',
  'BACKUP_DOCKER_CONTAINER',
  'BACKUP_RESTORE_ON_EMPTY',
  'BACKUP_MIN_FREE_MB',
];

/** What the environment says about backups: read by the server and the command line alike. All paths are absolute. */
export interface BackupEnvironment {
  readonly database: HostDatabase;
  readonly backupDir: string;
  readonly backupConfigFile: string;
  readonly backupCatalogUrl: string;
  /** False: no timers and no listeners, for second instances. */
  readonly backupTriggers: boolean;
  /** Folders that plans may capture files from. */
  readonly backupFileRoots: string[];
  /** The container of the database's server, in which its programs run. */
  readonly backupDockerContainer: string | undefined;
  readonly backupRestoreOnEmpty: boolean;
  readonly backupMinFreeMb: number;
}

/** Fills in the defaults; what is wrong is collected in `variables`. */
export function readBackupEnvironment(variables: Variables): BackupEnvironment {
  variables.refuseUnknown('BACKUP_', KNOWN_BACKUP_VARIABLES);
  const backupDir = resolve(variables.text('BACKUP_DIR', './backups'));
  return {
    database: variables.read('DATABASE_URL', 'sqlite:./data/app.sqlite', hostDatabase),
    backupDir,
    backupConfigFile: resolve(variables.text('BACKUP_CONFIG_FILE', './backup_config.json')),
    backupCatalogUrl: variables.read(
      'BACKUP_CATALOG_URL',
      `sqlite:${join(backupDir, 'catalog.sqlite')}`,
      (url) => `sqlite:${sqliteFile(url)}`,
    ),
    backupTriggers: variables.onOff('BACKUP_TRIGGERS', 'on'),
    backupFileRoots: variables
      .text('BACKUP_FILE_ROOTS', '')
      .split(delimiter)
      .filter((folder) => folder.trim() !== '')
      .map((folder) => resolve(folder)),
    backupDockerContainer: variables.optional('BACKUP_DOCKER_CONTAINER', (text) => text.trim()),
    backupRestoreOnEmpty: variables.onOff('BACKUP_RESTORE_ON_EMPTY', 'off'),
    backupMinFreeMb: variables.wholeNumber('BACKUP_MIN_FREE_MB', 100, { min: 0, max: 1_000_000_000 }),
  };
}

/** The one setup of the backups. */
export function backupOptions(environment: BackupEnvironment): BackupModuleOptions {
  const { backupDockerContainer: container } = environment;
  return {
    database: environment.database.url,
    directory: environment.backupDir,
    configFile: environment.backupConfigFile,
    catalogUrl: environment.backupCatalogUrl,
    triggers: environment.backupTriggers,
    fileRoots: environment.backupFileRoots,
    ...(container === undefined ? {} : { native: { docker: { container } } }),
    restoreOnEmpty: environment.backupRestoreOnEmpty,
    minFreeMb: environment.backupMinFreeMb,
  };
}
