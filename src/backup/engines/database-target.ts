import { basename } from 'node:path';

/** The database a source names, as the engine host opens it. */
export type DatabaseTarget = SqliteTarget | ServerTarget;

interface AnyTarget {
  /** How long to wait for a lock before the job fails, in milliseconds. */
  busyTimeoutMs: number;
  /** The host's migrations table: recorded in the manifest, not captured. */
  migrationsTable: string;
}

export interface SqliteTarget extends AnyTarget {
  type: 'sqlite';
  /** Absolute path of the database file. */
  path: string;
}

/** A database on a server. The password goes to the engine host over its channel, never through argv, the environment or a log. */
export interface ServerTarget extends AnyTarget {
  type: 'postgres' | 'mysql';
  /** A host name or address; or where the server's socket is, which begins with `/`: its folder on PostgreSQL, its path on MySQL. */
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** `prefer` encrypts where the server can, `require` always; `verify-ca` checks who signed the server's certificate, `verify` its name too. */
  tls: 'off' | 'prefer' | 'require' | 'verify-ca' | 'verify';
  tlsFiles?: TlsFiles;
  /** Tried in this order where the first does not answer, or is not of the {@link role} that is wanted. PostgreSQL only. */
  otherServers?: { host: string; port: number }[];
  /** Which of several servers will do, in libpq's words (`target_session_attrs`). PostgreSQL only. @default 'any' */
  role?: ServerRole;
  /** @default 10 */
  connectTimeoutSeconds?: number;
  /** What the server's list of sessions says. PostgreSQL only. @default 'nestjs-backup' */
  applicationName?: string;
  /** Command line options of the session, such as `-c search_path=app`. PostgreSQL only. */
  options?: string;
  /** Whether a password is told only to a server that proves that it ends the encryption itself. PostgreSQL only. @default 'disable' */
  channelBinding?: 'disable' | 'prefer' | 'require';
}

/** Paths of PEM files, or what stands in them; of which a key is a secret. */
export interface TlsFiles {
  /** Of the authorities that may have signed the server's certificate; else those of Node, with `NODE_EXTRA_CA_CERTS`. */
  ca?: string;
  cert?: string;
  key?: string;
  /** What the key is encrypted with: a secret. */
  keyPassword?: string;
}

export const SERVER_ROLES = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type ServerRole = (typeof SERVER_ROLES)[number];

/** What there is in a database: `missing` is a SQLite file that is not there. */
export type Occupancy = 'missing' | 'no_tables' | 'no_rows' | 'rows';

export type SqliteAddress = Omit<SqliteTarget, keyof AnyTarget>;
export type ServerAddress = Omit<ServerTarget, keyof AnyTarget>;

/** The part of a target that an address says. */
export type DatabaseAddress = SqliteAddress | ServerAddress;

/** The file that a database is; null where it is on a server. */
export const fileOf = (target: DatabaseTarget): string | null => (target.type === 'sqlite' ? target.path : null);

/** What its server calls a database, or the name of its file. */
export const nameOf = (target: DatabaseTarget): string =>
  target.type === 'sqlite' ? basename(target.path) : target.database;

/** An address without user and password. */
export const withoutSecrets = (target: DatabaseTarget): string =>
  target.type === 'sqlite'
    ? `sqlite:${target.path}`
    : `${target.type}://${target.host}:${target.port}/${target.database}`;
