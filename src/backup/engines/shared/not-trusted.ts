import { BackupError } from '../../model/errors.js';
import type { StoredSnapshot } from '../snapshot.engine.js';

/** A snapshot that somebody else made, or that cannot be told from one, would run what nobody has read. */
export function notTrusted({ manifest }: StoredSnapshot, statements: readonly string[]): BackupError {
  const { id, engine, database } = manifest;
  const what =
    engine === 'native' && database.type !== 'sqlite'
      ? `its document "${manifest.filename}" is a script of SQL, which would run as a whole`
      : `of its schema ${statements.length === 1 ? 'a statement' : `${statements.length} statements`} would run that may do more than build tables, views, functions and the like, or that would run code of the snapshot's with the rights of a server's administrator`;
  const ordinary =
    database.type === 'postgres' && engine !== 'native'
      ? ' If they only call functions of the snapshot, connect as an ordinary role that owns the database: then they need no confirmation.'
      : '';
  return new BackupError(
    'SCHEMA_NOT_TRUSTED',
    `Snapshot "${id}" is not known to be taken by this installation, and ${what}. Nothing was changed.${ordinary}`,
    { statements, advice: ['trust_schema'] },
  );
}
