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
  /** A host name or address; on PostgreSQL also the folder of the server's socket, which begins with `/`. */
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** `verify` checks the server's certificate, `require` only encrypts. */
  tls: 'off' | 'require' | 'verify';
}

/** What there is in a database: `missing` is a SQLite file that is not there. */
export type Occupancy = 'missing' | 'no_tables' | 'no_rows' | 'rows';

/** The part of a target that an address says. */
export type DatabaseAddress = Omit<SqliteTarget, keyof AnyTarget> | Omit<ServerTarget, keyof AnyTarget>;
