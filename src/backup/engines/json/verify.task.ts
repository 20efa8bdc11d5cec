import { BackupError } from '../../model/errors.js';
import type { DatabaseManifest } from '../../model/manifest.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { verifyBytes } from '../shared/verify-bytes.js';
import type { StoredSnapshot, VerifyRequest } from '../snapshot.engine.js';
import type { ProvenTable } from '../dialects/contradictions.js';
import { materialise } from './materialise.js';
import { proven } from './proven.js';

/** @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT` */
export async function verifyTask({ snapshot }: VerifyRequest<DatabaseManifest>, context: TaskContext): Promise<null> {
  await verifyBytes(snapshot, context);
  await proveDocument(snapshot);
  return null;
}

/**
 * Reads a JSON snapshot as a restore would, its base too, and compares everything that a restore relies on: rows and digests of all tables, the document's
 * head, and the schema of the manifest with the document's columns.
 * @throws BackupError `SNAPSHOT_CORRUPT`
 */
async function proveDocument(snapshot: StoredSnapshot): Promise<void> {
  const { manifest } = snapshot;
  const tables: ProvenTable[] = [];
  for await (const part of proven(manifest, materialise(snapshot))) {
    if (part.part === 'table') tables.push(part);
    if (part.part === 'end') break;
  }
  const contradiction = await contradictionOf(manifest, tables);
  if (contradiction === null) return;
  throw new BackupError(
    'SNAPSHOT_CORRUPT',
    `The manifest of snapshot "${manifest.id}" cannot be trusted: ${contradiction}. Use another snapshot.`,
  );
}

/** How the schema in a manifest contradicts the tables that were captured, in words; needs no server, nor the driver of one. */
async function contradictionOf(manifest: DatabaseManifest, tables: readonly ProvenTable[]): Promise<string | null> {
  switch (manifest.database.type) {
    case 'sqlite':
      return (await import('../dialects/sqlite/sqlite.contradictions.js')).contradictionIn(manifest, tables);
    case 'postgres':
      return (await import('../dialects/postgres/postgres.contradictions.js')).contradictionIn(manifest, tables);
    case 'mysql':
      return (await import('../dialects/mysql/mysql.contradictions.js')).contradictionIn(manifest, tables);
    default:
      return null;
  }
}
