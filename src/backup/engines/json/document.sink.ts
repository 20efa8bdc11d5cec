import type { TableSummary } from '../../model/manifest.js';
import type { WrittenFile } from '../shared/document.output.js';
import type { DocumentHead, TableHeader } from '../dialects/document.parts.js';

export interface WrittenDocument extends WrittenFile {
  tables: Record<string, TableSummary>;
}

/** What a capture needs of a writer, whether it works here or in a thread of its own. */
export interface DocumentSink {
  begin(header: DocumentHead): void;
  /** Opens the next table; its rows follow in any number of pieces. */
  table(header: TableHeader): void;
  /** @param lines whole row lines, each ending with one LF; not touched again by the caller */
  rows(lines: Buffer): void | Promise<void>;
  /** Everything is on disk when this is done. */
  finish(): WrittenDocument | Promise<WrittenDocument>;
  /** Gives up: closes what is open; what was written is for the caller to remove. */
  abandon(): void | Promise<void>;
}
