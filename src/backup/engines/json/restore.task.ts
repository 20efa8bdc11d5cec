import type { TaskContext } from '../../system/child-task-server.js';
import type { CheckRestorableRequest } from '../engine-host.js';
import type { RestoreOutcome, RestoreRequest, SchemaDifference } from '../snapshot.engine.js';
import { verifyBytes } from '../stored.tasks.js';
import { DIALECTS } from './dialects.js';
import { materialise } from './materialise.js';

/** Puts a snapshot's rows back and proves them; the database is as before unless this succeeds. */
export async function restoreTask(request: RestoreRequest, context: TaskContext): Promise<RestoreOutcome> {
  const { database, snapshot, tables, allowSchemaChanges } = request;
  context.report({ stage: 'restore', progress: 0 });
  const plan = { manifest: snapshot.manifest, parts: materialise(snapshot), tables, allowSchemaChanges };
  try {
    return await DIALECTS[database.type].restore(database, plan, context);
  } catch (error) {
    await verifyBytes(snapshot, context); // if the stored bytes are damaged, that is the reason to tell
    throw error;
  }
}

/** Whether a restore could succeed: the stored bytes are what was written, and nothing stands between the schemas. */
export async function checkRestorableTask(
  { database, snapshot, tables }: CheckRestorableRequest,
  context: TaskContext,
): Promise<SchemaDifference[]> {
  await verifyBytes(snapshot, context);
  return DIALECTS[database.type].compareSchema(database, snapshot.manifest, tables);
}
