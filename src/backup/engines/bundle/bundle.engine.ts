import type { Readable } from 'node:stream';
import type { FullManifest } from '../../model/manifest.js';
import type { TaskRun } from '../../system/child-task.js';
import type { EngineHost } from '../engine-host.js';
import { SnapshotEngine, type CapturedFile, type ReadRequest, type VerifyRequest } from '../snapshot.engine.js';
import type { BundleRequest } from './capture.task.js';

/** Bundles: snapshots of a database and of files together (`source: "full"`). The document names its parts, which are snapshots of their own, with their checksums. */
export class BundleEngine extends SnapshotEngine<FullManifest> {
  constructor(private readonly host: EngineHost) {
    super();
  }

  override documentEnding(): '.json' {
    return '.json';
  }

  /** Writes the document that holds the parts together. @throws BackupError `DISK_FULL`, `FOLDER_NOT_WRITABLE`, `ENGINE_FAILED` */
  capture(request: BundleRequest, run?: TaskRun): Promise<CapturedFile> {
    return this.host.run('bundle.capture', request, run);
  }

  /** Compares the document with the manifest, and with the parts that are handed over; whether the parts are sound, their own engines say. */
  override async verify({ snapshot, parts = [] }: VerifyRequest<FullManifest>, run?: TaskRun): Promise<void> {
    await this.host.run('bundle.verify', { snapshot, parts }, run);
  }

  override read({ snapshot, view }: ReadRequest<FullManifest>, run?: TaskRun): Promise<Readable> {
    return this.host.stream(view === 'stored' ? 'stored.read' : 'stored.readContent', { snapshot }, run);
  }
}
