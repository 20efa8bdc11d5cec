import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { BackupModuleOptions } from '../backup/internals.js';
import { backupOptions, readBackupEnvironment } from '../config/backup/backup.environment.js';
import { Variables } from '../config/backup/variables.js';
import { databaseOption } from './database-option.js';

/** What the backups are opened with. */
export type Settings = BackupModuleOptions & { directory: string };

/** Options that every command takes. */
export interface GlobalOptions {
  dir?: string;
  database?: string;
  configFile?: string;
  readOnly?: boolean;
  json?: boolean;
  quiet?: boolean;
  color?: boolean;
}

/**
 * The options of the backups: as the application says; else as the environment and the `.env` file of the working folder say, like for the server. And then as
 * this call says.
 * @throws CannotStart naming every variable that is wrong; CommandError for an option
 */
export function settingsOf(
  options: GlobalOptions,
  env: NodeJS.ProcessEnv,
  application: BackupModuleOptions | undefined,
): Settings {
  const settings = application ?? settingsOfEnvironment(env);
  const usual = resolve(settings.directory ?? './backups');
  const directory = options.dir === undefined ? usual : resolve(options.dir);
  const { catalogUrl, ...others } = settings;
  return {
    ...others,
    directory,
    // The catalog that is named is the one of the usual folder: another folder has its own.
    ...(catalogUrl !== undefined && directory === usual ? { catalogUrl } : {}),
    ...(options.database === undefined ? {} : { database: databaseOption('--database', options.database, env) }),
    ...(options.configFile === undefined ? {} : { configFile: resolve(options.configFile) }),
    ...(options.readOnly === true ? { readOnly: true } : {}),
    triggers: false,
    restoreOnEmpty: false,
  };
}

function settingsOfEnvironment(env: NodeJS.ProcessEnv): BackupModuleOptions {
  const variables = new Variables({ ...dotenv(), ...env });
  const environment = readBackupEnvironment(variables);
  variables.throwIfAnyIsWrong();
  return backupOptions(environment);
}

function dotenv(): NodeJS.ProcessEnv {
  return existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
}
