import type { DatabaseInfo, SnapshotKind, TableSummary } from '../../model/manifest.js';

export interface DocumentHeader {
  id: string;
  kind: SnapshotKind;
  base: string | null;
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
  /** Gives up: closes what is open; what was written is for the caller to remove. */
  abandon(): void | Promise<void>;
}
