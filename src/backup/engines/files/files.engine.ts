import type { Readable } from 'node:stream';
import { asBackupError, BackupError } from '../../model/errors.js';
import type { FilesManifest } from '../../model/manifest.js';
import type { DocumentEnding } from '../../model/snapshot-id.js';
import type { TaskProgress, TaskRun } from '../../system/child-task.js';
import type { EngineHost } from '../engine-host.js';
import { SnapshotEngine, type ReadRequest, type VerifyRequest } from '../snapshot.engine.js';
import { documentEnding, type FilesCompression } from './compression.js';
import {
  STAGES,
  type CapturedFiles,
  type CaptureFilesRequest,
  type FileContentRequest,
  type FilesPage,
  type FindFileRequest,
  type FoundFile,
  type ListFilesRequest,
  type RecoveredRestore,
  type RestoreFilesOutcome,
  type RestoreFilesRequest,
} from './files.requests.js';

/** Snapshots of folders of files as tar documents; the work is done in the engine host. */
export class FilesEngine extends SnapshotEngine<FilesManifest, FilesCompression> {
  constructor(private readonly host: EngineHost) {
    super();
  }

  /** Such as `.tar.gz`. */
  override documentEnding(compression: FilesCompression): DocumentEnding {
    return documentEnding(compression);
  }

  /**
   * Captures folders. What changes, vanishes or cannot be read meanwhile is named in `files.skipped`, and fails nothing.
   * @throws BackupError `CONFIG_INVALID` when one of the paths is not there or the patterns cannot be used, `UNSUPPORTED` when the program that compresses is
   * missing, `DISK_FULL`, `FOLDER_NOT_WRITABLE`, `ENGINE_FAILED`
   */
  capture(request: CaptureFilesRequest, run?: TaskRun): Promise<CapturedFiles> {
    return this.host.run('files.capture', request, run);
  }

  /**
   * Whether a restore could succeed: the stored bytes are what was written, there is room, and nothing in the targets stands in the way.
   * @throws BackupError as {@link restore}
   */
  async checkRestorable(request: RestoreFilesRequest, run?: TaskRun): Promise<void> {
    await this.host.run('files.checkRestorable', request, run);
  }

  /**
   * Puts the files back: everything is built and proven beside what is there, and then takes its place. What the patterns of the plan left out, and what could not
   * be captured, stays as it is; what came after the snapshot goes. A restore that is killed is finished or undone before this settles, or else by {@link recover}.
   * @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`, `DISK_FULL`, `UNSUPPORTED`, `FOLDER_NOT_WRITABLE`, `VALIDATION_FAILED`; the targets are as before
   */
  async restore(request: RestoreFilesRequest, run: TaskRun = {}): Promise<RestoreFilesOutcome> {
    const { manifest } = request.snapshot;
    let reached: TaskProgress['stage'] = null;
    const cancelled = new AbortController();
    const cancel = () => {
      if (reached !== STAGES.decided && reached !== STAGES.done) cancelled.abort(run.signal?.reason);
    };
    if (run.signal?.aborted) cancel();
    run.signal?.addEventListener('abort', cancel, { once: true });
    const onProgress = (progress: TaskProgress) => {
      reached = progress.stage;
      run.onProgress?.(progress);
    };
    try {
      return await this.host.run('files.restore', request, { ...run, signal: cancelled.signal, onProgress });
    } catch (error) {
      if (asBackupError(error).code === 'LEASE_LOST') throw error; // nothing was decided, and what was staged is for the next one to clear away
      const recovered = await this.recover(Object.values(request.targets), { fence: run.fence }).catch(
        (failure: unknown) => {
          throw notRecovered(asBackupError(error), asBackupError(failure));
        },
      );
      if (recovered?.outcome) return recovered.outcome; // it was decided, and is complete now
      if (reached !== STAGES.done) throw error;
      // Killed after everything was done, and before it could say what that was.
      return { restored: { files: manifest.files.count, bytes: manifest.files.size_bytes }, warnings: [] };
    } finally {
      run.signal?.removeEventListener('abort', cancel);
    }
  }

  /**
   * Finishes or undoes what a restore left that was killed together with its application, and removes its traces. To be called at the start with every path that
   * a restore may have been at work in; cheap where there was none.
   * @returns null where there was nothing to do
   */
  recover(targets: string[], run?: TaskRun): Promise<RecoveredRestore | null> {
    return this.host.run('files.recover', { targets }, run);
  }

  override async verify({ snapshot }: VerifyRequest<FilesManifest>, run?: TaskRun): Promise<void> {
    await this.host.run('files.verify', { snapshot }, run);
  }

  /** Of a differential the complete tar is put together with its base, in the same compression. */
  override read({ snapshot, view }: ReadRequest<FilesManifest>, run?: TaskRun): Promise<Readable> {
    return this.host.stream(view === 'stored' ? 'stored.read' : 'files.readDocument', { snapshot }, run);
  }

  /** One page of a folder, or of what a search finds. @throws BackupError `FILE_NOT_FOUND`, `WRONG_FILE_TYPE`, `SNAPSHOT_CORRUPT` */
  list(request: ListFilesRequest, run?: TaskRun): Promise<FilesPage> {
    return this.host.run('files.list', request, run);
  }

  /** The regular file that a path names, through hard links. @throws BackupError as {@link list} */
  find(request: FindFileRequest, run?: TaskRun): Promise<FoundFile> {
    return this.host.run('files.find', request, run);
  }

  /** The content of a file as {@link find} found it, proven: a fault that shows late destroys the stream before its last bytes. */
  content(request: FileContentRequest, run?: TaskRun): Promise<Readable> {
    return this.host.stream('files.content', request, run);
  }
}

const notRecovered = (error: BackupError, failure: BackupError): BackupError =>
  new BackupError(
    error.code,
    `${error.message} The interrupted restore could be neither finished nor undone: ${failure.message} The next start or restore tries again; until then the targets may hold files from before and after the restore.`,
    error.details,
    { cause: failure },
  );
