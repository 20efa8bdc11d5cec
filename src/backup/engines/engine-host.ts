import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { StoredFile } from '../archive/stored-file.js';
import type { Comparison } from '../model/comparison.js';
import type { Manifest } from '../model/manifest.js';
import { runChildTask, startChild, streamChildTask, type TaskRun } from '../system/child-task.js';
import { ownProgram } from '../system/own-program.js';
import type { DatabaseTarget, Occupancy } from './database-target.js';
import type {
  CapturedFiles,
  CaptureFilesRequest,
  FileContentRequest,
  FilesPage,
  FindFileRequest,
  FoundFile,
  ListFilesRequest,
  RecoveredRestore,
  RestoreFilesOutcome,
  RestoreFilesRequest,
} from './files/files.requests.js';
import type { NativeOptions } from './native/native.options.js';
import type { DescribeSourceRequest, SourceDescription } from './source.description.js';
import type {
  CapturedDocument,
  CaptureRequest,
  CompareRequest,
  CompareRowsRequest,
  ConfirmRequest,
  PreviewRestoreRequest,
  ReadRequest,
  RestoreOutcome,
  RestorePreview,
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

export type CheckRestorableRequest = Omit<RestoreRequest, 'allowSchemaChanges' | 'foreign'>;

export interface VerifyRequest {
  snapshot: StoredSnapshot<Manifest>;
  /** Of a snapshot of several parts: the manifests of its parts, as far as they can be found. */
  parts?: Manifest[];
  /** How to call the databases' own programs. */
  options?: NativeOptions;
}

/** Everything the engine host can do: what it is asked, and what it answers. */
export interface EngineTasks {
  capture: { request: CaptureRequest; answer: CapturedDocument };
  restore: { request: RestoreRequest; answer: RestoreOutcome };
  checkRestorable: { request: CheckRestorableRequest; answer: SchemaDifference[] };
  statementsToConfirm: { request: ConfirmRequest; answer: string[] };
  /** Re-reads what is stored, the base's too, and proves that it is what a restore relies on; throws `SNAPSHOT_CORRUPT` or `ARCHIVE_CORRUPT`. */
  verify: { request: VerifyRequest; answer: null };
  occupancy: { request: DatabaseTarget; answer: Occupancy };
  describeSource: { request: DescribeSourceRequest; answer: SourceDescription };
  captureFiles: { request: CaptureFilesRequest; answer: CapturedFiles };
  restoreFiles: { request: RestoreFilesRequest; answer: RestoreFilesOutcome };
  checkFilesRestorable: { request: RestoreFilesRequest; answer: null };
  /** Finishes or undoes a restore that was killed; null where there was none. */
  recoverFiles: { request: { targets: string[] }; answer: RecoveredRestore | null };
  listFiles: { request: ListFilesRequest; answer: FilesPage };
  findFile: { request: FindFileRequest; answer: FoundFile };
  nativeCapture: { request: CaptureRequest & { options: NativeOptions }; answer: CapturedDocument };
  nativeRestore: { request: RestoreRequest & { options: NativeOptions }; answer: RestoreOutcome };
  nativeCheckRestorable: { request: CheckRestorableRequest & { options: NativeOptions }; answer: SchemaDifference[] };
  packArchive: { request: PackArchiveRequest; answer: PackedArchive };
  compare: { request: CompareRequest; answer: Comparison };
  previewRestore: { request: PreviewRestoreRequest; answer: RestorePreview };
}

/** What it can stream. */
export interface EngineStreams {
  read: ReadRequest;
  compareRows: CompareRowsRequest;
  fileContent: FileContentRequest;
}

/**
 * The child process in which everything heavy runs: the API process never scans a table, hashes, compresses or parses a snapshot.
 * Apart for a matter of safety too: two copies of the SQLite library in one process on one file drop each other's POSIX locks.
 */
export class EngineHost {
  private standby: ChildProcess | null = null;
  private readonly program = ownProgram(__filename, 'engine-host.main.js');
  private readonly keepsStandby: boolean;
  private readonly scratch: () => string | null;

  /**
   * @param options.standby keep one child started ahead of need, so that a capture does not wait for a process to start; costs its memory
   * (about 50 MB) all the time
   * @param options.scratch where temporary files of a child that is started now go; null leaves that to the system
   */
  constructor({ standby = false, scratch = () => null }: { standby?: boolean; scratch?: () => string | null } = {}) {
    this.keepsStandby = standby;
    this.scratch = scratch;
  }

  /** Runs one task in a child of its own; `run.signal` kills it. */
  async run<Name extends keyof EngineTasks>(
    task: Name,
    request: EngineTasks[Name]['request'],
    run?: TaskRun,
  ): Promise<EngineTasks[Name]['answer']> {
    try {
      return await runChildTask(this.takeChild(), { task, payload: request }, run);
    } finally {
      this.prepare();
    }
  }

  /** Streams what a task answers as JSON; refusals come before the first byte, a fault found later destroys the stream. */
  stream<Name extends keyof EngineStreams>(task: Name, request: EngineStreams[Name], run?: TaskRun): Promise<Readable> {
    return streamChildTask(startChild(this.program, undefined, this.scratch()), { task, payload: request }, run);
  }

  /** Starts the standby, if this host keeps one and there is none. */
  prepare(): void {
    if (!this.keepsStandby || this.standby) return;
    const child = startChild(this.program, 'capture' satisfies keyof EngineTasks, this.scratch());
    child.once('error', () => undefined); // one that cannot be started is missed, and reported, only when a task needs it
    child.once('exit', () => {
      if (this.standby === child) this.standby = null;
    });
    setWaiting(child, true);
    this.standby = child;
  }

  /** Ends the standby. Tasks that run are not touched. */
  close(): void {
    this.standby?.kill('SIGKILL');
    this.standby = null;
  }

  private takeChild(): ChildProcess {
    const child = this.standby;
    this.standby = null;
    if (!child?.connected) return startChild(this.program, undefined, this.scratch());
    setWaiting(child, false);
    return child;
  }
}

/** A child that only waits must not keep the application from ending. */
function setWaiting(child: ChildProcess, waiting: boolean): void {
  const change = waiting ? 'unref' : 'ref';
  child[change]();
  child.channel?.[change]();
  for (const output of [child.stdout, child.stderr]) (output as Socket | null)?.[change]();
}
