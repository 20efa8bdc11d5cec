import { createHash } from 'node:crypto';
import type { ExpectedEntry } from '../../archive/archive.check.js';
import { openStored, type StoredFile } from '../../archive/stored-file.js';
import { BackupError } from '../../model/errors.js';
import type { Manifest } from '../../model/manifest.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { codecNamed } from './codecs.js';
import type { StoredSnapshot } from '../snapshot.engine.js';

/**
 * Re-reads the stored bytes of a snapshot, and of its base, and compares them with the manifest. It is the first half of a verification, and enough before a restore,
 * which proves what they hold.
 * @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`, `UNSUPPORTED` where the codec is not known
 */
export async function verifyBytes(snapshot: StoredSnapshot<Manifest>, context: TaskContext): Promise<void> {
  if (snapshot.base) await verifyBytes(snapshot.base, context);
  const { manifest, document } = snapshot;
  codecNamed(manifest.codec); // what nobody here can read is not called sound
  const found = await fingerprint(document, (bytes) =>
    context.report({ stage: 'verify', progress: bytes / (manifest.file_size_bytes + 1) }),
  );
  assertIntact(manifest, found);
}

export function assertIntact(manifest: Manifest, found: ExpectedEntry): void {
  if (found.size !== manifest.file_size_bytes) {
    throw corrupt(manifest.id, `it has ${found.size} bytes instead of ${manifest.file_size_bytes}`);
  }
  if (found.sha256 !== manifest.checksum) throw corrupt(manifest.id, 'its checksum differs');
}

/** Size and checksum of a file as it is stored. */
export async function fingerprint(file: StoredFile, onBytes?: (bytes: number) => void): Promise<ExpectedEntry> {
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
  new BackupError('SNAPSHOT_CORRUPT', `The document of snapshot "${id}" is damaged: ${why}. Use another snapshot.`);
