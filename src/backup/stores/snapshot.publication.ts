import { rename, rm } from 'node:fs/promises';
import { serialiseManifest } from '../model/manifest.js';
import { documentNames, indexName, manifestName } from '../model/snapshot-id.js';
import { fsyncFolder, publish, writeAside } from '../system/atomic-file.js';
import { pathInside } from '../system/safe-path.js';
import { temporaryPath } from '../system/temporary-file.js';
import { exists, ignoreMissing } from './folder.content.js';
import type { UnpublishedSnapshot } from './snapshot-store.js';
import { alreadyThere } from './store.errors.js';

/*
 * The one rule behind publishing and removing: while a temporary manifest stands in the folder, the document it names is unfinished.
 * Every step is durable before the next one, so a crash between any two leaves either a whole snapshot, or one that `planSweep` clears away.
 */

/** Temporary manifest, document, index, manifest. What fails on the way is taken back. */
export async function publishSnapshot(
  folder: string,
  { manifest, temporaryDocument, temporaryIndex }: UnpublishedSnapshot,
): Promise<void> {
  const documentPath = pathInside(folder, manifest.filename);
  const manifestPath = pathInside(folder, manifestName(manifest.id));
  if ((await exists(documentPath)) || (await exists(manifestPath))) {
    for (const path of [temporaryDocument, temporaryIndex]) if (path !== null) await rm(path, { force: true });
    throw alreadyThere(manifest.id);
  }
  try {
    const marker = await writeAside(manifestPath, serialiseManifest(manifest));
    await publish(temporaryDocument, documentPath);
    if (temporaryIndex !== null) await rename(temporaryIndex, pathInside(folder, indexName(manifest.id)));
    await publish(marker, manifestPath);
  } catch (error) {
    await withdraw(folder, manifest.id, [temporaryDocument, temporaryIndex]);
    throw error;
  }
}

/** The manifest becomes a temporary one, the document goes, the temporary manifest goes. Gone already is fine. */
export async function removeSnapshot(folder: string, id: string): Promise<void> {
  const manifestPath = pathInside(folder, manifestName(id));
  const marker = temporaryPath(manifestPath);
  await rename(manifestPath, marker).catch(ignoreMissing);
  if (!(await exists(marker))) return; // a document without any manifest is not ours to delete
  await fsyncFolder(folder);
  for (const name of [...documentNames(id), indexName(id)]) await rm(pathInside(folder, name), { force: true });
  await fsyncFolder(folder);
  await rm(marker, { force: true });
  await fsyncFolder(folder);
}

async function withdraw(folder: string, id: string, temporaries: (string | null)[]): Promise<void> {
  try {
    await removeSnapshot(folder, id);
    for (const path of temporaries) if (path !== null) await rm(path, { force: true });
  } catch {
    // The error that made this necessary is the one to report; the next start sweeps what is left.
  }
}
