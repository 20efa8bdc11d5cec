import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';
import type { DatabaseInfo, TableSummary } from '../../model/manifest.js';
import { FILE_MODE } from '../../system/atomic-file.js';
import type { CapturedTable } from './dialect.js';

const LF = 0x0a;
const COMMA = 0x2c;
const BUFFER_BYTES = 1024 * 1024;

export interface DocumentHeader {
  id: string;
  created_at: string;
  database: DatabaseInfo;
}

/**
 * Writes a full snapshot document (docs/formats.md) and hashes, on the way, the file and each table. Synchronous on purpose: it has a process
 * of its own, where a write that returns at once would only pile up memory.
 */
export class DocumentWriter {
  private readonly file: number;
  private readonly checksum = createHash('sha256');
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private used = 0;
  private written = 0;
  private tablesWritten = 0;

  constructor(path: string) {
    this.file = openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
      FILE_MODE,
    );
  }

  get sizeBytes(): number {
    return this.written + this.used;
  }

  begin({ id, created_at, database }: DocumentHeader): void {
    this.text('{\n');
    this.text(`"format":"nestjs-backup/snapshot","version":1,"id":${JSON.stringify(id)},"kind":"full","base":null,\n`);
    this.text(`"created_at":${JSON.stringify(created_at)},\n`);
    this.text(`"database":${JSON.stringify(database)},\n`);
    this.text('"tables":{');
  }

  /** Opens a table; its rows follow in any number of pieces. */
  table({ name, columns, primaryKey }: Pick<CapturedTable, 'name' | 'columns' | 'primaryKey'>): TableWriter {
    this.text(this.tablesWritten++ === 0 ? '\n' : ',\n');
    const header = { columns, primary_key: primaryKey };
    this.text(`${JSON.stringify(name)}:${JSON.stringify(header).slice(0, -1)},"rows":[`);
    return new TableWriter(this);
  }

  /** Closes the document; everything is on disk when this returns. */
  finish(): { sizeBytes: number; checksum: string } {
    this.text('\n}\n}\n');
    this.flush();
    fsyncSync(this.file);
    closeSync(this.file);
    return { sizeBytes: this.written, checksum: this.checksum.digest('hex') };
  }

  text(text: string): void {
    this.bytes(Buffer.from(text, 'utf8'));
  }

  bytes(bytes: Buffer): void {
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

/** The rows of one table on their way into the document. */
export class TableWriter {
  private readonly digest: Hash = createHash('sha256');
  private rows = 0;

  constructor(private readonly document: DocumentWriter) {}

  /** @param lines whole row lines, each ending with one LF */
  write(lines: Buffer): void {
    this.digest.update(lines);
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf(LF, start);
      this.document.bytes(this.rows++ === 0 ? LINE_BREAK : BETWEEN_ROWS);
      this.document.bytes(lines.subarray(start, end));
      start = end + 1;
    }
  }

  finish(): TableSummary {
    this.document.text('\n]}');
    return { rows: this.rows, sha256: this.digest.digest('hex') };
  }
}

const LINE_BREAK = Buffer.from([LF]);
const BETWEEN_ROWS = Buffer.from([COMMA, LF]);
