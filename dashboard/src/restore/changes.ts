import type { SchemaDifference, TableComparison } from '../api/types.js';
import type { Texts } from '../texts/index.js';

type Counts = Pick<TableComparison, 'inserted' | 'updated' | 'deleted'>;

/** Whether a restore leaves every row of a table as it is. What could not be compared counts as changed. */
export const isUnchanged = ({ comparable, inserted, updated, deleted }: TableComparison): boolean =>
  comparable && !inserted && !updated && !deleted;

/** `12 rows come back, 3 rows change`; empty where nothing does. */
export function inWords({ inserted, updated, deleted }: Counts, texts: Texts['restore']['changes']): string {
  return [
    inserted ? texts.inserted(inserted) : '',
    updated ? texts.updated(updated) : '',
    deleted ? texts.deleted(deleted) : '',
  ]
    .filter(Boolean)
    .join(', ');
}

/** What happens to one table, in words. */
export function changeOf(table: TableComparison, texts: Texts['restore']['changes']): string {
  if (!table.comparable) return texts.notComparable;
  return inWords(table, texts) || texts.same;
}

/** The changes of several tables together. */
export function totalOf(tables: readonly TableComparison[]): Counts {
  const sum = (field: keyof Counts) => tables.reduce((total, table) => total + (table[field] ?? 0), 0);
  return { inserted: sum('inserted'), updated: sum('updated'), deleted: sum('deleted') };
}

/** Those that concern the tables that are to be restored. */
export const differencesOf = (
  differences: readonly SchemaDifference[],
  tables: readonly string[] | null,
): SchemaDifference[] => differences.filter(({ table }) => tables === null || tables.includes(table));
