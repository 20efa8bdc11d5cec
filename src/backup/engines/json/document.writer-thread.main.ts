import { parentPort, workerData } from 'node:worker_threads';
import { asBackupError } from '../../model/errors.js';
import type { WriterAnswer, WriterRequest } from './document.writer-thread.js';
import { createWriter, type WriterPlan } from './create-writer.js';
import { FullNeeded } from '../shared/full-needed.js';
import type { DocumentSink, WrittenDocument } from './document.sink.js';

const parent = parentPort!;
const answer = (message: WriterAnswer): void => parent.postMessage(message);

try {
  const writer = createWriter(workerData as WriterPlan);
  parent.on('message', (request: WriterRequest) => {
    try {
      carryOut(writer, request);
    } catch (error) {
      giveUp(error);
    }
  });
} catch (error) {
  giveUp(error);
}

function carryOut(writer: DocumentSink, request: WriterRequest): void {
  switch (request.do) {
    case 'begin':
      return writer.begin(request.header);
    case 'table':
      return writer.table(request.header);
    case 'rows':
      void writer.rows(Buffer.from(request.lines.buffer, request.lines.byteOffset, request.lines.byteLength));
      return answer({ type: 'written', bytes: request.lines.byteLength });
    case 'finish':
      answer({ type: 'finished', document: writer.finish() as WrittenDocument });
      return parent.close();
  }
}

function giveUp(error: unknown): void {
  if (error instanceof FullNeeded) answer({ type: 'fullNeeded', reason: error.reason });
  const { code, message } = asBackupError(error);
  answer({ type: 'failed', code, message });
  parent.close();
}
