import { createHash } from 'node:crypto';
import { BackupError } from '../../model/errors.js';
import { contentOf, type Manifest } from '../../model/manifest.js';
import { openContent } from '../shared/document.content.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import type { DocumentPart } from '../dialects/document.parts.js';
import { readDifferential, readDocument } from './document.reader.js';
import { spliceDocument } from './differential/splice-document.js';

/**
 * A snapshot's document as the complete one it stands for: a differential is put together with its base on the way. Its end comes only when all bytes
 * that were read had the checksums that the manifests promise.
 */
export async function* materialise(snapshot: StoredSnapshot): AsyncGenerator<DocumentPart> {
  const { manifest, base } = snapshot;
  if (manifest.kind === 'full') {
    yield* readStored(snapshot, readDocument);
    return;
  }
  if (base?.manifest.kind !== 'full')
    throw new BackupError(
      'SNAPSHOT_CORRUPT',
      `Snapshot "${manifest.id}" has no base to build on. Use another snapshot.`,
    );
  yield* spliceDocument(readStored(base, readDocument), readStored(snapshot, readDifferential), base.manifest.id);
}

async function* readStored<T>(
  { manifest, document }: StoredSnapshot,
  read: (bytes: AsyncIterable<Buffer>) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const bytes = await openContent(document, manifest.codec);
  try {
    yield* read(intact(manifest, bytes as AsyncIterable<Buffer>));
  } finally {
    bytes.destroy();
  }
}

/** The rows have digests of their own; this is for what stands around them: names, columns, times. */
async function* intact(manifest: Manifest, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== contentOf(manifest).sha256)
    throw new BackupError(
      'SNAPSHOT_CORRUPT',
      `The document of snapshot "${manifest.id}" is damaged: its checksum differs. Use another snapshot.`,
    );
}
