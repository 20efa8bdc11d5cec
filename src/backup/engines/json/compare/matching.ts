import type { TableHeader } from '../../dialects/document.parts.js';

/** How the rows of a table on two sides are told to be the same, and to be equal. */
export interface Matching {
  /** The columns that say which row it is; null where the row as a whole does. */
  key: string[] | null;
  /** The columns that are compared; null for the row as it is printed. */
  columns: string[] | null;
  onlyBefore: string[];
  onlyAfter: string[];
}

type Columns = Pick<TableHeader, 'columns' | 'primaryKey'>;

/** @returns null where the two have no column in common */
export function matchingOf(before: Columns, after: Columns): Matching | null {
  const namesBefore = before.columns.map(({ name }) => name);
  const namesAfter = after.columns.map(({ name }) => name);
  const shared = namesBefore.filter((name) => namesAfter.includes(name));
  const sameColumns = isSameList(namesBefore, namesAfter);
  if (shared.length === 0 && !sameColumns) return null;
  const hasKey = before.primaryKey.length > 0 && isSameList(before.primaryKey, after.primaryKey);
  return {
    key: hasKey ? before.primaryKey : null,
    columns: sameColumns ? null : shared,
    onlyBefore: namesBefore.filter((name) => !shared.includes(name)),
    onlyAfter: namesAfter.filter((name) => !shared.includes(name)),
  };
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, n) => name === b[n]);
