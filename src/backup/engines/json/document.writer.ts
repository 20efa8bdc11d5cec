import { createHash, type Hash } from 'node:crypto';
import { closeSync, writeFileSync } from 'node:fs';
import type { TableSummary } from '../../model/manifest.js';
import { serialiseIndex, type IndexedTable } from './differential/chunk-index.js';
import { Chunker, type Chunk } from './differential/chunker.js';
import { openForWriting } from '../shared/open-for-writing.js';
import { DocumentFile } from './document.file.js';
import type { DocumentHead, TableHeader } from '../dialects/document.parts.js';
import type { DocumentSink, WrittenDocument } from './document.sink.js';
import { END_OF_ROWS, tableText } from './document.text.js';

/** Writes a full snapshot document (docs/formats.md), hashing the file and each table on the way, and the index of its chunks. */
export class FullWriter implements DocumentSink {
  private readonly file: DocumentFile;
  private readonly tables: [string, TableSummary][] = [];
  private readonly indexed: Record<string, IndexedTable> = Object.create(null) as Record<string, IndexedTable>;
  private current: OpenTable | null = null;

  /** @param indexPath where the chunk index goes */
  constructor(
    path: string,
    private readonly indexPath: string,
    codec?: string,
  ) {
    this.file = new DocumentFile(path, codec);
  }

  begin(header: DocumentHead): void {
    this.file.head(header);
  }

  table(header: TableHeader): void {
    this.closeTable();
    this.file.text(tableText(header, this.tables.length === 0));
    const indexed = { offset: this.file.length + 1, chunks: [] };
    this.current = { name: header.name, digest: createHash('sha256'), rows: 0, chunker: new Chunker(), indexed };
  }

  rows(lines: Buffer): void {
    const table = this.current!;
    table.digest.update(lines);
    table.rows = this.file.rows(lines, table.rows);
    for (const chunk of table.chunker.push(lines)) table.indexed.chunks.push(entryOf(chunk));
  }

  finish(): WrittenDocument {
    this.closeTable();
    const written = this.file.finish();
    const { checksum, encoding } = written;
    const blocks = encoding?.blocks;
    // Not fsynced: an index that a power failure spoils is noticed, and costs one full capture.
    const index = openForWriting(this.indexPath);
    writeFileSync(index, serialiseIndex({ checksum, ...(blocks && { blocks }), tables: this.indexed }));
    closeSync(index);
    return { ...written, tables: Object.fromEntries(this.tables) };
  }

  abandon(): void {
    this.file.abandon();
  }

  private closeTable(): void {
    if (!this.current) return;
    const { name, digest, rows, chunker, indexed } = this.current;
    const last = chunker.end();
    if (last) indexed.chunks.push(entryOf(last));
    this.indexed[name] = indexed;
    this.file.text(END_OF_ROWS);
    this.tables.push([name, { rows, sha256: digest.digest('hex') }]);
    this.current = null;
  }
}

interface OpenTable {
  name: string;
  digest: Hash;
  rows: number;
  chunker: Chunker;
  indexed: IndexedTable;
}

const entryOf = ({ rows, lines, hash }: Chunk): IndexedTable['chunks'][number] => [rows, lines.length, hash];
