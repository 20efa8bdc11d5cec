import { applySsl } from './connection-tls.js';
import type { DatabaseAddress, ServerAddress } from './database-target.js';
import { assertMysql, parseDatabaseUrl, type BesideUrl } from './database-url.js';

/**
 * A connection in the words of the application's own library: TypeORM's `DataSourceOptions`, Drizzle's, Knex's, MikroORM's and Sequelize's configuration, and what `pg`
 * and `mysql2` take, as long as it says which kind of database it is. What says nothing about how to connect is ignored.
 */
export interface DatabaseConnectionOptions {
  /** `postgres`, `mysql`, `mariadb`, `sqlite`, `better-sqlite3`, … */
  type?: string;
  /** The same, as Drizzle and Sequelize call it. */
  dialect?: string;
  /** The same, as Knex calls it. */
  client?: unknown;
  /** The whole address; what it does not say may stand beside it. */
  url?: string;
  /** The same, as `pg` and Knex call it. */
  connectionString?: string;
  /** The same, as MikroORM calls it. */
  clientUrl?: string;
  /** @default 'localhost' */
  host?: string;
  /** @default 5432 or 3306 */
  port?: number | string;
  username?: string;
  user?: string;
  /** The password itself: one that a function gives cannot be used. */
  password?: unknown;
  /** Name of a database on a server, or path of a SQLite file. */
  database?: unknown;
  /** The same, as MikroORM calls it. */
  dbName?: string;
  /** Path of a SQLite file, as Knex calls it. */
  filename?: string;
  /** Path of a SQLite file, as Sequelize calls it. */
  storage?: string;
  /** The server's socket. */
  socketPath?: string;
  /** As the drivers take it: `true`, or an object with `ca`, `cert`, `key`, `passphrase`, `rejectUnauthorized`, `verifyIdentity`. */
  ssl?: unknown;
  /** Where the migrations table lies; all schemas are captured, whichever it is. PostgreSQL only. */
  schema?: string;
  /** The migrations table, as TypeORM calls it. */
  migrationsTableName?: string;
  /** What Knex connects to. */
  connection?: unknown;
  /** What Drizzle connects to. */
  dbCredentials?: unknown;
  /** TypeORM: its `master` is the server. */
  replication?: unknown;
  /** TypeORM: what it hands to the driver. */
  extra?: unknown;
  /** MikroORM: what `connection` in it says goes to the driver. */
  driverOptions?: unknown;
  /** Sequelize: what it hands to the driver. */
  dialectOptions?: unknown;
}

const KINDS: Record<string, DatabaseAddress['type']> = {
  ...{ postgres: 'postgres', postgresql: 'postgres', pg: 'postgres' },
  ...{ mysql: 'mysql', mysql2: 'mysql', mariadb: 'mysql' },
  ...{ sqlite: 'sqlite', sqlite3: 'sqlite', 'better-sqlite3': 'sqlite' },
};
const PORTS = { postgres: 5432, mysql: 3306 };
const USERS = { postgres: 'postgres', mysql: 'root' };
const HIGHEST_PORT = 65_535;

/** What a value is called by one library or another; the first that is there counts. */
const KIND = ['type', 'dialect', 'client'];
const URL = ['url', 'connectionString', 'clientUrl'];
const USER = ['username', 'user'];
const DATABASE = ['database', 'dbName', 'filename', 'storage'];
/** Where they have what goes to the driver; what stands in a later one counts. */
const NESTED = [
  ['connection'],
  ['dbCredentials'],
  ['replication', 'master'],
  ['extra'],
  ['driverOptions', 'connection'],
  ['dialectOptions'],
];
const DRIVERS_WORDS = [...URL, ...USER, ...DATABASE, 'host', 'port', 'password', 'socketPath', 'ssl'];

export const CONNECTION_WORDS: readonly string[] = [
  ...DRIVERS_WORDS,
  ...KIND,
  ...NESTED.map(([first]) => first!),
  'schema',
  'migrationsTableName',
];

type Values = Readonly<Record<string, unknown>>;

/** Whether it is a configuration of such a library, which says much that is not about the connection. */
export const saysKind = (options: object): boolean => firstOf(options as Values, KIND) !== undefined;

/**
 * @throws RangeError in words that begin with "it" and repeat neither password nor host
 */
export function readConnection(options: DatabaseConnectionOptions): DatabaseAddress {
  const kind = kindOf(options as Values);
  const values = withNested(options as Values);
  const url = text(values, URL);
  if (kind === undefined && url === undefined)
    throw new RangeError(
      'it says neither an address (url) nor which kind of database it is (type: "postgres", "mysql" or "sqlite").',
    );
  if (kind === 'sqlite') return sqliteAddress(url ?? text(values, DATABASE));
  if (typeof firstOf(values, ['password']) === 'function')
    throw new RangeError(
      'its password is given by a function, which the processes that take backups cannot call. Give the password itself, or an address (url) that holds it.',
    );
  const address = url === undefined ? serverAddress(kind!, values) : addressBeside(url, values);
  if (kind !== undefined && address.type !== kind)
    throw new RangeError('its url is for another kind of database than its type.');
  return address;
}

function kindOf(options: Values): DatabaseAddress['type'] | undefined {
  const kind = firstOf(options, KIND);
  if (kind === undefined) return undefined;
  const known = typeof kind === 'string' && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (known) return known;
  const named = typeof kind === 'string' && /^[\w -]{1,40}$/.test(kind) ? `"${kind}"` : 'its kind of database';
  throw new RangeError(`${named} is not supported. Supported: ${Object.keys(KINDS).join(', ')}.`);
}

/** @param given a path, or an address; a drive of Windows is no scheme */
function sqliteAddress(given = ''): DatabaseAddress {
  return parseDatabaseUrl(/^[a-z][a-z0-9+.-]+:/i.test(given) ? given : `sqlite:${given}`);
}

function addressBeside(url: string, values: Values): DatabaseAddress {
  const beside = besideUrl(values);
  const address = parseDatabaseUrl(url, beside);
  if (address.type === 'sqlite') return address;
  if (beside.database !== undefined && beside.database !== address.database)
    throw new RangeError('it names two databases: one in its url, and one in another property.');
  if (!/[?&]ssl(-?mode|accept)?=/.test(url)) applySsl(address, values['ssl']);
  assertMysql(address);
  return address;
}

function besideUrl(values: Values): BesideUrl {
  const [user, password, database] = [text(values, USER), text(values, ['password']), text(values, DATABASE)];
  return {
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
  };
}

function serverAddress(type: ServerAddress['type'], values: Values): ServerAddress {
  const database = text(values, DATABASE);
  if (database === undefined) throw new RangeError('it names no database on the server.');
  const address: ServerAddress = {
    type,
    host: text(values, ['socketPath', 'host']) ?? '127.0.0.1',
    port: portOf(values['port']) ?? PORTS[type],
    user: text(values, USER) ?? USERS[type],
    password: text(values, ['password']) ?? '',
    database,
    tls: 'off',
  };
  const sessionOptions = type === 'postgres' ? text(values, ['options']) : undefined;
  if (sessionOptions !== undefined) address.options = sessionOptions;
  applySsl(address, values['ssl']);
  assertMysql(address);
  return address;
}

/** Where the library records its migrations, if it says so. */
export function migrationsTableOf(options: DatabaseConnectionOptions): string | undefined {
  const values = options as Values;
  const table = text(values, ['migrationsTableName']);
  const schema = KINDS[String(firstOf(values, KIND))] === 'postgres' ? text(values, ['schema']) : undefined;
  if (schema === undefined) return table;
  return `${schema}.${table ?? 'migrations'}`;
}

function portOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  if (Number.isInteger(port) && (port as number) >= 1 && (port as number) <= HIGHEST_PORT) return port as number;
  throw new RangeError(`its port must be a whole number from 1 to ${HIGHEST_PORT}.`);
}

/** By their names: drivers hide passwords and keys from whoever lists what there is. */
function withNested(options: Values): Values {
  const values: Record<string, unknown> = pick(options, DRIVERS_WORDS);
  for (const path of NESTED) {
    const found = path.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), options);
    if (typeof found === 'function')
      throw new RangeError(`its ${path.join('.')} is a function, which the processes that take backups cannot call.`);
    if (typeof found === 'string') values['url'] = found;
    else if (isRecord(found)) Object.assign(values, pick(found, [...DRIVERS_WORDS, 'options']));
  }
  return values;
}

const isRecord = (value: unknown): value is Values => typeof value === 'object' && value !== null;

const pick = (values: Values, names: readonly string[]): Values =>
  Object.fromEntries(names.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]));

function firstOf(values: Values, names: readonly string[]): unknown {
  const name = names.find((each) => values[each] !== undefined && values[each] !== null);
  return name === undefined ? undefined : values[name];
}

/** @throws RangeError naming what is no text */
function text(values: Values, names: readonly string[]): string | undefined {
  const found = firstOf(values, names);
  if (found === undefined || found === '') return undefined;
  if (typeof found === 'string') return found;
  throw new RangeError(`its ${names.find((name) => values[name] === found)!} must be a text.`);
}
