import type { Readable } from 'node:stream';
import type { StoredFile } from '../archive/stored-file.js';
import type { DatabaseManifest, FullReason, Manifest, SnapshotKind } from '../model/manifest.js';
import type { DocumentEnding } from '../model/snapshot-id.js';
import type { SnapshotWarning } from '../model/snapshot-warning.js';
import type { TaskRun } from '../system/child-task.js';
import type { WrittenFile } from './shared/document.output.js';

/** A file that stands complete, fsynced and re-read under a temporary name, waiting to be published as a snapshot. */
export interface CapturedFile extends WrittenFile {
  temporaryPath: string;
  /** The chunk index, under a temporary name as well; null where there is none. */
  temporaryIndexPath: string | null;
  kind: SnapshotKind;
  base: string | null;
  fullReason: FullReason | null;
  /** Tells the state of the database that was captured from any other; null where it cannot be told surely. */
  state: string | null;
  durationMs: number;
  /** What a person should know of it. @default none */
  warnings?: SnapshotWarning[];
}

/** A snapshot as it lies on disk, wherever that is, with what its manifest promises. */
export interface StoredSnapshot<M extends Manifest = DatabaseManifest> {
  manifest: M;
  document: StoredFile;
  /** The full one that a differential builds on. */
  base: StoredSnapshot<M> | null;
}

export interface VerifyRequest<M extends Manifest = Manifest> {
  snapshot: StoredSnapshot<M>;
  /** Of a bundle: the manifests of its parts, as far as they can be found. */
  parts?: Manifest[];
}

export interface ReadRequest<M extends Manifest = Manifest> {
  snapshot: StoredSnapshot<M>;
  /** `document`: the content of the complete one that the snapshot stands for. `stored`: its own bytes as they lie there, whatever their codec, a differential's too. */
  view: 'document' | 'stored';
}

/**
 * The port of everything that makes snapshots: what can be done with a stored one, whatever it holds. How one is taken and put back depends on what it is of, and
 * is added by `DatabaseEngine`, `FilesEngine` and `BundleEngine`. A manifest says which engine is its own; `SnapshotEngines` finds it.
 *
 * Whatever takes long runs in a child process of its own: aborting `run.signal` kills it at once.
 * @typeParam M the manifests of its snapshots
 * @typeParam Origin what decides how the names of its documents end
 */
export abstract class SnapshotEngine<M extends Manifest = Manifest, Origin = never> {
  /**
   * How the names of its documents end, such as `.json`.
   * @param codec what they are stored by; absent where they are stored as they are
   */
  abstract documentEnding(origin: Origin, codec?: string): DocumentEnding;

  /**
   * Re-reads what is stored, the base's too, and proves that it is what a restore relies on.
   * @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`
   */
  abstract verify(request: VerifyRequest<M>, run?: TaskRun): Promise<void>;

  /**
   * Streams a document; refusals come before the first byte, a fault found later destroys the stream.
   * @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`
   */
  abstract read(request: ReadRequest<M>, run?: TaskRun): Promise<Readable>;
}
