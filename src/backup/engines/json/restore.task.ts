import { withoutCounters } from '../../model/counters.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { CheckRestorableRequest, RestoreOutcome, RestoreRequest, SchemaDifference } from '../database.engine.js';
import { verifyBytes } from '../shared/verify-bytes.js';
import { refuseUnconfirmed } from '../dialects/confirm.task.js';
import type { RestorePlan } from '../dialects/dialect.js';
import { dialectOf } from '../dialects/dialects.js';
import { materialise } from './materialise.js';

/** Puts a snapshot's rows back and proves them; the database is as before unless this succeeds. */
export async function restoreTask(request: RestoreRequest, context: TaskContext): Promise<RestoreOutcome> {
  const { database, snapshot, allowSchemaChanges } = request;
  context.report({ stage: 'restore', progress: 0 });
  const dialect = await dialectOf(database);
  const tables = tablesToRestore(request);
  const plan = { manifest: snapshot.manifest, parts: materialise(snapshot), tables, allowSchemaChanges };
  try {
    if (request.foreign) await refuseUnconfirmed(request);
    const outcome = await dialect.restore(database, plan, context);
    return { ...outcome, missing: [...tablesLeftOut(outcome, plan), ...(outcome.missing ?? [])] };
  } catch (error) {
    await verifyBytes(snapshot, context); // if the stored bytes are damaged, that is the reason to tell
    throw error;
  }
}

/** Whether a restore could succeed: the stored bytes are what was written, the database takes them, and nothing stands between the schemas. */
export async function checkRestorableTask(
  request: CheckRestorableRequest,
  context: TaskContext,
): Promise<SchemaDifference[]> {
  const differences = await schemaDifferencesTask(request, context);
  const dialect = await dialectOf(request.database);
  await dialect.assertReady?.(request.database, request.snapshot.manifest, tablesToRestore(request));
  return differences;
}

/** The same for who only wants to know. */
export async function schemaDifferencesTask(
  request: CheckRestorableRequest,
  context: TaskContext,
): Promise<SchemaDifference[]> {
  const { database, snapshot } = request;
  await verifyBytes(snapshot, context);
  const dialect = await dialectOf(database);
  return dialect.compareSchema(database, snapshot.manifest, tablesToRestore(request));
}

/** Whatever the reason: a table that the snapshot holds and the outcome does not name has not come back. */
function tablesLeftOut({ tables }: RestoreOutcome, plan: RestorePlan): string[] {
  return Object.keys(withoutCounters(plan.manifest.database.type, plan.manifest.tables))
    .filter((name) => plan.tables === null || plan.tables.includes(name))
    .filter((name) => !Object.hasOwn(tables, name))
    .map((name) => `The table "${name}" is not in the database, so its rows were left out.`);
}

/** Null for all: where a snapshot holds only some tables, the others are not touched. */
export function tablesToRestore({ tables, snapshot: { manifest } }: CheckRestorableRequest): string[] | null {
  if (tables !== null || !manifest.partial) return tables;
  return Object.keys(withoutCounters(manifest.database.type, manifest.tables));
}
