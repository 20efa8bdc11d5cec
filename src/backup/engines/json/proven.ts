import { createHash, type Hash } from 'node:crypto';
import { BackupError } from '../../model/errors.js';
import type { Manifest } from '../../model/manifest.js';
import type { DocumentPart } from './document.reader.js';

const BETWEEN_ROWS = ',\n';
const LF = '\n';

/**
 * Hands the parts of a document on, and stops with an error where a table does not have the digest that the manifest promises.
 * @param only the one table to prove; all when absent
 * @throws BackupError `SNAPSHOT_CORRUPT`
 */
export async function* proven(
  manifest: Manifest,
  parts: AsyncIterable<DocumentPart>,
  only?: string,
): AsyncGenerator<DocumentPart> {
  const missing = new Set(only === undefined ? Object.keys(manifest.tables) : [only]);
  let table: { name: string; digest: Hash } | null = null;
  for await (const part of parts) {
    if (part.part === 'rows' && table) hashRows(table.digest, part.rows);
    if (part.part === 'table' || part.part === 'end') {
      if (table && manifest.tables[table.name]?.sha256 !== table.digest.digest('hex')) throw differs(manifest.id);
      table = null;
    }
    if (part.part === 'table' && (only === undefined || only === part.name)) {
      missing.delete(part.name);
      table = { name: part.name, digest: createHash('sha256') };
    }
    if (part.part === 'end' && missing.size > 0) throw differs(manifest.id);
    yield part;
  }
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
    `The document of snapshot "${id}" does not hold the rows that its manifest promises. Use another snapshot.`,
  );
