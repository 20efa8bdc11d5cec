import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { CaptureRequest } from '../../database.engine.js';
import { holdsSameTables, type CaptureSession } from '../../dialects/dialect.js';
import { DocumentFile } from '../document.file.js';
import type { WrittenDocument } from '../document.sink.js';
import { END_OF_DOCUMENT } from '../document.text.js';

const PIECE_BYTES = 256 * 1024;
const BEFORE_TABLES = '"tables":{';

/**
 * The database surely is as it was when the previous snapshot was taken: the new one holds the same differences to the same base, and no table is
 * read.
 * @returns undefined where that cannot be said, or where the previous document is not what its manifest promises
 */
export function repeatPrevious(
  session: CaptureSession,
  { id, createdAt, base, previous }: CaptureRequest,
  path: string,
): (WrittenDocument & { base: string }) | undefined {
  if (!previous || session.state === null || previous.state !== session.state || typeof base === 'string')
    return undefined;
  const { manifest, document } = previous.snapshot;
  const baseId = manifest.base ?? manifest.id;
  if (baseId !== base.snapshot.manifest.id || !holdsSameTables(manifest, session)) return undefined;
  const file = new DocumentFile(path);
  file.head({ id, kind: 'differential', base: baseId, created_at: createdAt, database: session.database });
  const same = manifest.kind === 'full' || copyTables(document.path, manifest.file_size_bytes, manifest.checksum, file);
  if (!same) {
    file.abandon();
    return undefined;
  }
  return { ...file.finish(), base: baseId, tables: manifest.tables };
}

/** @returns whether all of the source had the promised size and checksum */
function copyTables(source: string, size: number, checksum: string, target: DocumentFile): boolean {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(PIECE_BYTES);
  const input = open(source);
  if (input === null) return false;
  try {
    let place = 0;
    let from = -1;
    for (let read = readSync(input, piece); read > 0; read = readSync(input, piece)) {
      const bytes = piece.subarray(0, read);
      hash.update(bytes);
      if (from < 0) from = bytes.indexOf(BEFORE_TABLES) + BEFORE_TABLES.length;
      if (from < BEFORE_TABLES.length) return false;
      target.bytes(bytes.subarray(Math.max(0, from - place), Math.max(0, size - END_OF_DOCUMENT.length - place)));
      place += read;
    }
    return place === size && hash.digest('hex') === checksum;
  } finally {
    closeSync(input);
  }
}

/** Null where it is gone, or may not be read: then the database is read instead. */
function open(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
}
