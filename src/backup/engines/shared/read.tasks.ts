import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { openStored } from '../../archive/stored-file.js';
import { BackupError } from '../../model/errors.js';
import { contentOf, type Manifest } from '../../model/manifest.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import { openContent } from './document.content.js';

interface Request {
  snapshot: StoredSnapshot<Manifest>;
}

/** Answers on standard output with the bytes as they are stored. */
export async function readStoredTask(
  { snapshot: { manifest, document } }: Request,
  context: TaskContext,
): Promise<null> {
  return passProven(await openStored(document), manifest.checksum, manifest.id, context);
}

/** Answers on standard output with the content of a document. */
export async function readContentTask(
  { snapshot: { manifest, document } }: Request,
  context: TaskContext,
): Promise<null> {
  return passProven(await openContent(document, manifest.codec), contentOf(manifest).sha256, manifest.id, context);
}

/** The last piece goes out only when all of them had the checksum that the manifest promises. */
async function passProven(bytes: Readable, sha256: string, id: string, context: TaskContext): Promise<null> {
  const hash = createHash('sha256');
  let held: Buffer | null = null;
  for await (const piece of bytes as AsyncIterable<Buffer>) {
    if (held === null) await context.ready();
    else await context.write(held);
    hash.update(piece);
    held = piece;
  }
  if (held === null || hash.digest('hex') !== sha256)
    throw new BackupError(
      'SNAPSHOT_CORRUPT',
      `The document of snapshot "${id}" is damaged: its checksum differs. Use another snapshot.`,
    );
  await context.write(held);
  return null;
}
