import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';
import type { DatabaseInfo, TableSummary } from '../../model/manifest.js';
import { FILE_MODE } from '../../system/atomic-file.js';

const LF = 0x0a;
const BUFFER_BYTES = 1024 * 1024;
const LINE_BREAK = Buffer.from('\n');
const BETWEEN_ROWS = Buffer.from(',\n');

export interface DocumentHeader {
  id: string;
  created_at: string;
  database: DatabaseInfo;
}

export interface TableHeader {
  name: string;
  columns: { name: string; type: string }[];
  primaryKey: string[];
}

export interface WrittenDocument {
  sizeBytes: number;
  checksum: string;
  tables: Record<string, TableSummary>;
}

/** What a capture needs of a writer, whether it works here or in a thread of its own. */
export interface DocumentSink {
  begin(header: DocumentHeader): void;
  /** Opens the next table; its rows follow in any number of pieces. */
  table(header: TableHeader): void;
  /** @param lines whole row lines, each ending with one LF; not touched again by the caller */
  rows(lines: Buffer): void | Promise<void>;
  /** Everything is on disk when this is done. */
  finish(): WrittenDocument | Promise<WrittenDocument>;
}

/**
 * Writes a full snapshot document (docs/formats.md) and hashes, on the way, the file and each table. Synchronous on purpose: it has a process
 * of its own, where a write that returns at once would only pile up memory.
 */
export class DocumentWriter implements DocumentSink {
  private readonly file: number;
  private readonly checksum = createHash('sha256');
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private used = 0;
  private written = 0;
  private readonly tables: [string, TableSummary][] = [];
  private current: { name: string; digest: Hash; rows: number } | null = null;

  constructor(path: string) {
    this.file = openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
      FILE_MODE,
    );
  }

  begin({ id, created_at, database }: DocumentHeader): void {
    this.text('{\n');
    this.text(`"format":"nestjs-backup/snapshot","version":1,"id":${JSON.stringify(id)},"kind":"full","base":null,\n`);
    this.text(`"created_at":${JSON.stringify(created_at)},\n`);
    this.text(`"database":${JSON.stringify(database)},\n`);
    this.text('"tables":{');
  }

  table({ name, columns, primaryKey }: TableHeader): void {
    this.closeTable();
    this.text(this.tables.length === 0 ? '\n' : ',\n');
    const header = JSON.stringify({ columns, primary_key: primaryKey });
    this.text(`${JSON.stringify(name)}:${header.slice(0, -1)},"rows":[`);
    this.current = { name, digest: createHash('sha256'), rows: 0 };
  }

  rows(lines: Buffer): void {
    const table = this.current!;
    table.digest.update(lines);
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf(LF, start);
      this.bytes(table.rows++ === 0 ? LINE_BREAK : BETWEEN_ROWS);
      this.bytes(lines.subarray(start, end));
      start = end + 1;
    }
  }

  finish(): WrittenDocument {
    this.closeTable();
    this.text('\n}\n}\n');
    this.flush();
    fsyncSync(this.file);
    closeSync(this.file);
    return { sizeBytes: this.written, checksum: this.checksum.digest('hex'), tables: Object.fromEntries(this.tables) };
  }

  private closeTable(): void {
    if (!this.current) return;
    const { name, digest, rows } = this.current;
    this.text('\n]}');
    this.tables.push([name, { rows, sha256: digest.digest('hex') }]);
    this.current = null;
  }

  private text(text: string): void {
    this.bytes(Buffer.from(text, 'utf8'));
  }

  private bytes(bytes: Buffer): void {
    if (bytes.length > this.buffer.length - this.used) this.flush();
    if (bytes.length > this.buffer.length) this.writeOut(bytes);
    else this.used += bytes.copy(this.buffer, this.used);
  }

  private flush(): void {
    this.writeOut(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  private writeOut(bytes: Buffer): void {
    this.checksum.update(bytes);
    for (let done = 0; done < bytes.length;) done += writeSync(this.file, bytes, done);
    this.written += bytes.length;
  }
}
