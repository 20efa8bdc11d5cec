import { asBackupError, BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';

/** What the driver throws. */
export interface ServerError extends Error {
  /** An SQLSTATE, or the code of a system error. */
  code?: string;
}

/** SQLSTATEs, or the classes that begin them: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOCKED = /^(55P03|40P01)$/;
const REFUSED_ROWS = /^(22|23)...$/;
const TOO_LARGE = /^54...$/;
const NOT_ALLOWED = /^42501$/;
const READ_ONLY = /^25006$/;
const DISK_FULL = /^53100$/;
const GONE = /^(57P0.|08...|E(CONNRESET|PIPE))$/;
const UNREACHABLE = /^(28...|3D000|53300|E[A-Z_]+)$/;

/** Whether the connection ended before the server answered. */
export function isConnectionLost(error: unknown): boolean {
  const { code = '', message = '' } = error as Partial<ServerError>;
  return GONE.test(code) || message.startsWith('Connection terminated');
}

/** Says what a driver's error means for the person who reads the job. It never holds the password: neither the server nor the driver repeats it. */
export function explain(error: unknown, target: ServerTarget): BackupError {
  if (error instanceof BackupError) return error;
  const { code = '', message = '' } = error as Partial<ServerError>;
  const told = (kind: BackupError['code'], text: string) => new BackupError(kind, text, {}, { cause: error });
  const name = `"${target.database}"`;
  if (LOCKED.test(code)) {
    const seconds = target.busyTimeoutMs / 1000;
    return told(
      'DATABASE_LOCKED',
      `The database ${name} stayed locked for ${seconds} s by another connection. Nothing was changed; try again, or find the transaction that stays open (pg_stat_activity shows it).`,
    );
  }
  if (REFUSED_ROWS.test(code))
    return told(
      'CONSTRAINT_VIOLATION',
      `The database ${name} does not accept the snapshot's rows: ${message}. Nothing was changed.`,
    );
  if (TOO_LARGE.test(code))
    return told(
      'UNSUPPORTED',
      `The database ${name} has a row that its server cannot print as JSON: ${message}. Use the native engine for it.`,
    );
  if (NOT_ALLOWED.test(code))
    return told(
      'DATABASE_UNAVAILABLE',
      `The role "${target.user}" lacks a right in the database ${name}: ${message}. A capture reads every table, past row-level security; a restore must own the tables it fills. Grant that, or back up with the role that owns them.`,
    );
  if (READ_ONLY.test(code))
    return told(
      'DATABASE_UNAVAILABLE',
      `The database ${name} is read-only: ${message}. Restore into the primary server.`,
    );
  if (DISK_FULL.test(code))
    return told('DISK_FULL', `The disk of the database server is full: ${message}. Nothing was changed.`);
  if (isConnectionLost(error))
    return told(
      'DATABASE_UNAVAILABLE',
      `The connection to the database ${name} was lost: ${message}. Whatever was under way is undone by the server; try again.`,
    );
  if (UNREACHABLE.test(code) || /certificate|SSL|SASL/.test(message))
    return told(
      'DATABASE_UNAVAILABLE',
      `The database ${name} at ${target.host}:${target.port} cannot be opened: ${message || code}. Check its address, user and password.`,
    );
  return asBackupError(error);
}
