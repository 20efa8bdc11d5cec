import type { Snapshot } from '../../model/snapshot.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { temporaryPath } from '../../system/temporary-file.js';
import { discard, discardAtExit } from '../../system/unfinished-file.js';
import { DocumentOutput } from '../shared/document.output.js';
import { assertReadsBack } from '../shared/read-back.js';
import type { CapturedFile } from '../snapshot.engine.js';

export interface BundleRequest {
  id: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Final path of the document; it is written aside under a temporary name. */
  documentPath: string;
  /** In the order in which they are restored. */
  parts: readonly Snapshot[];
  /** The codec of the document. @default the content is stored as it is */
  codec?: string;
}

/** Writes the document of a bundle (docs/formats.md), which names its parts with their checksums; it stands aside, fsynced and re-read. */
export async function captureTask(request: BundleRequest, context: TaskContext): Promise<CapturedFile> {
  const { documentPath, parts, codec } = request;
  const aside = temporaryPath(documentPath);
  const finished = discardAtExit(aside);
  try {
    const output = new DocumentOutput(aside, codec);
    output.write(Buffer.from(textOf(request)));
    const written = output.finish();
    assertReadsBack(aside, written.checksum);
    await context.breathe(); // nobody is there to publish it when the program was killed meanwhile
    return {
      temporaryPath: aside,
      temporaryIndexPath: null,
      kind: 'full',
      base: null,
      fullReason: 'engine',
      state: null,
      ...written,
      durationMs: parts.reduce((sum, { duration_ms }) => sum + duration_ms, 0),
      warnings: parts.flatMap(({ warnings }) => warnings),
    };
  } catch (error) {
    discard(aside);
    throw error;
  } finally {
    finished();
  }
}

function textOf({ id, createdAt, parts }: BundleRequest): string {
  const document = {
    format: 'nestjs-backup/full',
    version: 1,
    id,
    created_at: createdAt,
    parts: parts.map(({ id: part, source, filename, size_bytes, checksum }) => ({
      id: part,
      source,
      filename,
      size_bytes,
      checksum,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
