import { resolve } from 'node:path';
import { applySsl, SSL_MODES } from './connection-tls.js';
import { SERVER_ROLES, type ServerAddress, type TlsFiles } from './database-target.js';
import { prismaParameters, withoutPrisma } from './database-url.prisma.js';

/** What a parameter does; its value may not hold what is a secret, except where it is one itself. @throws RangeError that begins with its name */
type Parameter = (address: ServerAddress, value: string, name: string) => void;

const MYSQL_SSL_MODES: Record<string, ServerAddress['tls']> = {
  DISABLED: 'off',
  PREFERRED: 'prefer',
  REQUIRED: 'require',
  VERIFY_CA: 'verify-ca',
  VERIFY_IDENTITY: 'verify',
};

const tlsMode =
  (modes: Record<string, ServerAddress['tls']>): Parameter =>
  (address, value, name) => {
    address.tls = modes[oneOf(name, value, Object.keys(modes))]!;
  };

const tlsFile =
  (part: keyof TlsFiles): Parameter =>
  (address, value) => {
    address.tlsFiles = { ...address.tlsFiles, [part]: part === 'keyPassword' ? value : resolve(value) };
  };

const text =
  (part: 'user' | 'password' | 'database' | 'applicationName' | 'options'): Parameter =>
  (address, value) => {
    address[part] = value;
  };

/** One that changes nothing here, as long as it says what is so anyway. */
const only =
  (...values: string[]): Parameter =>
  (_, value, name) =>
    void oneOf(name, value, values);

const seconds: Parameter = (address, value, name) => {
  const count = wholeNumber(name, value);
  if (count > 0) address.connectTimeoutSeconds = count;
};

/** Ours are kept alive in any case. */
const number: Parameter = (_, value, name) => void wholeNumber(name, value);

/** As node-postgres and mysql2 have it: `true`, `no-verify`, or `{"rejectUnauthorized":true}`. */
const ssl: Parameter = (address, value) => applySsl(address, parsed(value));

const socket: Parameter = (address, value, name) => {
  if (!value.startsWith('/')) throw new RangeError(`its ${name} must be the path of a socket, which begins with "/".`);
  address.host = value;
};

const POSTGRES: Record<string, Parameter> = {
  sslmode: tlsMode(SSL_MODES),
  ssl,
  // "system" are those of the machine, which Node has its own of.
  sslrootcert: (address, value, name) => (value === 'system' ? undefined : tlsFile('ca')(address, value, name)),
  sslcert: tlsFile('cert'),
  sslkey: tlsFile('key'),
  sslpassword: tlsFile('keyPassword'),
  channel_binding: (address, value, name) => {
    address.channelBinding = oneOf(name, value, ['disable', 'prefer', 'require'] as const);
  },
  user: text('user'),
  password: text('password'),
  dbname: text('database'),
  application_name: text('applicationName'),
  fallback_application_name: (address, value) => {
    address.applicationName ??= value;
  },
  options: text('options'),
  connect_timeout: seconds,
  target_session_attrs: (address, value, name) => {
    address.role = oneOf(name, value, SERVER_ROLES);
  },
  load_balance_hosts: only('disable'),
  keepalives: only('0', '1'),
  keepalives_idle: number,
  keepalives_interval: number,
  keepalives_count: number,
  tcp_user_timeout: number,
  client_encoding: only('UTF8', 'UTF-8', 'utf8', 'utf-8', 'auto'),
  gssencmode: only('disable', 'prefer'),
  sslcompression: only('0'),
  sslsni: only('1'),
  sslnegotiation: only('postgres'),
  replication: only('false', 'off', 'no', '0'),
};

const MYSQL: Record<string, Parameter> = {
  sslmode: tlsMode(SSL_MODES),
  ssl,
  'ssl-mode': tlsMode(MYSQL_SSL_MODES),
  'ssl-ca': tlsFile('ca'),
  'ssl-cert': tlsFile('cert'),
  'ssl-key': tlsFile('key'),
  sslrootcert: tlsFile('ca'),
  sslcert: tlsFile('cert'),
  sslkey: tlsFile('key'),
  sslpassword: tlsFile('keyPassword'),
  user: text('user'),
  password: text('password'),
  socketPath: socket,
  socket,
  connect_timeout: seconds,
  charset: only('utf8mb4', 'UTF8MB4_UNICODE_CI', 'utf8mb4_unicode_ci', 'utf8mb4_general_ci', 'utf8'),
};

/** @throws RangeError naming the parameter, and what is known */
export function applyParameters(address: ServerAddress, given: ReadonlyMap<string, string>): void {
  const parameters = withoutPrisma(address.type, given);
  const known = address.type === 'postgres' ? POSTGRES : MYSQL;
  for (const [name, value] of parameters) {
    const apply = Object.hasOwn(known, name) ? known[name]! : undefined;
    if (!apply) throw new RangeError(unknown(name, [...Object.keys(known), ...prismaParameters(address.type)]));
    apply(address, value, name);
  }
  const { tlsFiles } = address;
  const saysMode = ['sslmode', 'ssl-mode', 'ssl'].some((name) => parameters.has(name));
  if ((tlsFiles?.cert === undefined) !== (tlsFiles?.key === undefined))
    throw new RangeError(
      'a client certificate needs both its file and the file of its key; the authority that signed the server’s is named by sslrootcert or ssl-ca.',
    );
  if (!tlsFiles) return;
  // Who names an authority wants it asked.
  if (!saysMode) address.tls = 'verify';
  else if (address.tls === 'require' && tlsFiles.ca !== undefined) address.tls = 'verify-ca';
}

function unknown(name: string, known: readonly string[]): string {
  // What stands there may be the end of a password.
  const shown = /^[A-Za-z][A-Za-z_-]{0,40}$/.test(name) ? `"${name}" ` : '';
  return `its parameter ${shown}is not known; known: ${['host', 'port', ...known].sort().join(', ')}.`;
}

function parsed(value: string): unknown {
  try {
    const found = JSON.parse(value) as unknown;
    return found === 1 ? true : found === 0 ? false : found;
  } catch {
    return value;
  }
}

function oneOf<Value extends string>(name: string, value: string, values: readonly Value[]): Value {
  const found = values.find((each) => each === value);
  if (found === undefined) throw new RangeError(`its ${name} must be one of ${values.join(', ')}.`);
  return found;
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new RangeError(`its ${name} must be a whole number.`);
  return Number(value);
}
