import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { checkArchive, type ExpectedEntry } from '../archive/archive.check.js';
import { ARCHIVE_README, README_NAME } from '../archive/archive.readme.js';
import { writeArchive, type ArchiveEntryInput } from '../archive/archive.writer.js';
import { openStored, type StoredFile } from '../archive/stored-file.js';
import { BackupError } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import { manifestName } from '../model/snapshot-id.js';
import type { TaskContext } from '../system/child-task-server.js';
import { temporaryPath } from '../system/temporary-file.js';
import { discard, discardAtExit } from '../system/unfinished-file.js';
import { proveDocument } from './json/prove-document.js';
import type { PackArchiveRequest, PackedArchive, PackItem, VerifyRequest } from './engine-host.js';
import { proveParts } from './prove-parts.js';
import { isOfDatabase, isOfFiles, isOfSeveral, type StoredSnapshot } from './snapshot.engine.js';

/**
 * Re-reads a snapshot's stored bytes, its base's too, compares them with the manifest, and proves what a restore relies on: rows, digests, files, schema.
 * @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`
 */
export async function verifyTask({ snapshot, parts, options }: VerifyRequest, context: TaskContext): Promise<null> {
  await verifyBytes(snapshot, context);
  if (isOfFiles(snapshot)) await (await import('./files/verify.js')).proveTree(snapshot);
  else if (isOfSeveral(snapshot)) await proveParts(snapshot, parts);
  else if (!isOfDatabase(snapshot)) return null;
  else if (snapshot.manifest.engine === 'json') await proveDocument(snapshot);
  else await (await import('./native/prove.js')).proveNative(snapshot, options, context);
  return null;
}

/** The first half of {@link verifyTask}; enough before a restore, which proves the rows themselves. */
export async function verifyBytes(snapshot: StoredSnapshot<Manifest>, context: TaskContext): Promise<void> {
  if (snapshot.base) await verifyBytes(snapshot.base, context);
  const { manifest, document } = snapshot;
  const found = await fingerprint(document, (bytes) =>
    context.report({ stage: 'verify', progress: bytes / (manifest.file_size_bytes + 1) }),
  );
  assertIntact(manifest, found);
}

function assertIntact(manifest: Manifest, found: ExpectedEntry): void {
  if (found.size !== manifest.file_size_bytes) {
    throw corrupt(manifest.id, `it has ${found.size} bytes instead of ${manifest.file_size_bytes}`);
  }
  if (found.sha256 !== manifest.checksum) throw corrupt(manifest.id, 'its checksum differs');
}

/**
 * Writes one day's archive aside and reads it back entry by entry before anything else may be removed. A snapshot that has rotted is left out and
 * named, so that it does not keep the day's others from being archived.
 */
export async function packArchiveTask(
  { archivePath, items }: PackArchiveRequest,
  context: TaskContext,
): Promise<PackedArchive> {
  const aside = temporaryPath(archivePath);
  await rm(aside, { force: true });
  const finished = discardAtExit(aside);
  try {
    const { sound, damaged } = await separateDamaged(items);
    const total = sound.length * 2 + 1;
    await writeArchive(aside, [readme(sound), ...sound.flatMap(entriesOf)], {
      onEntry: (done) => context.report({ stage: 'pack', progress: (0.7 * done) / total }),
    });
    await checkArchive(aside, await expectedEntries(sound));
    return { temporaryPath: aside, sizeBytes: (await stat(aside)).size, damaged };
  } catch (error) {
    discard(aside);
    throw error;
  } finally {
    finished();
  }
}

async function separateDamaged(items: PackItem[]): Promise<{ sound: PackItem[]; damaged: PackedArchive['damaged'] }> {
  const sound: PackItem[] = [];
  const damaged: PackedArchive['damaged'] = [];
  for (const item of items) {
    try {
      assertIntact(item.manifest, await fingerprint(item.document));
      sound.push(item);
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      damaged.push({ id: item.manifest.id, message: error.message });
    }
  }
  return { sound, damaged };
}

/** Dated like the snapshots, so that packing the same day again gives the same bytes. */
function readme(items: PackItem[]): ArchiveEntryInput {
  const modifiedAt = new Date(Math.max(0, ...items.map(({ manifest }) => Date.parse(manifest.created_at))));
  return { name: README_NAME, modifiedAt, open: () => Readable.from([Buffer.from(ARCHIVE_README)]) };
}

function entriesOf({ manifest, manifestFile, document }: PackItem): ArchiveEntryInput[] {
  const modifiedAt = new Date(manifest.created_at);
  return [
    { name: manifest.filename, modifiedAt, open: () => openStored(document) },
    { name: manifestName(manifest.id), modifiedAt, open: () => openStored(manifestFile) },
  ];
}

/** Documents as their manifests promise them, so that a rotten one is found here and its loose file stays. */
async function expectedEntries(items: PackItem[]): Promise<Map<string, ExpectedEntry>> {
  const expected = new Map<string, ExpectedEntry>();
  for (const { manifest, manifestFile } of items) {
    expected.set(manifest.filename, { size: manifest.file_size_bytes, sha256: manifest.checksum });
    expected.set(manifestName(manifest.id), await fingerprint(manifestFile));
  }
  return expected;
}

async function fingerprint(file: StoredFile, onBytes?: (bytes: number) => void): Promise<ExpectedEntry> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of (await openStored(file)) as AsyncIterable<Buffer>) {
    hash.update(piece);
    size += piece.length;
    onBytes?.(size);
  }
  return { size, sha256: hash.digest('hex') };
}

const corrupt = (id: string, why: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `The document of snapshot "${id}" is not what was written: ${why}. Use another snapshot.`,
  );
