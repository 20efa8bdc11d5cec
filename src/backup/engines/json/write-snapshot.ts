import { readFileSync } from 'node:fs';
import { contentOf, type FullReason, type SnapshotKind } from '../../model/manifest.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { CaptureRequest } from '../database.engine.js';
import { createWriter, type WriterPlan } from './create-writer.js';
import { holdsSameTables, type CaptureSession } from '../dialects/dialect.js';
import { parseIndex } from './differential/chunk-index.js';
import { FullNeeded } from '../shared/full-needed.js';
import { repeatPrevious } from './differential/repeat-previous.js';
import { DocumentWriterThread } from './document.writer-thread.js';
import type { DocumentSink, WrittenDocument } from './document.sink.js';

/** Below this a second thread takes longer to start than it saves. */
const WORTH_A_THREAD_BYTES = 8_000_000;
/** A differential of more than a third of its base is not worth reading two files. */
const LARGEST_SHARE_OF_BASE = 1 / 3;

export interface WrittenSnapshot extends WrittenDocument {
  kind: SnapshotKind;
  base: string | null;
  fullReason: FullReason | null;
  /** Whether a chunk index was written too. */
  indexed: boolean;
}

/** The smallest snapshot that is safe: one that repeats the previous, else a differential, else a full one. */
export async function writeSnapshot(
  session: CaptureSession,
  request: CaptureRequest,
  paths: { aside: string; indexAside: string },
  context: TaskContext,
): Promise<WrittenSnapshot> {
  const { aside, indexAside } = paths;
  try {
    const repeated = repeatPrevious(session, request, aside);
    if (repeated) return { ...repeated, kind: 'differential', fullReason: null, indexed: false };
    const plan = planDifferential(session, request, aside);
    const base = plan.baseId;
    const written = await writeTables(
      session,
      plan.writer,
      { ...headOf(request, session), kind: 'differential', base },
      context,
    );
    return { ...written, kind: 'differential', base, fullReason: null, indexed: false };
  } catch (error) {
    if (!(error instanceof FullNeeded)) throw error;
    const { codec } = request;
    const writer: WriterPlan = { kind: 'full', path: aside, indexPath: indexAside, codec };
    const written = await writeTables(
      session,
      writer,
      { ...headOf(request, session), kind: 'full', base: null },
      context,
    );
    return { ...written, kind: 'full', base: null, fullReason: error.reason, indexed: true };
  }
}

/** @throws FullNeeded with the reason why there can be no differential */
function planDifferential(
  session: CaptureSession,
  { base, codec }: CaptureRequest,
  path: string,
): { baseId: string; writer: WriterPlan } {
  if (typeof base === 'string') throw new FullNeeded(base);
  const { manifest, document } = base.snapshot;
  if (manifest.schema.fingerprint !== session.schema.fingerprint || !holdsSameTables(manifest, session))
    throw new FullNeeded('schema_changed');
  const index = parseIndex(readIndex(base.indexPath), manifest.checksum);
  if (!index) throw new FullNeeded('no_index');
  const limitBytes = Math.floor(contentOf(manifest).bytes * LARGEST_SHARE_OF_BASE);
  const under = { path: document.path, codec: manifest.codec, index };
  return { baseId: manifest.id, writer: { kind: 'differential', path, base: under, limitBytes, codec } };
}

function readIndex(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // which is no index
  }
}

const headOf = ({ id, createdAt }: CaptureRequest, { database }: CaptureSession) => ({
  id,
  created_at: createdAt,
  database,
});

/** Everything the database prints, into a writer. */
async function writeTables(
  session: CaptureSession,
  plan: WriterPlan,
  header: Parameters<DocumentSink['begin']>[0],
  context: TaskContext,
): Promise<WrittenDocument> {
  const document = session.estimatedBytes < WORTH_A_THREAD_BYTES ? createWriter(plan) : new DocumentWriterThread(plan);
  try {
    document.begin(header);
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
    return await document.finish();
  } catch (error) {
    await document.abandon();
    throw error;
  }
}
