import type { TaskContext } from '../../system/child-task-server.js';
import type { CompareSchemaRequest } from '../engine-host.js';
import type { RestoreOutcome, RestoreRequest, SchemaDifference } from '../snapshot.engine.js';
import { DIALECTS } from './dialects.js';
import { materialise } from './materialise.js';

/** Puts a snapshot's rows back and proves them; the database is as before unless this succeeds. */
export async function restoreTask(request: RestoreRequest, context: TaskContext): Promise<RestoreOutcome> {
  const { database, snapshot, tables, allowSchemaChanges } = request;
  context.report({ stage: 'restore', progress: 0 });
  return DIALECTS[database.type].restore(
    database,
    { manifest: snapshot.manifest, parts: materialise(snapshot), tables, allowSchemaChanges },
    context,
  );
}

export async function compareSchemaTask({
  database,
  snapshot,
  tables,
}: CompareSchemaRequest): Promise<SchemaDifference[]> {
  return DIALECTS[database.type].compareSchema(database, snapshot.manifest, tables);
}
