import { plainText } from './plain-text.js';

type Row = Record<string, unknown>;
interface ChangedRow {
  kind: 'inserted' | 'updated' | 'deleted';
  before: Row | null;
  after: Row | null;
}
interface Page {
  table: string;
  offset: number;
  total: number;
  rows: ChangedRow[];
}

const SIGNS = { inserted: '+', updated: '~', deleted: '-' } as const;

/** One line for each changed row: what came, what went, and of a changed one what it was and is. @param json as the operation streams it */
export function changedRowsInWords(json: string): string {
  const { table, offset, total, rows } = JSON.parse(keepingDigits(json)) as Page;
  const left = total - offset - rows.length;
  return [
    total === 0
      ? `No differences in ${plainText(table)}.`
      : `${total} ${total === 1 ? 'row' : 'rows'} of ${plainText(table)} differ:`,
    ...rows.map((row) => `${SIGNS[row.kind]} ${plainText(inWords(row))}`),
    ...(left > 0 ? [`${left} more; --offset ${offset + rows.length} shows the next.`] : []),
  ].join('\n');
}

function inWords({ before, after }: ChangedRow): string {
  if (before === null || after === null) return cells(Object.entries(after ?? before ?? {}));
  const columns = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const same = columns.filter((column) => cell(before[column]) === cell(after[column]));
  const changed = columns.filter((column) => !same.includes(column));
  const what = changed.map((column) => `${column}: ${cell(before[column])} -> ${cell(after[column])}`).join(', ');
  return `${what}  (${cells(same.map((column) => [column, after[column]]))})`;
}

const cells = (entries: readonly [string, unknown][]): string =>
  entries.map(([column, value]) => `${column}=${cell(value)}`).join(' ');

const cell = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));

/** A number with more digits than JavaScript holds becomes text: what is shown must be what is stored. */
const keepingDigits = (json: string): string =>
  json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : JSON.stringify(token),
  );
