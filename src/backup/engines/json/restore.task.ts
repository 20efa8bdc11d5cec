import type { TaskContext } from '../../system/child-task-server.js';
import type { CheckRestorableRequest } from '../engine-host.js';
import type { RestoreOutcome, RestoreRequest, SchemaDifference } from '../snapshot.engine.js';
import { verifyBytes } from '../stored.tasks.js';
import type { Dialect } from './dialect.js';
import { dialectOf } from './dialects.js';
import { materialise } from './materialise.js';

/** Puts a snapshot's rows back and proves them; the database is as before unless this succeeds. */
export async function restoreTask(request: RestoreRequest, context: TaskContext): Promise<RestoreOutcome> {
  const { database, snapshot, allowSchemaChanges } = request;
  context.report({ stage: 'restore', progress: 0 });
  const dialect = await dialectOf(database);
  const tables = tablesToRestore(request, dialect);
  const plan = { manifest: snapshot.manifest, parts: materialise(snapshot), tables, allowSchemaChanges };
  try {
    return await dialect.restore(database, plan, context);
  } catch (error) {
    await verifyBytes(snapshot, context); // if the stored bytes are damaged, that is the reason to tell
    throw error;
  }
}

/** Whether a restore could succeed: the stored bytes are what was written, and nothing stands between the schemas. */
export async function checkRestorableTask(
  request: CheckRestorableRequest,
  context: TaskContext,
): Promise<SchemaDifference[]> {
  const { database, snapshot } = request;
  await verifyBytes(snapshot, context);
  const dialect = await dialectOf(database);
  return dialect.compareSchema(database, snapshot.manifest, tablesToRestore(request, dialect));
}

/** Null for all: where a snapshot holds only some tables, the others are not touched. */
export function tablesToRestore(
  { tables, snapshot: { manifest } }: CheckRestorableRequest,
  { companions }: Dialect,
): string[] | null {
  if (tables !== null || !manifest.partial) return tables;
  return Object.keys(manifest.tables).filter((name) => !companions.includes(name));
}
