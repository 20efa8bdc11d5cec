import { Worker } from 'node:worker_threads';
import { asBackupError, BackupError, type BackupErrorCode } from '../../model/errors.js';
import type { FullReason } from '../../model/manifest.js';
import { ownProgram } from '../../system/own-program.js';
import type { WriterPlan } from './create-writer.js';
import { FullNeeded } from '../shared/full-needed.js';
import type { DocumentHead, TableHeader } from '../dialects/document.parts.js';
import type { DocumentSink, WrittenDocument } from './document.sink.js';

/** What the thread is told, in order. */
export type WriterRequest =
  | { do: 'begin'; header: DocumentHead }
  | { do: 'table'; header: TableHeader }
  | { do: 'rows'; lines: Uint8Array }
  | { do: 'finish' };

/** What it answers: how many bytes of rows it has dealt with, and in the end the result or the reason why there is none. */
export type WriterAnswer =
  | { type: 'written'; bytes: number }
  | { type: 'finished'; document: WrittenDocument }
  | { type: 'fullNeeded'; reason: FullReason }
  | { type: 'failed'; code: BackupErrorCode; message: string };

/** Rows on their way to the thread, at most: bounds the memory where the disk is slower than the database. */
const MOST_BYTES_UNDERWAY = 8_000_000;

/** A writer in a thread of its own: hashing and writing go on while the database prints the next rows. */
export class DocumentWriterThread implements DocumentSink {
  private readonly worker: Worker;
  private underway = 0;
  private failure: Error | null = null;
  private finished: WrittenDocument | null = null;
  private wake: () => void = () => undefined;

  constructor(plan: WriterPlan) {
    this.worker = new Worker(ownProgram(__filename, 'document.writer-thread.main.js'), { workerData: plan });
    this.worker.on('message', (answer: WriterAnswer) => this.take(answer));
    this.worker.on('error', (error) => this.fail(asBackupError(error)));
    this.worker.on('exit', () => {
      if (!this.finished)
        this.fail(new BackupError('ENGINE_FAILED', 'The thread that writes the snapshot ended before it finished.'));
    });
  }

  begin(header: DocumentHead): void {
    this.tell({ do: 'begin', header });
  }

  table(header: TableHeader): void {
    this.tell({ do: 'table', header });
  }

  async rows(lines: Buffer): Promise<void> {
    this.underway += lines.length;
    this.tell({ do: 'rows', lines }, lines);
    await this.until(() => this.underway <= MOST_BYTES_UNDERWAY);
  }

  async finish(): Promise<WrittenDocument> {
    this.tell({ do: 'finish' });
    await this.until(() => this.finished !== null);
    return this.finished!;
  }

  async abandon(): Promise<void> {
    await this.worker.terminate();
  }

  private tell(request: WriterRequest, lines?: Buffer): void {
    if (this.failure) throw this.failure;
    // Handed over rather than copied, unless the buffer is a part of a pool that others use too.
    const owned = lines?.byteLength === lines?.buffer.byteLength;
    this.worker.postMessage(request, lines && owned ? [lines.buffer as ArrayBuffer] : []);
  }

  private take(answer: WriterAnswer): void {
    if (answer.type === 'written') this.underway -= answer.bytes;
    if (answer.type === 'finished') this.finished = answer.document;
    if (answer.type === 'fullNeeded') this.failure ??= new FullNeeded(answer.reason);
    if (answer.type === 'failed') this.failure ??= new BackupError(answer.code, answer.message);
    this.wake();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  private async until(reached: () => boolean): Promise<void> {
    while (!reached()) {
      if (this.failure) throw this.failure;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.failure) throw this.failure;
  }
}
