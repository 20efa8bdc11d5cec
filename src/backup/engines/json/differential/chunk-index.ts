import { createHash } from 'node:crypto';

/** The chunks of one table in a full document, in their order. */
export interface IndexedTable {
  /** Where its first row begins in the document. */
  offset: number;
  chunks: IndexedChunk[];
}

/** Number of rows, bytes of their lines (with one LF each), and their hash. */
export type IndexedChunk = [rows: number, bytes: number, hash: string];

/** What a full capture leaves for the next one to compare with, so that it need not read the document. */
export interface ChunkIndex {
  /** The document it belongs to. */
  checksum: string;
  tables: Record<string, IndexedTable>;
}

const FORMAT = 'nestjs-backup/index';

/** Two lines: a head with the hash of the second, and the chunks. */
export function serialiseIndex(index: ChunkIndex): string {
  const body = JSON.stringify(index.tables);
  const head = { format: FORMAT, version: 1, checksum: index.checksum, sha256: sha256(`${index.checksum}\n${body}`) };
  return `${JSON.stringify(head)}\n${body}\n`;
}

/** @returns undefined for anything that is not exactly what was written for this document: the capture is a full one then */
export function parseIndex(text: string, checksum: string): ChunkIndex | undefined {
  const [headLine = '', body = '', rest, ...more] = text.split('\n');
  if (rest !== '' || more.length > 0) return undefined;
  try {
    const head = JSON.parse(headLine) as { format?: unknown; version?: unknown; checksum?: unknown; sha256?: unknown };
    if (head.format !== FORMAT || head.version !== 1 || head.checksum !== checksum) return undefined;
    if (head.sha256 !== sha256(`${checksum}\n${body}`)) return undefined;
    const tables = Object.assign(Object.create(null), JSON.parse(body)) as Record<string, IndexedTable>;
    return { checksum, tables };
  } catch {
    return undefined;
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
