import type { Comparison, TableComparison } from '../../backup/internals.js';
import { table } from './table.js';
import { countInWords } from './units.js';

/** The tables that a comparison found different, one line each. */
export function changesInWords({ tables }: Pick<Comparison, 'tables'>, width: number | undefined): string {
  const changed = tables.filter(isChanged);
  if (changed.length === 0) return `No differences in ${tables.length} tables.`;
  return table(
    [
      { title: 'TABLE', value: ({ table: name }) => name },
      { title: 'BEFORE', value: ({ rows_before }) => count(rows_before), align: 'right' },
      { title: 'AFTER', value: ({ rows_after }) => count(rows_after), align: 'right' },
      { title: 'INSERTED', value: ({ inserted }) => count(inserted), align: 'right' },
      { title: 'UPDATED', value: ({ updated }) => count(updated), align: 'right' },
      { title: 'DELETED', value: ({ deleted }) => count(deleted), align: 'right' },
      { title: 'COLUMNS', value: columnsInWords, flexible: true },
    ],
    changed,
    width,
  );
}

export const isChanged = (found: TableComparison): boolean =>
  !found.comparable ||
  found.rows_before === null ||
  found.rows_after === null ||
  [found.inserted, found.updated, found.deleted].some((changes) => (changes ?? 0) > 0) ||
  columnsInWords(found) !== '';

const columnsInWords = ({ columns_only_before, columns_only_after }: TableComparison): string =>
  [...columns_only_before.map((name) => `-${name}`), ...columns_only_after.map((name) => `+${name}`)].join(' ');

const count = (rows: number | null): string => (rows === null ? '-' : countInWords(rows));
