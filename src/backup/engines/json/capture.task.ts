import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { BackupError } from '../../model/errors.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { temporaryPath } from '../../system/temporary-file.js';
import { discard, discardAtExit } from '../../system/unfinished-file.js';
import type { CapturedDocument, CaptureRequest } from '../snapshot.engine.js';
import { DIALECTS } from './dialects.js';
import { writeSnapshot } from './write-snapshot.js';

const REREAD_BYTES = 1024 * 1024;

/** Captures everything inside one read transaction into a document that stands aside, fsynced and re-read. */
export async function captureTask(request: CaptureRequest, context: TaskContext): Promise<CapturedDocument> {
  const started = process.hrtime.bigint();
  const aside = temporaryPath(request.documentPath);
  const indexAside = temporaryPath(request.indexPath);
  const session = await DIALECTS[request.database.type].beginCapture(request.database);
  const finished = discardAtExit(aside);
  try {
    const { indexed, ...written } = await writeSnapshot(session, request, { aside, indexAside }, context);
    context.report({ stage: 'check', progress: 0.95 });
    assertReadsBack(aside, written.checksum);
    await context.breathe(); // nobody is there to publish it when the program was killed meanwhile
    return {
      temporaryPath: aside,
      temporaryIndexPath: indexed ? indexAside : null,
      ...written,
      state: session.state,
      durationMs: Number((process.hrtime.bigint() - started) / 1_000_000n),
      database: session.database,
      schema: session.schema,
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
