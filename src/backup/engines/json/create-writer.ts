import { BaseDocument } from './differential/base-document.js';
import type { ChunkIndex } from './differential/chunk-index.js';
import { DifferentialWriter } from './differential/differential.writer.js';
import type { DocumentSink } from './document.sink.js';
import { FullWriter } from './document.writer.js';

/** What is to be written, in words that can be sent to a thread. */
export type WriterPlan =
  | { kind: 'full'; path: string; indexPath: string }
  | { kind: 'differential'; path: string; basePath: string; index: ChunkIndex; limitBytes: number };

export function createWriter(plan: WriterPlan): DocumentSink {
  if (plan.kind === 'full') return new FullWriter(plan.path, plan.indexPath);
  return new DifferentialWriter(plan.path, new BaseDocument(plan.basePath, plan.index), plan.limitBytes);
}
