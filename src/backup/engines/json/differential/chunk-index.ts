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
  /** Where the blocks of a compressed document begin in its file. */
  blocks?: readonly number[];
  tables: Record<string, IndexedTable>;
}

const FORMAT = 'nestjs-backup/index';

/** Two lines: a head with the hash of the second, and the chunks; of a compressed document, where its blocks begin stands before these. */
export function serialiseIndex({ checksum, blocks, tables }: ChunkIndex): string {
  const body = JSON.stringify(blocks ? { blocks, tables } : tables);
  const version = blocks ? 2 : 1;
  const head = { format: FORMAT, version, checksum, sha256: sha256(`${checksum}\n${body}`) };
  return `${JSON.stringify(head)}\n${body}\n`;
}

/** @returns undefined for anything that is not exactly what was written for this document: the capture is a full one then */
export function parseIndex(text: string, checksum: string): ChunkIndex | undefined {
  const [headLine = '', body = '', rest, ...more] = text.split('\n');
  if (rest !== '' || more.length > 0) return undefined;
  try {
    const head = JSON.parse(headLine) as { format?: unknown; version?: unknown; checksum?: unknown; sha256?: unknown };
    if (head.format !== FORMAT || head.checksum !== checksum) return undefined;
    if (head.sha256 !== sha256(`${checksum}\n${body}`)) return undefined;
    if (head.version === 1) return { checksum, tables: byName(JSON.parse(body)) };
    if (head.version !== 2) return undefined;
    const { blocks, tables } = JSON.parse(body) as { blocks: number[]; tables: object };
    return { checksum, blocks, tables: byName(tables) };
  } catch {
    return undefined;
  }
}

/** Tables may have any name, such as `__proto__`. */
const byName = (tables: unknown) => Object.assign(Object.create(null), tables) as Record<string, IndexedTable>;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
