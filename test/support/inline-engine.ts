import { captureTask } from '../../src/backup/engines/json/capture.task.js';
import { readTask } from '../../src/backup/engines/json/read.task.js';
import { checkRestorableTask, restoreTask } from '../../src/backup/engines/json/restore.task.js';
import {
  SnapshotEngine,
  type CapturedDocument,
  type CaptureRequest,
  type ReadRequest,
  type RestoreOutcome,
  type RestoreRequest,
  type SchemaDifference,
} from '../../src/backup/engines/snapshot.engine.js';
import { Readable } from 'node:stream';
import type { TaskContext } from '../../src/backup/system/child-task-server.js';

/** The same tasks without a child process: for tests that run hundreds of them over small databases. */
export class InlineEngine extends SnapshotEngine {
  override capture(request: CaptureRequest): Promise<CapturedDocument> {
    return captureTask(request, quiet());
  }

  override restore(request: RestoreRequest): Promise<RestoreOutcome> {
    return restoreTask(request, quiet());
  }

  override checkRestorable(request: Omit<RestoreRequest, 'allowSchemaChanges'>): Promise<SchemaDifference[]> {
    return checkRestorableTask(request, quiet());
  }

  override async read(request: ReadRequest): Promise<Readable> {
    const pieces: Buffer[] = [];
    await readTask(
      request,
      quiet((piece) => pieces.push(piece)),
    );
    return Readable.from(pieces);
  }
}

const quiet = (write: (piece: Buffer) => void = () => undefined): TaskContext => ({
  report: () => undefined,
  ready: () => Promise.resolve(),
  write: (piece) => Promise.resolve(write(piece)),
  breathe: () => Promise.resolve(),
});
