import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { BackupError, asBackupError } from '../../model/errors.js';
import type { DatabaseManifest, SchemaInfo } from '../../model/manifest.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { verifyBytes } from '../shared/verify-bytes.js';
import type { StoredSnapshot, VerifyRequest } from '../snapshot.engine.js';
import type { ProvenContent } from './native-database.js';
import type { NativeOptions } from './native.options.js';

/** @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT` */
export async function verifyTask(
  { snapshot, options }: VerifyRequest<DatabaseManifest> & { options: NativeOptions },
  context: TaskContext,
): Promise<null> {
  await verifyBytes(snapshot, context);
  await proveNative(snapshot, options, context);
  return null;
}

/**
 * Reads a native document as a restore would, and compares rows, digests and schema with the manifest. Where the database's own program is missing, what the
 * checksums prove has to do.
 * @throws BackupError `SNAPSHOT_CORRUPT`
 */
async function proveNative(snapshot: StoredSnapshot, options: NativeOptions, context: TaskContext): Promise<void> {
  const { manifest } = snapshot;
  if (manifest.database.type !== 'sqlite' && fingerprintOf(manifest.schema) !== manifest.schema.fingerprint)
    throw contradiction(snapshot, 'the "fingerprint" of its "schema" is not that of its "ddl"');
  const found = await contentOf(snapshot, options, context);
  if (!found) return;
  const wrong = Object.entries(manifest.tables).find(
    ([name, { rows, sha256 }]) => found.tables[name]?.rows !== rows || found.tables[name].sha256 !== sha256,
  );
  if (wrong) throw contradiction(snapshot, `its document does not have the rows that it lists for "${wrong[0]}"`);
  if (found.schema && !isDeepStrictEqual(compared(found.schema), compared(manifest.schema)))
    throw contradiction(snapshot, 'its "schema" is not that of the document');
}

async function contentOf(
  snapshot: StoredSnapshot,
  options: NativeOptions,
  context: TaskContext,
): Promise<ProvenContent | null> {
  switch (snapshot.manifest.database.type) {
    case 'sqlite':
      return (await import('./sqlite/native-sqlite.js')).storedContent(snapshot, context).catch(unlessUnreadable);
    case 'postgres':
      return (await import('./postgres/native-postgres.js')).storedContent(snapshot, options).catch(unlessCorrupt);
    case 'mysql':
      return (await import('./mysql/native-mysql.js')).storedContent(snapshot);
    default:
      return null;
  }
}

/** Whatever keeps the program from reading it says nothing about the snapshot, whose bytes are those that it could read when they were written. */
function unlessCorrupt(thrown: unknown): null {
  if (asBackupError(thrown).code === 'SNAPSHOT_CORRUPT') throw thrown;
  return null;
}

/** A folder in which an archived database cannot be laid out says nothing about the snapshot. */
function unlessUnreadable(thrown: unknown): null {
  if (['FOLDER_NOT_WRITABLE', 'DISK_FULL'].includes(asBackupError(thrown).code)) return null;
  throw thrown;
}

/** As the native engines of servers reckon it. */
const fingerprintOf = ({ ddl }: SchemaInfo): string =>
  createHash('sha256')
    .update(JSON.stringify([...ddl].sort()))
    .digest('hex');

/** What every version tells in the same way. */
const compared = ({ fingerprint, migrations, ddl }: SchemaInfo): SchemaInfo => ({ fingerprint, migrations, ddl });

const contradiction = ({ manifest }: StoredSnapshot, why: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `The manifest of snapshot "${manifest.id}" cannot be trusted: ${why}. Use another snapshot.`,
  );
