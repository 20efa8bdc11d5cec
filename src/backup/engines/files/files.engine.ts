import type { Readable } from 'node:stream';
import { asBackupError, BackupError } from '../../model/errors.js';
import type { FilesManifest } from '../../model/manifest.js';
import type { DocumentEnding } from '../../model/snapshot-id.js';
import type { TaskProgress, TaskRun } from '../../system/child-task.js';
import type { EngineHost } from '../engine-host.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
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
export class FilesEngine {
  constructor(private readonly host: EngineHost) {}

  /** How the names of its documents end, such as `.tar.gz`. */
  documentEnding(compression: FilesCompression): DocumentEnding {
    return documentEnding(compression);
  }

  /**
   * Captures folders. What changes, vanishes or cannot be read meanwhile is named in `files.skipped`, and fails nothing.
   * @throws BackupError `CONFIG_INVALID` when one of the paths is not there or the patterns cannot be used, `UNSUPPORTED` when the program that compresses is
   * missing, `DISK_FULL`, `FOLDER_NOT_WRITABLE`, `ENGINE_FAILED`
   */
  capture(request: CaptureFilesRequest, run?: TaskRun): Promise<CapturedFiles> {
    return this.host.run('captureFiles', request, run);
  }

  /**
   * Whether a restore could succeed: the stored bytes are what was written, there is room, and nothing in the targets stands in the way.
   * @throws BackupError as {@link restore}
   */
  async checkRestorable(request: RestoreFilesRequest, run?: TaskRun): Promise<void> {
    await this.host.run('checkFilesRestorable', request, run);
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
      return await this.host.run('restoreFiles', request, { ...run, signal: cancelled.signal, onProgress });
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
    return this.host.run('recoverFiles', { targets }, run);
  }

  /** The complete tar: as it is stored, or put together of a differential and its base, in the same compression. */
  read(snapshot: StoredSnapshot<FilesManifest>, run?: TaskRun): Promise<Readable> {
    return this.host.stream('read', { view: 'document', snapshot }, run);
  }

  /** One page of a folder, or of what a search finds. @throws BackupError `FILE_NOT_FOUND`, `WRONG_FILE_TYPE`, `SNAPSHOT_CORRUPT` */
  list(request: ListFilesRequest, run?: TaskRun): Promise<FilesPage> {
    return this.host.run('listFiles', request, run);
  }

  /** The regular file that a path names, through hard links. @throws BackupError as {@link list} */
  find(request: FindFileRequest, run?: TaskRun): Promise<FoundFile> {
    return this.host.run('findFile', request, run);
  }

  /** The content of a file as {@link find} found it, proven: a fault that shows late destroys the stream before its last bytes. */
  content(request: FileContentRequest, run?: TaskRun): Promise<Readable> {
    return this.host.stream('fileContent', request, run);
  }
}

const notRecovered = (error: BackupError, failure: BackupError): BackupError =>
  new BackupError(
    error.code,
    `${error.message} What the restore left could not be brought to an end: ${failure.message} The next start or restore tries again; until then the targets may hold some of both.`,
    error.details,
    { cause: failure },
  );
