import { createHash } from 'node:crypto';
import { contentOf, type Manifest } from '../../../model/manifest.js';
import { ContentRanges } from '../../shared/document.content.js';
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
  { id, createdAt, base, previous, codec }: CaptureRequest,
  path: string,
): (WrittenDocument & { base: string }) | undefined {
  if (!previous || session.state === null || previous.state !== session.state || typeof base === 'string')
    return undefined;
  const { manifest, document } = previous.snapshot;
  const baseId = manifest.base ?? manifest.id;
  if (baseId !== base.snapshot.manifest.id || !holdsSameTables(manifest, session)) return undefined;
  const file = new DocumentFile(path, codec);
  file.head({ id, kind: 'differential', base: baseId, created_at: createdAt, database: session.database });
  const same = manifest.kind === 'full' || copyTables(document.path, manifest, file);
  if (!same) {
    file.abandon();
    return undefined;
  }
  return { ...file.finish(), base: baseId, tables: manifest.tables };
}

/** @returns whether all of the source is what its manifest promises */
function copyTables(source: string, manifest: Manifest, target: DocumentFile): boolean {
  const promised = contentOf(manifest);
  const hash = createHash('sha256');
  const input = open(source, manifest.codec);
  if (input === null) return false;
  try {
    let place = 0;
    let from = -1;
    for (let bytes = input.read(0, PIECE_BYTES); bytes.length > 0; bytes = input.read(place, PIECE_BYTES)) {
      hash.update(bytes);
      if (from < 0) from = bytes.indexOf(BEFORE_TABLES) + BEFORE_TABLES.length;
      if (from < BEFORE_TABLES.length) return false;
      const end = promised.bytes - END_OF_DOCUMENT.length;
      target.bytes(bytes.subarray(Math.max(0, from - place), Math.max(0, end - place)));
      place += bytes.length;
    }
    return place === promised.bytes && hash.digest('hex') === promised.sha256;
  } finally {
    input.close();
  }
}

/** Null where it is gone, or may not be read: then the database is read instead. */
function open(path: string, codec: string | undefined): ContentRanges | null {
  try {
    return new ContentRanges(path, codec);
  } catch {
    return null;
  }
}
