import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { StoredFile } from '../archive/stored-file.js';
import type { Manifest } from '../model/manifest.js';
import { runChildTask, streamChildTask, type TaskRun } from '../system/child-task.js';
import type {
  CapturedDocument,
  CaptureRequest,
  ReadRequest,
  RestoreOutcome,
  RestoreRequest,
  SchemaDifference,
  StoredSnapshot,
} from './snapshot.engine.js';

/** One snapshot on its way into an archive: from the loose files, or out of the archive that is being replaced. */
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

export type CompareSchemaRequest = Omit<RestoreRequest, 'allowSchemaChanges'>;

/** Everything the engine host can do: what it is asked, and what it answers. */
export interface EngineTasks {
  capture: { request: CaptureRequest; answer: CapturedDocument };
  restore: { request: RestoreRequest; answer: RestoreOutcome };
  compareSchema: { request: CompareSchemaRequest; answer: SchemaDifference[] };
  /** Re-reads the stored bytes, the base's too, and compares them with the manifest; throws `SNAPSHOT_CORRUPT` or `ARCHIVE_CORRUPT`. */
  verify: { request: StoredSnapshot; answer: null };
  packArchive: { request: PackArchiveRequest; answer: PackedArchive };
}

/**
 * The child process in which everything heavy runs: the API process never scans a table, hashes, compresses or parses a snapshot.
 * Apart for a matter of safety too: two copies of the SQLite library in one process on one file drop each other's POSIX locks.
 */
export class EngineHost {
  /** Runs one task in a new child; `run.signal` kills it. */
  run<Name extends keyof EngineTasks>(
    task: Name,
    request: EngineTasks[Name]['request'],
    run?: TaskRun,
  ): Promise<EngineTasks[Name]['answer']> {
    return runChildTask(entryPoint(), { task, payload: request }, run);
  }

  /** Streams JSON out of a snapshot; refusals come before the first byte, a fault found later destroys the stream. */
  read(request: ReadRequest, run?: TaskRun): Promise<Readable> {
    return streamChildTask(entryPoint(), { task: 'read', payload: request }, run);
  }
}

/** Always the compiled program: a child process has no TypeScript loader when the tests run from the sources. */
function entryPoint(): string {
  const here = fileURLToPath(new URL('./engine-host.main.js', import.meta.url));
  return import.meta.url.endsWith('.ts') ? here.replace(/([/\\])src([/\\]backup[/\\]engines[/\\])/, '$1dist$2') : here;
}
