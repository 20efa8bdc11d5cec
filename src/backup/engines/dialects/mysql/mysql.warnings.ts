import type { SnapshotWarning } from '../../../model/snapshot-warning.js';

/** @param tables those whose engines have no transactions */
export const notOneMoment = (tables: readonly string[]): SnapshotWarning => ({
  code: 'not_one_moment',
  message: `${tables.map((name) => `"${name}"`).join(', ')} may be of a later moment than the rest: their engines have no transactions, and the account may not lock them. Grant it LOCK TABLES.`,
});
