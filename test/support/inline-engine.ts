import { captureTask } from '../../src/backup/engines/json/capture.task.js';
import { compareRowsTask, compareTask, previewRestoreTask } from '../../src/backup/engines/json/compare.task.js';
import { readTask } from '../../src/backup/engines/json/read.task.js';
import { checkRestorableTask, restoreTask } from '../../src/backup/engines/json/restore.task.js';
import {
  SnapshotEngine,
  type CapturedDocument,
  type CaptureRequest,
  type CompareRequest,
  type CompareRowsRequest,
  type PreviewRestoreRequest,
  type ReadRequest,
  type RestoreOutcome,
  type RestorePreview,
  type RestoreRequest,
  type SchemaDifference,
} from '../../src/backup/engines/snapshot.engine.js';
import type { Comparison } from '../../src/backup/model/comparison.js';
import { Readable } from 'node:stream';
import type { TaskContext } from '../../src/backup/system/child-task-server.js';

/** The same tasks without a child process: for tests that run hundreds of them over small databases. */
export class InlineEngine extends SnapshotEngine {
  override documentEnding(): '.json' {
    return '.json';
  }

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

  override compare(request: CompareRequest): Promise<Comparison> {
    return compareTask(request, quiet());
  }

  override async compareRows(request: CompareRowsRequest): Promise<Readable> {
    const pieces: Buffer[] = [];
    await compareRowsTask(
      request,
      quiet((piece) => pieces.push(piece)),
    );
    return Readable.from(pieces);
  }

  override previewRestore(request: PreviewRestoreRequest): Promise<RestorePreview> {
    return previewRestoreTask(request, quiet());
  }
}

const quiet = (write: (piece: Buffer) => void = () => undefined): TaskContext => ({
  report: () => undefined,
  ready: () => Promise.resolve(),
  write: (piece) => Promise.resolve(write(piece)),
  breathe: () => Promise.resolve(),
  whileHeld: async (work) => work(),
});
