import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { checkArchive, type ExpectedEntry } from '../archive/archive.check.js';
import { ARCHIVE_README, README_NAME } from '../archive/archive.readme.js';
import { writeArchive, type ArchiveEntryInput } from '../archive/archive.writer.js';
import { GZIP_HEADER } from '../archive/gzip-frame.js';
import { openStored, type StoredFile } from '../archive/stored-file.js';
import { BackupError } from '../model/errors.js';
import { contentOf, type Manifest } from '../model/manifest.js';
import { documentName, manifestName } from '../model/snapshot-id.js';
import type { TaskContext } from '../system/child-task-server.js';
import { temporaryPath } from '../system/temporary-file.js';
import { discard, discardAtExit } from '../system/unfinished-file.js';
import { assertIntact, fingerprint } from './shared/verify-bytes.js';

/** One snapshot on its way into an archive: from the folder, or out of the archive that is being replaced. */
export interface PackItem {
  manifest: Manifest;
  manifestFile: StoredFile;
  document: StoredFile;
}

export interface PackArchiveRequest {
  /** Final path of the archive; it is written aside under a temporary name. */
  archivePath: string;
  items: PackItem[];
}

/** An archive that stands complete, fsynced and checked entry by entry under a temporary name, waiting to be published. */
export interface PackedArchive {
  temporaryPath: string;
  sizeBytes: number;
  /** Snapshots whose stored bytes are not what their manifest promises; they were left out, and must stay where they are. */
  damaged: { id: string; message: string }[];
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
      if (isCompressed(item.manifest.filename)) await assertOwnGzip(item);
      sound.push(item);
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      damaged.push({ id: item.manifest.id, message: error.message });
    }
  }
  return { sound, damaged };
}

/** Only such a file can be made again of its entry in an archive. */
async function assertOwnGzip({ manifest, document }: PackItem): Promise<void> {
  for await (const piece of (await openStored(document)) as AsyncIterable<Buffer>) {
    if (piece.subarray(0, GZIP_HEADER.length).equals(GZIP_HEADER)) return;
    break;
  }
  throw new BackupError(
    'SNAPSHOT_CORRUPT',
    `The document of snapshot "${manifest.id}" was compressed by another program. Use another snapshot.`,
  );
}

/** Dated like the snapshots, so that packing the same day again gives the same bytes. */
function readme(items: PackItem[]): ArchiveEntryInput {
  const modifiedAt = new Date(Math.max(0, ...items.map(({ manifest }) => Date.parse(manifest.created_at))));
  return { name: README_NAME, modifiedAt, open: () => Readable.from([Buffer.from(ARCHIVE_README)]) };
}

function entriesOf({ manifest, manifestFile, document }: PackItem): ArchiveEntryInput[] {
  const modifiedAt = new Date(manifest.created_at);
  return [
    { name: entryNameOf(manifest), modifiedAt, open: () => openStored(document), ...gzipOf(manifest) },
    { name: manifestName(manifest.id), modifiedAt, open: () => openStored(manifestFile) },
  ];
}

const isCompressed = (filename: string): boolean => filename.endsWith('.json.gz');

/** A compressed document goes in as it is, and comes out as plain JSON. */
const entryNameOf = ({ id, filename }: Manifest): string => (isCompressed(filename) ? documentName(id) : filename);

const gzipOf = (manifest: Manifest) =>
  isCompressed(manifest.filename) ? { gzipOf: { size: contentOf(manifest).bytes } } : undefined;

/** Documents as their manifests promise them, so that a rotten one is found here and its file in the folder stays. */
async function expectedEntries(items: PackItem[]): Promise<Map<string, ExpectedEntry>> {
  const expected = new Map<string, ExpectedEntry>();
  for (const { manifest, manifestFile } of items) {
    const { filename, checksum } = manifest;
    const size = gzipOf(manifest)?.gzipOf.size ?? manifest.file_size_bytes;
    expected.set(entryNameOf(manifest), { size, sha256: checksum, readAs: filename });
    expected.set(manifestName(manifest.id), await fingerprint(manifestFile));
  }
  return expected;
}
