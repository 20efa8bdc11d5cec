import { rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { isCounter } from '../../model/counters.js';
import { BackupError } from '../../model/errors.js';
import type { SnapshotWarning } from '../../model/snapshot-warning.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { temporaryPath } from '../../system/temporary-file.js';
import { discard, discardAtExit } from '../../system/unfinished-file.js';
import { assertReadsBack } from '../shared/read-back.js';
import type { CapturedDocument, CaptureRequest } from '../database.engine.js';
import type { CaptureSession } from '../dialects/dialect.js';
import { dialectOf } from '../dialects/dialects.js';
import { writeSnapshot } from './write-snapshot.js';

/** Captures everything inside one read transaction into a document that stands aside, fsynced and re-read. */
export async function captureTask(request: CaptureRequest, context: TaskContext): Promise<CapturedDocument> {
  const started = process.hrtime.bigint();
  const aside = temporaryPath(request.documentPath);
  const indexAside = temporaryPath(request.indexPath);
  const session = await beginCapture(request);
  const finished = discardAtExit(aside);
  try {
    refuseWhatCannotComeBack(session, request);
    const { indexed, ...written } = await writeSnapshot(session, request, { aside, indexAside }, context);
    const warnings = written.kind === 'full' ? damageOf(session) : damageOfBase(request);
    context.report({ stage: 'check', progress: 0.95 });
    assertReadsBack(aside, written.checksum);
    await context.breathe(); // nobody is there to publish it when the program was killed meanwhile
    return {
      temporaryPath: aside,
      temporaryIndexPath: indexed ? indexAside : null,
      ...written,
      warnings,
      state: session.state,
      durationMs: Number((process.hrtime.bigint() - started) / 1_000_000n),
      database: session.database,
      schema: session.schema,
      ...(session.warnings && session.warnings.length > 0 ? { warnings: session.warnings } : {}),
    };
  } catch (error) {
    discard(aside);
    rmSync(indexAside, { force: true });
    throw error;
  } finally {
    await session.close();
    finished();
  }
}

/** Known already where the base has the same statements. */
function refuseWhatCannotComeBack(
  { assertRestorable, schema, tables }: CaptureSession,
  { base }: CaptureRequest,
): void {
  if (typeof base !== 'string' && isDeepStrictEqual(base.snapshot.manifest.schema.ddl, schema.ddl)) return;
  assertRestorable?.((name) => tables.some((table) => table.name === name));
}

/** Looked for whenever all is read anyway, which is once a day at least. */
function damageOf({ findDamage, database }: CaptureSession): SnapshotWarning[] {
  const found = findDamage?.() ?? [];
  if (found.length === 0) return [];
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  return [
    {
      code: 'source_damaged',
      message:
        `The database "${database.name}" is damaged: ${found[0]!.replace(/\s+/g, ' ')}${more}. The snapshot holds what could be read. ` +
        'Compare it with the last one from before the damage, and restore one of them.',
    },
  ];
}

/** What a differential says of the database is what was found when its base was taken. */
const damageOfBase = ({ base }: CaptureRequest): SnapshotWarning[] =>
  typeof base === 'string'
    ? []
    : (base.snapshot.manifest.warnings ?? []).filter(({ code }) => code === 'source_damaged');

/** The session of the database, with the chosen tables only. */
async function beginCapture({ database, tables: chosen }: CaptureRequest): Promise<CaptureSession> {
  const dialect = await dialectOf(database);
  const session = await dialect.beginCapture(database, chosen);
  if (chosen === undefined) return session;
  const tables = session.tables.filter(({ name }) => chosen.includes(name) || isCounter(database.type, name));
  const missing = chosen.filter((name) => !tables.some((table) => table.name === name));
  if (missing.length === 0) return { ...session, tables, close: () => session.close() };
  await session.close();
  throw new BackupError(
    'TABLE_NOT_FOUND',
    `The database has no table ${missing.map((name) => JSON.stringify(name)).join(', ')}. Correct the tables of the plan.`,
  );
}
