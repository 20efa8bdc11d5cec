import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { BackupError } from '../../model/errors.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { temporaryPath } from '../../system/temporary-file.js';
import { discard, discardAtExit } from '../../system/unfinished-file.js';
import type { CapturedDocument, CaptureRequest } from '../snapshot.engine.js';
import type { CaptureSession } from './dialect.js';
import { DIALECTS } from './dialects.js';
import { DocumentWriterThread } from './document.writer-thread.js';
import { DocumentWriter, type DocumentSink, type WrittenDocument } from './document.writer.js';

const REREAD_BYTES = 1024 * 1024;
/** Below this a second thread takes longer to start than it saves. */
const WORTH_A_THREAD_BYTES = 8 * 1024 * 1024;

/** Captures everything inside one read transaction into a document that stands aside, fsynced and re-read. */
export async function captureTask(request: CaptureRequest, context: TaskContext): Promise<CapturedDocument> {
  const started = process.hrtime.bigint();
  const aside = temporaryPath(request.documentPath);
  const session = await DIALECTS[request.database.type].beginCapture(request.database);
  const finished = discardAtExit(aside);
  try {
    const written = await writeDocument(session, request, aside, context);
    context.report({ stage: 'check', progress: 0.95 });
    assertReadsBack(aside, written.checksum);
    await context.breathe(); // nobody is there to publish it when the program was killed meanwhile
    return {
      temporaryPath: aside,
      ...written,
      durationMs: Number((process.hrtime.bigint() - started) / 1_000_000n),
      database: session.database,
      schema: session.schema,
    };
  } catch (error) {
    discard(aside);
    throw error;
  } finally {
    await session.close();
    finished();
  }
}

async function writeDocument(
  session: CaptureSession,
  request: CaptureRequest,
  path: string,
  context: TaskContext,
): Promise<WrittenDocument> {
  const document: DocumentSink =
    session.estimatedBytes < WORTH_A_THREAD_BYTES ? new DocumentWriter(path) : new DocumentWriterThread(path);
  document.begin({ id: request.id, created_at: request.createdAt, database: session.database });
  let bytes = 0;
  for (const table of session.tables) {
    document.table({ name: table.name, columns: table.columns, primaryKey: table.primaryKey });
    for await (const lines of table.lines()) {
      bytes += lines.length;
      await document.rows(lines);
      context.report({ stage: 'capture', progress: Math.min(0.9, bytes / (session.estimatedBytes + 1)) });
      await context.breathe();
    }
  }
  return document.finish();
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
