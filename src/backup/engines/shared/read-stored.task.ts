import { createHash } from 'node:crypto';
import { openStored } from '../../archive/stored-file.js';
import { BackupError } from '../../model/errors.js';
import type { Manifest } from '../../model/manifest.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { StoredSnapshot } from '../snapshot.engine.js';

/** Answers on standard output with the stored bytes; the last piece goes out only when all of them had the checksum that the manifest promises. */
export async function readStoredTask(
  { snapshot: { manifest, document } }: { snapshot: StoredSnapshot<Manifest> },
  context: TaskContext,
): Promise<null> {
  const hash = createHash('sha256');
  let held: Buffer | null = null;
  for await (const piece of (await openStored(document)) as AsyncIterable<Buffer>) {
    if (held === null) await context.ready();
    else await context.write(held);
    hash.update(piece);
    held = piece;
  }
  if (held === null || hash.digest('hex') !== manifest.checksum) throw corrupt(manifest.id);
  await context.write(held);
  return null;
}

const corrupt = (id: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `The document of snapshot "${id}" is not what was written: its checksum differs. Use another snapshot.`,
  );
