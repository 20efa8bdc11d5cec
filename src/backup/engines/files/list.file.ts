import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { openForWriting } from '../shared/open-for-writing.js';

const BUFFER_BYTES = 1024 * 1024;

/** Lines on their way into a file that is read again soon. Synchronous on purpose: it lives in a process of its own. */
export class LineFile {
  private file: number | null;
  private readonly hash = createHash('sha256');
  private lines: string[] = [];
  private pending = 0;
  private written = 0;

  constructor(readonly path: string) {
    this.file = openForWriting(path);
  }

  write(line: string): void {
    this.lines.push(line);
    this.pending += line.length + 1;
    if (this.pending >= BUFFER_BYTES) this.flush();
  }

  /** Closes the file. */
  finish(): { size: number; sha256: string } {
    this.flush();
    this.close();
    return { size: this.written, sha256: this.hash.digest('hex') };
  }

  /** Closes the file as it is, if it is still open. */
  close(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }

  private flush(): void {
    if (this.lines.length === 0) return;
    const bytes = Buffer.from(`${this.lines.join('\n')}\n`);
    this.lines = [];
    this.pending = 0;
    this.hash.update(bytes);
    writeFully(this.file!, bytes, this.written);
    this.written += bytes.length;
  }
}

export function writeFully(file: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

/** A file in pieces that are valid until the next one. */
export function* piecesOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) yield buffer.subarray(0, read);
  } finally {
    closeSync(file);
  }
}
