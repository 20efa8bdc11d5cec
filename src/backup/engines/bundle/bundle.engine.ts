import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FullManifest } from '../../model/manifest.js';
import type { Snapshot } from '../../model/snapshot.js';
import { writeAside } from '../../system/atomic-file.js';
import type { TaskRun } from '../../system/child-task.js';
import type { EngineHost } from '../engine-host.js';
import { SnapshotEngine, type CapturedFile, type ReadRequest, type VerifyRequest } from '../snapshot.engine.js';

export interface BundleRequest {
  id: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Final path of the document; it is written aside under a temporary name. */
  documentPath: string;
  /** In the order in which they are restored. */
  parts: readonly Snapshot[];
}

/** Bundles: snapshots of a database and of files together (`source: "full"`). The document names its parts, which are snapshots of their own, with their checksums. */
export class BundleEngine extends SnapshotEngine<FullManifest> {
  constructor(private readonly host: EngineHost) {
    super();
  }

  override documentEnding(): '.json' {
    return '.json';
  }

  /** Writes the document (docs/formats.md) that holds the parts together. It is small, so no child process is started. */
  async capture({ id, createdAt, documentPath, parts }: BundleRequest): Promise<CapturedFile> {
    const document = {
      format: 'nestjs-backup/full',
      version: 1,
      id,
      created_at: createdAt,
      parts: parts.map(({ id: part, source, filename, size_bytes, checksum }) => ({
        id: part,
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

  /** Compares the document with the manifest, and with the parts that are handed over; whether the parts are sound, their own engines say. */
  override async verify({ snapshot, parts = [] }: VerifyRequest<FullManifest>, run?: TaskRun): Promise<void> {
    await this.host.run('bundle.verify', { snapshot, parts }, run);
  }

  override read({ snapshot }: ReadRequest<FullManifest>, run?: TaskRun): Promise<Readable> {
    return this.host.stream('stored.read', { snapshot }, run);
  }
}
