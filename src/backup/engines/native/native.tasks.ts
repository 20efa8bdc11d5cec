import { BackupError } from '../../model/errors.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { temporaryPath } from '../../system/temporary-file.js';
import { discard, discardAtExit } from '../../system/unfinished-file.js';
import type { DatabaseTarget } from '../database-target.js';
import type {
  CheckRestorableRequest,
  CapturedDocument,
  CaptureRequest,
  RestoreOutcome,
  RestoreRequest,
  SchemaDifference,
} from '../database.engine.js';
import { refuseUnconfirmed, scriptNotTrusted } from '../dialects/confirm.task.js';
import { verifyBytes } from '../shared/verify-bytes.js';
import type { NativeDatabase } from './native-database.js';
import type { NativeOptions } from './native.options.js';

type With<Request> = Request & { options: NativeOptions };

/** Captures the whole database into a document in its own form that stands aside, fsynced and re-read. */
export async function nativeCaptureTask(
  { options, ...request }: With<CaptureRequest>,
  context: TaskContext,
): Promise<CapturedDocument> {
  if (request.tables !== undefined) throw chosenTables();
  const started = process.hrtime.bigint();
  const aside = temporaryPath(request.documentPath);
  const finished = discardAtExit(aside);
  try {
    const content = await (
      await nativeDatabase(request.database, options)
    ).capture(request.database, aside, context, request.codec);
    await context.breathe(); // nobody is there to publish it when the program was killed meanwhile
    return {
      temporaryPath: aside,
      temporaryIndexPath: null,
      kind: 'full',
      base: null,
      fullReason: 'engine',
      state: null,
      ...content,
      durationMs: Number((process.hrtime.bigint() - started) / 1_000_000n),
    };
  } catch (error) {
    discard(aside);
    throw error;
  } finally {
    finished();
  }
}

/** Puts a snapshot back and proves it; the database is as before unless this succeeds. */
export async function nativeRestoreTask(
  { options, ...request }: With<RestoreRequest>,
  context: TaskContext,
): Promise<RestoreOutcome> {
  context.report({ stage: 'restore', progress: 0 });
  try {
    const native = await nativeDatabase(sameKind(request), options);
    if (request.database.type === 'sqlite') {
      if (request.foreign) await refuseUnconfirmed(request);
    } else {
      if (request.foreign) throw scriptNotTrusted(request.snapshot);
      await verifyBytes(request.snapshot, context); // a script runs while it is read, so what it does may not be undone by a checksum that differs
    }
    return await native.restore(request.database, request, context);
  } catch (error) {
    await verifyBytes(request.snapshot, context); // if the stored bytes are damaged, that is the reason to tell
    throw error;
  }
}

/** Whether a restore could succeed: the stored bytes are what was written, and neither schemas nor versions stand in the way. */
export async function nativeCheckRestorableTask(
  { options, ...request }: With<CheckRestorableRequest>,
  context: TaskContext,
): Promise<SchemaDifference[]> {
  await verifyBytes(request.snapshot, context);
  const native = await nativeDatabase(sameKind(request), options);
  return native.compareSchema(request.database, request, context);
}

/** How a database is written in its own form. */
export async function nativeDatabase(target: DatabaseTarget, options: NativeOptions): Promise<NativeDatabase> {
  switch (target.type) {
    case 'sqlite':
      return new (await import('./sqlite/native-sqlite.js')).NativeSqlite();
    case 'postgres':
      return new (await import('./postgres/native-postgres.js')).NativePostgres(options);
    case 'mysql':
      return new (await import('./mysql/native-mysql.js')).NativeMysql(options);
  }
}

/** A native document can be read by nothing but the kind of database that wrote it. */
function sameKind({ database, snapshot: { manifest } }: CheckRestorableRequest): DatabaseTarget {
  if (manifest.database.type !== database.type)
    throw new BackupError(
      'UNSUPPORTED',
      `Snapshot "${manifest.id}" is a native snapshot of a ${manifest.database.type} database, and cannot be restored into a ${database.type} database.`,
    );
  return database;
}

const chosenTables = (): BackupError =>
  new BackupError(
    'UNSUPPORTED',
    'The engine "native" captures whole databases only. Remove the tables from the plan, or let it use the engine "json".',
  );
