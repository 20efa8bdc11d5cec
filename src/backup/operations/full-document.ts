import { createHash } from 'node:crypto';
import type { CapturedFile } from '../engines/snapshot.engine.js';
import type { Snapshot } from '../model/snapshot.js';
import { writeAside } from '../system/atomic-file.js';
import type { NamedSnapshot } from './snapshot-publisher.js';

/** Writes the document of a snapshot of several parts (docs/formats.md), aside: it names them, with their checksums. */
export async function writeFullDocument(
  { id, createdAt, documentPath }: NamedSnapshot,
  parts: readonly Snapshot[],
): Promise<CapturedFile> {
  const document = {
    format: 'nestjs-backup/full',
    version: 1,
    id,
    created_at: createdAt.toISOString(),
    parts: parts.map(({ source, filename, size_bytes, checksum, ...part }) => ({
      id: part.id,
      source,
      filename,
      size_bytes,
      checksum,
    })),
  };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  return {
    temporaryPath: await writeAside(documentPath, text),
    temporaryIndexPath: null,
    kind: 'full',
    base: null,
    fullReason: 'engine',
    state: null,
    sizeBytes: Buffer.byteLength(text),
    checksum: createHash('sha256').update(text).digest('hex'),
    durationMs: parts.reduce((sum, { duration_ms }) => sum + duration_ms, 0),
    warnings: parts.flatMap(({ warnings }) => warnings),
  };
}
