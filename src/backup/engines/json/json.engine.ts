import type { Readable } from 'node:stream';
import type { Comparison } from '../../model/comparison.js';
import type { DatabaseManifest } from '../../model/manifest.js';
import type { TaskRun } from '../../system/child-task.js';
import {
  DatabaseEngine,
  type CapturedDocument,
  type CaptureRequest,
  type CheckRestorableRequest,
  type CompareRequest,
  type CompareRowsRequest,
  type ConfirmRequest,
  type PreviewRestoreRequest,
  type RestoreOutcome,
  type RestorePreview,
  type RestoreRequest,
  type RowsRequest,
  type SchemaDifference,
} from '../database.engine.js';
import type { DatabaseTarget } from '../database-target.js';
import { EngineHost } from '../engine-host.js';
import type { ReadRequest, VerifyRequest } from '../snapshot.engine.js';

/** Snapshots as plain JSON documents, whatever the database; the work is done in the engine host. */
export class JsonEngine extends DatabaseEngine {
  override readonly takesDifferentials = true;
  override readonly takesCodec = true;
  override readonly adviceOnSchema = 'allow_schema_changes';

  constructor(private readonly host: EngineHost) {
    super();
  }

  override documentEnding(_database: DatabaseTarget, codec?: string): '.json' | '.json.gz' {
    return codec === undefined ? '.json' : '.json.gz';
  }

  override capture(request: CaptureRequest, run?: TaskRun): Promise<CapturedDocument> {
    return this.host.run('json.capture', request, run);
  }

  override restore(request: RestoreRequest, run?: TaskRun): Promise<RestoreOutcome> {
    return this.host.run('json.restore', request, run);
  }

  override checkRestorable(request: CheckRestorableRequest, run?: TaskRun): Promise<SchemaDifference[]> {
    return this.host.run('json.checkRestorable', request, run);
  }

  override statementsToConfirm(request: ConfirmRequest, run?: TaskRun): Promise<string[]> {
    return this.host.run('database.statementsToConfirm', request, run);
  }

  override async verify({ snapshot }: VerifyRequest<DatabaseManifest>, run?: TaskRun): Promise<void> {
    await this.host.run('json.verify', { snapshot }, run);
  }

  override read({ snapshot, view }: ReadRequest<DatabaseManifest>, run?: TaskRun): Promise<Readable> {
    return this.host.stream(view === 'stored' ? 'stored.read' : 'json.readDocument', { snapshot }, run);
  }

  override readRows(request: RowsRequest, run?: TaskRun): Promise<Readable> {
    return this.host.stream('json.readRows', request, run);
  }

  override compare(request: CompareRequest, run?: TaskRun): Promise<Comparison> {
    return this.host.run('json.compare', request, run);
  }

  override compareRows(request: CompareRowsRequest, run?: TaskRun): Promise<Readable> {
    return this.host.stream('json.compareRows', request, run);
  }

  override previewRestore(request: PreviewRestoreRequest, run?: TaskRun): Promise<RestorePreview> {
    return this.host.run('json.previewRestore', request, run);
  }
}
