import { parentPort, workerData } from 'node:worker_threads';
import { asBackupError } from '../../model/errors.js';
import type { WriterAnswer, WriterRequest } from './document.writer-thread.js';
import { DocumentWriter } from './document.writer.js';

const parent = parentPort!;
const answer = (message: WriterAnswer): void => parent.postMessage(message);

try {
  const writer = new DocumentWriter((workerData as { path: string }).path);
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

function carryOut(writer: DocumentWriter, request: WriterRequest): void {
  switch (request.do) {
    case 'begin':
      return writer.begin(request.header);
    case 'table':
      return writer.table(request.header);
    case 'rows':
      writer.rows(Buffer.from(request.lines.buffer, request.lines.byteOffset, request.lines.byteLength));
      return answer({ type: 'written', bytes: request.lines.byteLength });
    case 'finish':
      answer({ type: 'finished', document: writer.finish() });
      return parent.close();
  }
}

function giveUp(error: unknown): void {
  const { code, message } = asBackupError(error);
  answer({ type: 'failed', code, message });
  parent.close();
}
