import { createHash } from 'node:crypto';
import { closeSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contentOf } from '../../../model/manifest.js';
import { openContent } from '../../shared/document.content.js';
import { BackupError } from '../../../model/errors.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import { temporaryPath } from '../../../system/temporary-file.js';
import { discard, discardAtExit } from '../../../system/unfinished-file.js';
import { openForWriting } from '../../shared/open-for-writing.js';
import type { StoredSnapshot } from '../../snapshot.engine.js';

/**
 * Lays a stored database out as a file of its own, beside where it is stored, for as long as it is used: SQLite can open neither an entry of an archive nor what a codec made, and what
 * it opens must be exactly the bytes whose checksum was right.
 * @throws BackupError `SNAPSHOT_CORRUPT`
 */
export async function withStagedCopy<T>(
  { manifest, document }: StoredSnapshot,
  context: TaskContext,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = temporaryPath(join(dirname(document.path), manifest.filename));
  const finished = discardAtExit(path);
  try {
    const digest = await writeOut(
      (await openContent(document, manifest.codec)) as AsyncIterable<Buffer>,
      path,
      context,
    );
    if (digest !== contentOf(manifest).sha256)
      throw new BackupError(
        'SNAPSHOT_CORRUPT',
        `The document of snapshot "${manifest.id}" is damaged: its checksum differs. Use another snapshot.`,
      );
    return await use(path);
  } finally {
    discard(path);
    finished();
  }
}

async function writeOut(bytes: AsyncIterable<Buffer>, path: string, context: TaskContext): Promise<string> {
  const hash = createHash('sha256');
  const file = openForWriting(path);
  try {
    for await (const piece of bytes) {
      hash.update(piece);
      for (let done = 0; done < piece.length;) done += writeSync(file, piece, done);
      await context.breathe();
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
