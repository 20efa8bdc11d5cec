import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { isEmail } from 'class-validator';
import { isCommonPassword } from '../access/common-passwords.js';
import { normaliseEmail, PASSWORD_LENGTH } from '../access/credentials.js';
import { readBackupEnvironment, type BackupEnvironment } from './backup/backup.environment.js';
import type { HostDatabase } from './backup/host-database.js';
import { Variables } from './backup/variables.js';

const JWT_SECRET_MIN_LENGTH = 32;

/** The process environment, checked once at start. All paths are absolute. */
export class Environment implements BackupEnvironment {
  readonly port!: number;
  readonly host!: string;
  readonly database!: HostDatabase;
  readonly backupDir!: string;
  readonly backupConfigFile!: string;
  readonly backupCatalogUrl!: string;
  readonly backupTriggers!: boolean;
  readonly backupFileRoots!: string[];
  readonly backupDockerContainer!: string | undefined;
  readonly backupRestoreOnEmpty!: boolean;
  readonly backupMinFreeMb!: number;
  /** Undefined outside production when none was given: then one is generated into {@link dataFolder}. */
  readonly jwtSecret!: string | undefined;
  /** Whether anybody may open a student account. */
  readonly registration!: boolean;
  /** How many proxies stand before the server, or which addresses they have; undefined: none. */
  readonly trustProxy!: number | string[] | undefined;
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
  const environment: Omit<Environment, 'dataFolder'> = {
    port: variables.wholeNumber('PORT', 3000, { min: 0, max: 65_535 }),
    host: variables.text('HOST', '127.0.0.1'),
    ...readBackupEnvironment(variables),
    jwtSecret: jwtSecret(variables, source['NODE_ENV'] === 'production'),
    registration: variables.onOff('REGISTRATION', 'on'),
    trustProxy: variables.optional('TRUST_PROXY', trustProxy),
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
      `is required in production: a random string of at least ${JWT_SECRET_MIN_LENGTH} characters`,
    );
  }
  return secret;
}

/** Not `true`: then anybody could claim any address. */
function trustProxy(text: string): number | string[] {
  if (/^[1-9]$/.test(text.trim())) return Number(text);
  const proxies = text.split(',').map((part) => part.trim());
  if (proxies.every((proxy) => PROXY_NAMES.includes(proxy) || isNetwork(proxy))) return proxies;
  throw new RangeError(
    'must be the number of proxies in front of the server (1 to 9), or their addresses separated by commas: 10.0.0.2, 10.0.0.0/8, loopback',
  );
}

const PROXY_NAMES = ['loopback', 'linklocal', 'uniquelocal'];

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  return (
    version > 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= longest))
  );
}

function firstAdmin(variables: Variables): Environment['firstAdmin'] {
  const email = variables.optional('ADMIN_EMAIL', (text) => {
    if (isEmail(text.trim())) return normaliseEmail(text);
    throw new RangeError('must be an e-mail address');
  });
  const password = variables.optional('ADMIN_PASSWORD', (text) => {
    const { min, max } = PASSWORD_LENGTH;
    if (text.length < min || text.length > max) throw new RangeError(`must have ${min} to ${max} characters`);
    if (isCommonPassword(text)) throw new RangeError('is one of the most common passwords; choose another');
    return text;
  });
  if (variables.has('ADMIN_EMAIL') !== variables.has('ADMIN_PASSWORD')) {
    const missing = variables.has('ADMIN_EMAIL') ? 'ADMIN_PASSWORD' : 'ADMIN_EMAIL';
    variables.report(missing, 'is missing: set both ADMIN_EMAIL and ADMIN_PASSWORD, or neither');
  }
  return email !== undefined && password !== undefined ? { email, password } : undefined;
}
