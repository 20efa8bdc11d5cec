import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { openStored } from '../../archive/stored-file.js';
import { BackupError } from '../../model/errors.js';
import { temporaryPath } from '../../system/temporary-file.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { TableSummary } from '../../model/manifest.js';
import type { CompareSchemaRequest } from '../engine-host.js';
import type {
  CapturedDocument,
  CaptureRequest,
  DatabaseTarget,
  RestoreOutcome,
  RestoreRequest,
  SchemaDifference,
  StoredSnapshot,
} from '../snapshot.engine.js';
import type { CaptureSession, Dialect } from './dialect.js';
import { readDocument, type DocumentPart } from './document.reader.js';
import { DocumentWriter } from './document.writer.js';
import { SqliteDialect } from './sqlite/sqlite.dialect.js';

const REREAD_BYTES = 1024 * 1024;

const DIALECTS: Record<DatabaseTarget['type'], Dialect> = { sqlite: new SqliteDialect() };

/** Captures everything inside one read transaction into a document that stands aside, fsynced and re-read. */
export async function captureTask(request: CaptureRequest, context: TaskContext): Promise<CapturedDocument> {
  const started = process.hrtime.bigint();
  const aside = temporaryPath(request.documentPath);
  const session = await DIALECTS[request.database.type].beginCapture(request.database);
  try {
    const written = await writeDocument(session, request, aside, context);
    context.report({ stage: 'check', progress: 0.95 });
    assertReadsBack(aside, written.checksum);
    return {
      temporaryPath: aside,
      ...written,
      durationMs: Number((process.hrtime.bigint() - started) / 1_000_000n),
      database: session.database,
      schema: session.schema,
    };
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  } finally {
    await session.close();
  }
}

async function writeDocument(session: CaptureSession, request: CaptureRequest, path: string, context: TaskContext) {
  const document = new DocumentWriter(path);
  const tables: [string, TableSummary][] = [];
  document.begin({ id: request.id, created_at: request.createdAt, database: session.database });
  for (const table of session.tables) {
    const rows = document.table(table);
    for await (const lines of table.lines()) {
      rows.write(lines);
      context.report({ stage: 'capture', progress: Math.min(0.9, document.sizeBytes / (session.estimatedBytes + 1)) });
      await context.breathe();
    }
    tables.push([table.name, rows.finish()]);
  }
  return { ...document.finish(), tables: Object.fromEntries(tables) };
}

/** What a disk says it stored is not always what it gives back: a snapshot is listed only after its bytes were read again. */
function assertReadsBack(path: string, checksum: string): void {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(REREAD_BYTES);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer))
      hash.update(buffer.subarray(0, read));
  } finally {
    closeSync(file);
  }
  if (hash.digest('hex') !== checksum) {
    throw new BackupError(
      'ENGINE_FAILED',
      'The snapshot reads back differently from what was written. Check the disk before you rely on it.',
    );
  }
}

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

/** A snapshot's document as the complete one it stands for. */
export async function* materialise(snapshot: StoredSnapshot): AsyncGenerator<DocumentPart> {
  const bytes = await openStored(snapshot.document);
  try {
    yield* readDocument(bytes as AsyncIterable<Buffer>);
  } finally {
    bytes.destroy();
  }
}
