import { Readable } from 'node:stream';
import { captureFilesTask } from '../../src/backup/engines/files/capture.task.js';
import type { CaptureFilesRequest, RestoreFilesRequest } from '../../src/backup/engines/files/files.requests.js';
import { recoverFilesTask } from '../../src/backup/engines/files/recover.task.js';
import { checkFilesRestorableTask, restoreFilesTask } from '../../src/backup/engines/files/restore.task.js';
import { readTask } from '../../src/backup/engines/json/read.task.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { verifyTask } from '../../src/backup/engines/stored.tasks.js';
import type { FilesManifest } from '../../src/backup/model/manifest.js';
import type { TaskContext } from '../../src/backup/system/child-task-server.js';

/** The tasks of the files engine without a child process: for tests that run hundreds of them over small trees. */
export class InlineFilesEngine {
  capture = (request: CaptureFilesRequest) => captureFilesTask(request, quiet());
  restore = (request: RestoreFilesRequest) => restoreFilesTask(request, quiet());
  checkRestorable = (request: RestoreFilesRequest) => checkFilesRestorableTask(request, quiet());
  recover = (targets: string[]) => recoverFilesTask({ targets }, quiet());
  verify = (snapshot: StoredSnapshot<FilesManifest>) => verifyTask({ snapshot }, quiet());

  async read(snapshot: StoredSnapshot<FilesManifest>): Promise<Readable> {
    const pieces: Buffer[] = [];
    const context = quiet((piece) => pieces.push(Buffer.from(piece)));
    await readTask({ view: 'document', snapshot }, context);
    return Readable.from(pieces);
  }
}

export const quiet = (write: (piece: Buffer) => void = () => undefined): TaskContext => ({
  report: () => undefined,
  ready: () => Promise.resolve(),
  write: (piece) => Promise.resolve(write(piece)),
  breathe: () => Promise.resolve(),
  whileHeld: async (work) => work(),
});
