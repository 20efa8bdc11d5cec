import type { Readable } from 'node:stream';
import type { Comparison } from '../../model/comparison.js';
import type { TaskRun } from '../../system/child-task.js';
import { EngineHost, type CheckRestorableRequest } from '../engine-host.js';
import {
  SnapshotEngine,
  type CapturedDocument,
  type CaptureRequest,
  type CompareRequest,
  type CompareRowsRequest,
  type ConfirmRequest,
  type PreviewRestoreRequest,
  type ReadRequest,
  type RestoreOutcome,
  type RestorePreview,
  type RestoreRequest,
  type SchemaDifference,
} from '../snapshot.engine.js';

/** Snapshots as plain JSON documents, whatever the database; the work is done in the engine host. */
export class JsonEngine extends SnapshotEngine {
  constructor(private readonly host: EngineHost) {
    super();
  }

  override documentEnding(): '.json' {
    return '.json';
  }

  override capture(request: CaptureRequest, run?: TaskRun): Promise<CapturedDocument> {
    return this.host.run('capture', request, run);
  }

  override restore(request: RestoreRequest, run?: TaskRun): Promise<RestoreOutcome> {
    return this.host.run('restore', request, run);
  }

  override checkRestorable(request: CheckRestorableRequest, run?: TaskRun): Promise<SchemaDifference[]> {
    return this.host.run('checkRestorable', request, run);
  }

  override statementsToConfirm(request: ConfirmRequest, run?: TaskRun): Promise<string[]> {
    return this.host.run('statementsToConfirm', request, run);
  }

  override read(request: ReadRequest, run?: TaskRun): Promise<Readable> {
    return this.host.stream('read', request, run);
  }

  override compare(request: CompareRequest, run?: TaskRun): Promise<Comparison> {
    return this.host.run('compare', request, run);
  }

  override compareRows(request: CompareRowsRequest, run?: TaskRun): Promise<Readable> {
    return this.host.stream('compareRows', request, run);
  }

  override previewRestore(request: PreviewRestoreRequest, run?: TaskRun): Promise<RestorePreview> {
    return this.host.run('previewRestore', request, run);
  }
}
