import { delimiter, dirname, join, resolve } from 'node:path';
import { isEmail } from 'class-validator';
import { normaliseEmail, PASSWORD_LENGTH } from '../access/credentials.js';
import { hostDatabase, type HostDatabase } from './host-database.js';
import { sqliteFile } from './sqlite-url.js';
import { Variables } from './variables.js';

const JWT_SECRET_MIN_LENGTH = 32;

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

/** The process environment, checked once at start. All paths are absolute. */
export class Environment {
  readonly port!: number;
  readonly host!: string;
  readonly database!: HostDatabase;
  readonly backupDir!: string;
  readonly backupConfigFile!: string;
  readonly backupCatalogUrl!: string;
  /** False: no timers and no listeners, for the command line and second instances. */
  readonly backupTriggers!: boolean;
  /** Absolute. Folders that plans may capture files from. */
  readonly backupFileRoots!: string[];
  /** The container of the database's server, in which its programs run. */
  readonly backupDockerContainer!: string | undefined;
  readonly backupRestoreOnEmpty!: boolean;
  readonly backupMinFreeMb!: number;
  /** Undefined outside production when none was given: then one is generated into {@link dataFolder}. */
  readonly jwtSecret!: string | undefined;
  readonly firstAdmin!: { email: string; password: string } | undefined;

  /** Where the backend's own secret lies: beside a database file, else in `./data`. */
  get dataFolder(): string {
    const { address } = this.database;
    return address.type === 'sqlite' ? dirname(address.path) : resolve('./data');
  }
}

/**
 * Checks the variables and fills in the defaults.
 * @throws CannotStart naming every variable that is wrong, and what is allowed
 */
export function parseEnvironment(source: NodeJS.ProcessEnv): Environment {
  const variables = new Variables(source);
  variables.refuseUnknown('BACKUP_', KNOWN_BACKUP_VARIABLES);
  const backupDir = resolve(variables.text('BACKUP_DIR', './backups'));
  const environment: Omit<Environment, 'dataFolder'> = {
    port: variables.wholeNumber('PORT', 3000, { min: 0, max: 65_535 }),
    host: variables.text('HOST', '127.0.0.1'),
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
    jwtSecret: jwtSecret(variables, source['NODE_ENV'] === 'production'),
    firstAdmin: firstAdmin(variables),
  };
  variables.throwIfAnyIsWrong();
  return Object.assign(new Environment(), environment);
}

function jwtSecret(variables: Variables, production: boolean): string | undefined {
  const secret = variables.optional('JWT_SECRET', (text) => {
    // A short secret can be guessed offline from any token.
    if (text.length >= JWT_SECRET_MIN_LENGTH) return text;
    throw new RangeError(`must have at least ${JWT_SECRET_MIN_LENGTH} characters`);
  });
  if (production && !variables.has('JWT_SECRET')) {
    variables.report(
      'JWT_SECRET',
      `is required in production: a random text of at least ${JWT_SECRET_MIN_LENGTH} characters`,
    );
  }
  return secret;
}

function firstAdmin(variables: Variables): Environment['firstAdmin'] {
  const email = variables.optional('ADMIN_EMAIL', (text) => {
    if (isEmail(text.trim())) return normaliseEmail(text);
    throw new RangeError('must be an e-mail address');
  });
  const password = variables.optional('ADMIN_PASSWORD', (text) => {
    const { min, max } = PASSWORD_LENGTH;
    if (text.length >= min && text.length <= max) return text;
    throw new RangeError(`must have ${min} to ${max} characters`);
  });
  if (variables.has('ADMIN_EMAIL') !== variables.has('ADMIN_PASSWORD')) {
    const missing = variables.has('ADMIN_EMAIL') ? 'ADMIN_PASSWORD' : 'ADMIN_EMAIL';
    variables.report(missing, 'is missing: set both ADMIN_EMAIL and ADMIN_PASSWORD, or neither');
  }
  return email !== undefined && password !== undefined ? { email, password } : undefined;
}
