import { basename } from 'node:path';
import { ArchiveReader } from '../archive/archive.reader.js';
import { asBackupError, BackupError } from '../model/errors.js';
import { type Manifest } from '../model/manifest.js';
import { parseManifest } from '../model/parse-manifest.js';
import { manifestName } from '../model/snapshot-id.js';
import { idOfManifest } from './folder.layout.js';
import type { FoundProblem, FoundSnapshot } from './found-snapshot.js';
import { LARGEST_TEXT_BYTES } from './small-text.js';
import type { SnapshotStore } from './snapshot-store.js';

/** @throws BackupError `SNAPSHOT_CORRUPT` */
export async function readRegularManifest(store: SnapshotStore, id: string): Promise<Manifest> {
  let text: string;
  try {
    text = await store.readText('snapshots', manifestName(id));
  } catch (error) {
    const why = `The manifest of snapshot "${id}" cannot be read: ${reason(error)}. Use another snapshot.`;
    throw new BackupError('SNAPSHOT_CORRUPT', why, {}, { cause: error });
  }
  return parseManifest(text, id);
}

/** @throws BackupError `ARCHIVE_NOT_FOUND`, `ARCHIVE_CORRUPT`, `FILE_NOT_IN_ARCHIVE`, `SNAPSHOT_CORRUPT` */
export async function readArchivedManifest(archivePath: string, id: string): Promise<Manifest> {
  const archive = await ArchiveReader.open(archivePath);
  try {
    return parseManifest(await archive.text(manifestName(id), LARGEST_TEXT_BYTES), id);
  } finally {
    await archive.close();
  }
}

/** The manifest of one whole snapshot, regular or else in this archive; null where neither has one that can be used. */
export async function findManifest(
  id: string,
  store: SnapshotStore,
  archivePath: string | null,
): Promise<FoundSnapshot | null> {
  const manifest = await readRegularManifest(store, id).catch(() => null);
  const document = manifest && (await store.stat('snapshots', manifest.filename).catch(() => null));
  if (manifest && document) return { manifest, archive: null };
  const archive = archivePath === null ? null : await ArchiveReader.open(archivePath).catch(() => null);
  if (archivePath === null || archive === null) return null;
  try {
    const found = await readEntry(archive, basename(archivePath), manifestName(id), id);
    return 'manifest' in found ? found : null;
  } finally {
    await archive.close();
  }
}

/** Every manifest in an archive. One that cannot be used is a problem of its own and does not hide the others. */
export async function readArchivedManifests(archivePath: string): Promise<(FoundSnapshot | FoundProblem)[]> {
  const filename = basename(archivePath);
  const found: (FoundSnapshot | FoundProblem)[] = [];
  try {
    const archive = await ArchiveReader.open(archivePath);
    try {
      for (const name of archive.entries.keys()) {
        const id = idOfManifest(name);
        if (id !== undefined) found.push(await readEntry(archive, filename, name, id));
      }
    } finally {
      await archive.close();
    }
  } catch (error) {
    return [{ file: filename, problem: asBackupError(error).message }];
  }
  return found;
}

/** Each snapshot is two entries, and there may be one that explains them. */
export async function countArchivedManifests(archivePath: string): Promise<number> {
  return Math.floor((await ArchiveReader.count(archivePath)) / 2);
}

async function readEntry(
  archive: ArchiveReader,
  filename: string,
  name: string,
  id: string,
): Promise<FoundSnapshot | FoundProblem> {
  try {
    const manifest = parseManifest(await archive.text(name, LARGEST_TEXT_BYTES), id);
    if (archive.has(manifest.filename)) return { manifest, archive: filename };
    return { file: `${filename}: ${name}`, problem: `its document ${manifest.filename} is not in the archive` };
  } catch (error) {
    return { file: `${filename}: ${name}`, problem: asBackupError(error).message };
  }
}

/** Why a file could not be read, without its path, which no HTTP client needs to know. */
function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it is missing';
  if (code === 'ELOOP' || code === 'ENXIO') return 'it is not a regular file';
  return code ?? message;
}
