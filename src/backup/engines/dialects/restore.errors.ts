import { BackupError } from '../../model/errors.js';

export function schemaMismatch(differences: readonly unknown[]): BackupError {
  return new BackupError(
    'SCHEMA_MISMATCH',
    `The database's schema differs from the snapshot's in ${differences.length} point(s). Nothing was changed.`,
    { differences, advice: ['allow_schema_changes'] },
  );
}

export const tableNotFound = (names: readonly string[]): BackupError =>
  new BackupError(
    'TABLE_NOT_FOUND',
    `The snapshot has no table ${names.map((name) => `"${name}"`).join(', ')}. Its details list the tables.`,
  );

export const restoreMismatch = (table: string, why: string): BackupError =>
  new BackupError('RESTORE_MISMATCH', `The restore was undone: table "${table}" does not match the snapshot (${why}).`);

export const corruptDocument = (id: string, why: string): BackupError =>
  new BackupError('SNAPSHOT_CORRUPT', `The document of snapshot "${id}" is damaged: ${why}. Use another snapshot.`);

/** A document that is not what this program writes. */
export const corrupt = (why: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `This is not a snapshot document that can be read: ${why}. Use another snapshot.`,
  );
