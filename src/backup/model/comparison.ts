/** Which state one side is. Wire shape. */
export interface StateName {
  /** Of a snapshot; `now` for the live database. */
  id: string;
  /** ISO 8601, UTC. */
  at: string;
}

/** What became of the rows of one table. Wire shape. */
export interface TableComparison {
  table: string;
  /** Null where that side has no such table. */
  rows_before: number | null;
  rows_after: number | null;
  /** False where both sides have the table but no column in common: then nothing is counted. */
  comparable: boolean;
  inserted: number | null;
  updated: number | null;
  deleted: number | null;
  /** How rows were told to be the same: by their primary key, or as a whole, where there are no updates; null where no row had to be looked at. */
  matched_by: 'primary_key' | 'row' | null;
  /** Columns that only one side has; they are left out of the comparison. */
  columns_only_before: string[];
  columns_only_after: string[];
}

/** Wire shape. */
export interface Comparison {
  before: StateName;
  after: StateName;
  /** Every table of either side, in byte order of their names. */
  tables: TableComparison[];
}
