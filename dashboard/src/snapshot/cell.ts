export interface Cell {
  text: string;
  /** Told apart from text that reads the same: `NULL` in a cell may be either. */
  kind: 'null' | 'number' | 'text' | 'bytes';
}

/** A value of a row for people. What JSON has no type for stands in a document as `{"$hex":"00FF"}` and the like. */
export function cell(value: unknown): Cell {
  if (value === null || value === undefined) return { text: 'NULL', kind: 'null' };
  if (typeof value === 'number' || typeof value === 'boolean') return { text: String(value), kind: 'number' };
  if (typeof value === 'string') return { text: value, kind: 'text' };
  const [entry, ...others] = Object.entries(value);
  if (entry && others.length === 0 && entry[0].startsWith('$')) return { text: String(entry[1]), kind: 'bytes' };
  return { text: JSON.stringify(value), kind: 'text' };
}

export const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The columns of these rows, in the order in which they are first seen. */
export const columnsOf = (rows: readonly Record<string, unknown>[]): string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];
