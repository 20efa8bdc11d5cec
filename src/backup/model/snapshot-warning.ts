/** What a capture found that a person should know, though the snapshot holds what could be read. */
export const SNAPSHOT_WARNING_CODES = [
  /** Something that was to be captured could not be read, and is not in the snapshot. */
  'incomplete',
  /** All or nearly all files that the last snapshot of the plan had are gone. */
  'lost_files',
  /** All or nearly all rows that the last snapshot of the plan had are gone. */
  'lost_rows',
  /** The database failed its own integrity check. */
  'source_damaged',
  /** Some tables may be of another moment than the rest: their storage engine has no transactions. */
  'not_one_moment',
] as const;
export type SnapshotWarningCode = (typeof SNAPSHOT_WARNING_CODES)[number];

export interface SnapshotWarning {
  /** One of {@link SNAPSHOT_WARNING_CODES}; later versions may know more. */
  code: string;
  /** For people: what was found, of which thing. */
  message: string;
}
