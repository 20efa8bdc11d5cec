import type { DatabaseInfo, SnapshotKind } from '../../model/manifest.js';

/** What a document says before its tables. */
export interface DocumentHead {
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

export interface DocumentTable extends TableHeader {
  part: 'table';
}

/** The content of a snapshot of a database as a sequence of its parts, in the order they stand in a JSON document. */
export type DocumentPart =
  | ({ part: 'head' } & DocumentHead)
  | DocumentTable
  /** Whole rows of the table before, joined by `,` and LF as they stand in the file; at least one. */
  | { part: 'rows'; rows: Buffer }
  | { part: 'end' };
