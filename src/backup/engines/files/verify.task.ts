import type { FilesManifest } from '../../model/manifest.js';
import type { StoredFile } from '../../archive/stored-file.js';
import type { DocumentFacts } from './document.members.js';
import { FilesDocument } from './files.document.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { verifyBytes } from '../shared/verify-bytes.js';
import type { StoredSnapshot, VerifyRequest } from '../snapshot.engine.js';
import { Tree } from './tree.js';

/**
 * Reads a document as a restore would, without writing: every member and every digest. A differential is read without its base: what it does not hold is passed over.
 * @throws BackupError `SNAPSHOT_CORRUPT`
 */
export async function proveDocument(facts: DocumentFacts, stored: StoredFile): Promise<void> {
  const document = await FilesDocument.open(facts, stored);
  try {
    for await (const entry of document.list()) {
      if (entry.type === 'skipped' || !(await document.holds(entry))) continue;
      if (entry.type === 'file') await document.content(entry, () => undefined);
    }
    await document.finish();
  } finally {
    await document.close();
  }
}

/** @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT` */
export async function verifyTask({ snapshot }: VerifyRequest<FilesManifest>, context: TaskContext): Promise<null> {
  await verifyBytes(snapshot, context);
  await proveTree(snapshot);
  return null;
}

/**
 * Reads the complete tree that a snapshot stands for, its base's part too, without writing it.
 * @throws BackupError `SNAPSHOT_CORRUPT`
 */
async function proveTree(snapshot: StoredSnapshot<FilesManifest>): Promise<void> {
  const tree = await Tree.open(snapshot);
  try {
    for await (const { content } of tree.items()) await content(() => undefined);
  } finally {
    await tree.close();
  }
}
