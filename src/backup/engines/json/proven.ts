import { createHash, type Hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { BackupError } from '../../model/errors.js';
import type { DatabaseManifest } from '../../model/manifest.js';
import type { DocumentHead, DocumentPart } from '../dialects/document.parts.js';

const BETWEEN_ROWS = ',\n';
const LF = '\n';

/**
 * Hands the parts of a document on, and stops with an error where its head is not that of this snapshot, or a table does not have the rows and the digest that the manifest promises.
 * @param only the one table to prove; all when absent
 * @throws BackupError `SNAPSHOT_CORRUPT`
 */
export async function* proven(
  manifest: DatabaseManifest,
  parts: AsyncIterable<DocumentPart>,
  only?: string,
): AsyncGenerator<DocumentPart> {
  const missing = new Set(only === undefined ? Object.keys(manifest.tables) : [only]);
  let table: { name: string; digest: Hash; rows: number } | null = null;
  for await (const part of parts) {
    if (part.part === 'head') assertSameHead(manifest, part);
    if (part.part === 'rows' && table) {
      hashRows(table.digest, part.rows);
      table.rows += countRows(part.rows);
    }
    if (part.part === 'table' || part.part === 'end') {
      const promised = table && manifest.tables[table.name];
      if (table && (promised?.sha256 !== table.digest.digest('hex') || promised.rows !== table.rows))
        throw differs(manifest.id);
      table = null;
    }
    if (part.part === 'table' && (only === undefined || only === part.name)) {
      missing.delete(part.name);
      table = { name: part.name, digest: createHash('sha256'), rows: 0 };
    }
    if (part.part === 'end' && missing.size > 0) throw differs(manifest.id);
    yield part;
  }
}

/** What a document says of itself is what its manifest says, or one of them is damaged. */
function assertSameHead(manifest: DatabaseManifest, head: DocumentHead): void {
  const { id, created_at, database } = manifest;
  const differing =
    head.id !== id
      ? 'id'
      : head.created_at !== created_at
        ? 'created_at'
        : isDeepStrictEqual(head.database, database)
          ? null
          : 'database';
  if (differing === null) return;
  throw new BackupError(
    'SNAPSHOT_CORRUPT',
    `Snapshot "${id}" contradicts itself: its document and its manifest differ in "${differing}". Use another snapshot.`,
  );
}

function countRows(rows: Buffer): number {
  let count = 1;
  for (let at = rows.indexOf(LF); at >= 0; at = rows.indexOf(LF, at + 1)) count++;
  return count;
}

/** A comma before a line break separates rows, since no line break stands inside one; the digest is over rows that each end with a line break alone. */
function hashRows(digest: Hash, rows: Buffer): void {
  digest.update(rows.includes(BETWEEN_ROWS) ? withoutCommas(rows) : rows).update(LF);
}

function withoutCommas(rows: Buffer): Buffer {
  const lines = Buffer.allocUnsafe(rows.length);
  let used = 0;
  for (let start = 0; start < rows.length;) {
    const end = rows.indexOf(BETWEEN_ROWS, start);
    const stop = end < 0 ? rows.length : end;
    used += rows.copy(lines, used, start, stop);
    if (end < 0) break;
    lines[used++] = 0x0a;
    start = end + BETWEEN_ROWS.length;
  }
  return lines.subarray(0, used);
}

const differs = (id: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `The document of snapshot "${id}" does not have the rows that its manifest lists. Use another snapshot.`,
  );
