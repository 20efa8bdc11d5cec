import { isUtf8 } from 'node:buffer';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type Database from 'better-sqlite3';
import { asBackupError, BackupError } from '../../../model/errors.js';
import type { SqliteTarget } from '../../database-target.js';
import { openSqlite } from '../../../system/sqlite-driver.js';

export type Connection = Database.Database;

/** Enough for the pages of a restore to stay in memory between two inserts, far below the engine host's limit of 200 MB. */
const CACHE_KIB = 32_768;

/**
 * Opens the source in the engine host. Opened for writing even to read from, because only then can SQLite finish what a crashed application left
 * in its journal; `query_only` keeps a capture from changing anything.
 */
export function openSource(target: SqliteTarget, use: 'read' | 'write'): Connection {
  if (!existsSync(target.path)) {
    throw new BackupError(
      'DATABASE_UNAVAILABLE',
      `The database file "${basename(target.path)}" does not exist. Check the database URL.`,
    );
  }
  try {
    const connection = openSqlite(target.path, { fileMustExist: true, timeout: target.busyTimeoutMs });
    refuseOtherEncodings(connection);
    connection.pragma(`cache_size = -${CACHE_KIB}`);
    connection.pragma(`query_only = ${use === 'read' ? 'on' : 'off'}`);
    // A restore puts rows in an order of its own; the keys are checked as a whole before it commits.
    connection.pragma('foreign_keys = off');
    // Sorting for the indexes of a large database would not fit into the memory that the engine host may take.
    connection.pragma(`temp_store = ${use === 'read' ? 'memory' : 'default'}`);
    connection.function('is_utf8', { deterministic: true, directOnly: true }, (bytes) =>
      isUtf8(bytes as Buffer) ? 1 : 0,
    );
    return connection;
  } catch (error) {
    throw explain(error, target);
  }
}

/** There a text's bytes are not what a document holds. */
function refuseOtherEncodings(connection: Connection): void {
  const encoding = String(connection.pragma('encoding', { simple: true }));
  if (encoding !== 'UTF-8')
    throw new BackupError(
      'UNSUPPORTED',
      `The database keeps its text as ${encoding}; only UTF-8 databases can be backed up. Copy it into one first.`,
    );
}

const NEEDS_APPLICATION = /no such (collation sequence|function|module|tokenizer)|unknown (function|tokenizer)/;

/** Says what a driver's error means for the person who reads the job. */
export function explain(error: unknown, target: SqliteTarget): BackupError {
  if (error instanceof BackupError) return error;
  const name = basename(target.path);
  const { code, message } = error as { code?: string; message?: string };
  if (code?.startsWith('SQLITE_CONSTRAINT')) {
    return new BackupError(
      'CONSTRAINT_VIOLATION',
      `The database "${name}" does not accept the snapshot's rows: ${message}. Nothing was changed.`,
    );
  }
  if (code === 'SQLITE_ERROR' && message === 'malformed JSON') {
    return new BackupError('SNAPSHOT_CORRUPT', 'A row of the snapshot is not JSON. Use another snapshot.');
  }
  if (code?.startsWith('SQLITE_ERROR') && NEEDS_APPLICATION.test(message ?? ''))
    return new BackupError(
      'UNSUPPORTED',
      `The database "${name}" needs something that only the application provides: ${message}. Nothing was changed. A snapshot of the engine "native" copies the database file instead.`,
      {},
      { cause: error },
    );
  const known = asBackupError(error);
  if (known.code === 'DATABASE_LOCKED') {
    const seconds = target.busyTimeoutMs / 1000;
    return new BackupError(
      'DATABASE_LOCKED',
      `The database "${name}" stayed locked for ${seconds} s by another connection. Nothing was changed; try again, or find the transaction that stays open.`,
    );
  }
  if (known.code === 'DATABASE_UNAVAILABLE') {
    return new BackupError(
      'DATABASE_UNAVAILABLE',
      `The database "${name}" cannot be read: ${known.message}. Check the file, or restore a snapshot.`,
    );
  }
  return known;
}

/** An identifier as SQL writes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text literal as SQL writes it. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
