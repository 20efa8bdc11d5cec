import type { FilesManifest } from '../../model/manifest.js';
import type { StoredFile } from '../../archive/stored-file.js';
import type { DocumentFacts } from './document.members.js';
import { FilesDocument } from './files.document.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
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

/**
 * Reads the complete tree that a snapshot stands for, its base's part too, without writing it.
 * @throws BackupError `SNAPSHOT_CORRUPT`
 */
export async function proveTree(snapshot: StoredSnapshot<FilesManifest>): Promise<void> {
  const tree = await Tree.open(snapshot);
  try {
    for await (const { content } of tree.items()) await content(() => undefined);
  } finally {
    await tree.close();
  }
}
