import { withoutCounters } from '../../model/counters.js';
import { BackupError } from '../../model/errors.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { Comparison, TableComparison } from '../../model/comparison.js';
import type {
  ComparedState,
  CompareRequest,
  CompareRowsRequest,
  PreviewRestoreRequest,
  RestorePreview,
} from '../database.engine.js';
import { verifyBytes } from '../shared/verify-bytes.js';
import type { ComparedSide } from './compare/compared-side.js';
import { LiveSide } from './compare/live-side.js';
import type { RowChange } from './compare/scratch-rows.js';
import { SnapshotSide } from './compare/snapshot-side.js';
import { readChanges, type TableChanges } from './compare/table-changes.js';
import { compareSummaries, pairsOf, type Sides, type TablePair } from './compare/table-pair.js';
import { schemaDifferencesTask, tablesToRestore } from './restore.task.js';

type Wanted = (table: string) => boolean;

/** How many rows of each table were inserted, updated and deleted between two states. */
export function compareTask(request: CompareRequest, context: TaskContext): Promise<Comparison> {
  return compareTables(request, lookedAtOnBothSides(request), context);
}

/**
 * Answers on standard output with one page of a table's changes: what {@link compareTask} says of it, and
 * `"offset":…,"limit":…,"total":…,"rows":[{"kind":…,"before":row,"after":row}…]`.
 */
export async function compareRowsTask(request: CompareRowsRequest, context: TaskContext): Promise<null> {
  const { table, offset, limit } = request;
  const wereLookedAt = lookedAtOnBothSides(request);
  const isWanted = (name: string) => name === table && wereLookedAt(name);
  const { head, changes } = await betweenSides(request, isWanted, context, async (sides) => {
    const [pair] = pairsOf(sides, isWanted);
    if (!pair) throw unknownTable();
    const read = await changesOf(pair, sides, context);
    await finish(sides);
    return { head: { before: sides.before.name, after: sides.after.name, ...read.comparison }, changes: read };
  });
  // Only now, when nothing of the database is held any more: the client may take its time.
  try {
    const { inserted, updated, deleted } = changes.comparison;
    const total = (inserted ?? 0) + (updated ?? 0) + (deleted ?? 0);
    await writePage({ ...head, offset, limit, total }, changes.rows(offset, limit), context);
  } finally {
    changes.close();
  }
  return null;
}

/** What a restore would change, and what stands in its way. A damaged snapshot is refused, as a restore would. */
export async function previewRestoreTask(
  { database, at, snapshot, tables }: PreviewRestoreRequest,
  context: TaskContext,
): Promise<RestorePreview> {
  const schema_differences = await schemaDifferencesTask({ database, snapshot, tables }, context);
  const chosen = tablesToRestore({ database, snapshot, tables });
  const restorable = withoutCounters(snapshot.manifest.database.type, snapshot.manifest.tables);
  const isRestored = (table: string) => Object.hasOwn(restorable, table) && (chosen === null || chosen.includes(table));
  const request = { before: { database, at }, after: { snapshot } };
  return { ...(await compareTables(request, isRestored, context)), schema_differences };
}

/** A table that a snapshot of chosen tables lacks is not gone: it was not looked at. */
function lookedAtOnBothSides({ before, after }: CompareRequest): Wanted {
  const partial = [before, after].flatMap((state) =>
    'snapshot' in state && state.snapshot.manifest.partial ? [state.snapshot.manifest.tables] : [],
  );
  return (table) => partial.every((tables) => Object.hasOwn(tables, table));
}

function compareTables(request: CompareRequest, isWanted: Wanted, context: TaskContext): Promise<Comparison> {
  return betweenSides(request, isWanted, context, async (sides) => {
    const tables: TableComparison[] = [];
    for (const pair of pairsOf(sides, isWanted))
      tables.push(compareSummaries(pair) ?? (await countChanges(pair, sides, context)));
    await finish(sides);
    return { before: sides.before.name, after: sides.after.name, tables };
  });
}

async function countChanges(pair: TablePair, sides: Sides, context: TaskContext): Promise<TableComparison> {
  const changes = await readChanges(pair, sides, context);
  changes.close();
  return changes.comparison;
}

/** Equal tables have no changes to read. */
async function changesOf(pair: TablePair, sides: Sides, context: TaskContext): Promise<TableChanges> {
  const known = compareSummaries(pair);
  if (known && known.inserted === 0 && known.deleted === 0) return { ...NO_CHANGES, comparison: known };
  return readChanges(pair, sides, context);
}

const NO_CHANGES = { rows: () => [], close: () => undefined };

async function betweenSides<T>(
  { before, after }: CompareRequest,
  isWanted: Wanted,
  context: TaskContext,
  work: (sides: Sides) => Promise<T>,
): Promise<T> {
  const opened: ComparedSide[] = [];
  const open = async (state: ComparedState) => {
    const side =
      'snapshot' in state
        ? new SnapshotSide(state.snapshot)
        : await LiveSide.open(state.database, state.at, isWanted, context);
    opened.push(side);
    return side;
  };
  try {
    const sides = { before: await open(before), after: await open(after) };
    assertSameKind(sides);
    return await work(sides);
  } catch (error) {
    // If the stored bytes are damaged, that is the reason to tell.
    if (!(error instanceof BackupError))
      for (const state of [before, after]) if ('snapshot' in state) await verifyBytes(state.snapshot, context);
    throw error;
  } finally {
    for (const side of opened) await side.close();
  }
}

function assertSameKind({ before, after }: Sides): void {
  if (before.database.type === after.database.type) return;
  throw new BackupError(
    'NOT_COMPARABLE',
    `"${before.name.id}" is a database of the type "${before.database.type}", "${after.name.id}" one of "${after.database.type}". Choose two of the same type.`,
  );
}

/** What was read counts only when both sides have proved to be what was stored. */
async function finish({ before, after }: Sides): Promise<void> {
  await before.finish();
  await after.finish();
}

const unknownTable = (): BackupError =>
  new BackupError('TABLE_NOT_FOUND', 'There is no table of this name to compare. Leave it out, and all are listed.');

async function writePage(head: object, rows: Iterable<RowChange>, context: TaskContext): Promise<void> {
  await context.ready();
  await context.write(Buffer.from(`${JSON.stringify(head).slice(0, -1)},"rows":[`));
  let separator = '';
  for (const { before, after } of rows) {
    const kind = before === null ? 'inserted' : after === null ? 'deleted' : 'updated';
    await context.write(Buffer.from(`${separator}{"kind":"${kind}","before":${before},"after":${after}}`));
    separator = ',\n';
  }
  await context.write(Buffer.from(']}\n'));
}
