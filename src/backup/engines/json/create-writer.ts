import { BaseDocument } from './differential/base-document.js';
import type { ChunkIndex } from './differential/chunk-index.js';
import { DifferentialWriter } from './differential/differential.writer.js';
import type { DocumentSink } from './document.sink.js';
import { FullWriter } from './document.writer.js';

/** What is to be written, in words that can be sent to a thread. */
export type WriterPlan =
  | { kind: 'full'; path: string; indexPath: string; codec: string | undefined }
  | {
      kind: 'differential';
      path: string;
      base: { path: string; codec: string | undefined; index: ChunkIndex };
      limitBytes: number;
      codec: string | undefined;
    };

export function createWriter(plan: WriterPlan): DocumentSink {
  if (plan.kind === 'full') return new FullWriter(plan.path, plan.indexPath, plan.codec);
  const { path, base, limitBytes, codec } = plan;
  return new DifferentialWriter(path, new BaseDocument(base.path, base.index, base.codec), limitBytes, codec);
}
