import { createHash } from 'node:crypto';
import type { TaskContext } from '../../system/child-task-server.js';
import type { RestorePlan } from './dialect.js';
import { corruptDocument, restoreMismatch } from './restore.errors.js';

/** A table on its way back: what its rows came to, and how they are proved. */
export interface FilledTable {
  /** Those that the snapshot can fill. */
  columns: string[];
  /** Whether the digest can prove it: nothing that the snapshot holds was left out or changes its type. */
  provable: boolean;
  rows: number;
}

interface Column {
  name: string;
  type: string;
}

export const isChosen = ({ tables }: RestorePlan, table: string): boolean => tables === null || tables.includes(table);

/** How many rows the snapshot holds, one at least. */
export const rowsPromised = ({ manifest }: RestorePlan): number =>
  Math.max(
    1,
    Object.values(manifest.tables).reduce((sum, { rows }) => sum + rows, 0),
  );

/** As a restore answers. */
export const rowCounts = (tables: ReadonlyMap<string, FilledTable>): Record<string, { rows: number }> =>
  Object.fromEntries([...tables].map(([name, { rows }]) => [name, { rows }] as const));

/** @param id as the document says */
export function assertSameSnapshot({ manifest }: RestorePlan, id: string): void {
  if (id !== manifest.id) throw corruptDocument(manifest.id, `it says that it is "${id}"`);
}

/**
 * The document repeats what the manifest says; only a damaged one differs.
 * @param promised the columns of the manifest
 * @param found those of the document; their types are compared where the manifest knows them in the same words
 */
export function assertSameColumns(
  { manifest }: RestorePlan,
  table: string,
  promised: readonly (Pick<Column, 'name'> & Partial<Column>)[],
  found: readonly Column[],
): void {
  const same =
    promised.length === found.length &&
    promised.every(({ name, type }, n) => name === found[n]?.name && (type === undefined || type === found[n].type));
  if (!same) throw corruptDocument(manifest.id, `its table "${table}" has other columns than the manifest says`);
}

/** Which columns of the document a table still has. @param warn told of those that it has not */
export function columnsToFill(
  table: string,
  columns: readonly Column[],
  live: readonly Pick<Column, 'name'>[],
  warn: (sentence: string) => void,
): string[] {
  const isThere = ({ name }: Column) => live.some((column) => column.name === name);
  const left = columns.filter((column) => !isThere(column)).map(({ name }) => `"${name}"`);
  if (left.length > 0) warn(`Table "${table}" no longer has ${left.join(', ')}; those values were left out.`);
  return columns.filter(isThere).map(({ name }) => name);
}

/** @param names of the tables that the document had to hold */
export function assertAllFilled(
  { manifest }: RestorePlan,
  names: readonly string[],
  filled: ReadonlyMap<string, unknown>,
): void {
  const left = names.filter((name) => !filled.has(name));
  if (left.length > 0)
    throw corruptDocument(manifest.id, `it lacks tables that the manifest lists: ${left.join(', ')}`);
}

/**
 * The proof: what the database now prints is what was captured.
 * @param linesOf the rows of a table as they are now
 * @returns a sentence for each table that could not be compared
 */
export async function proveTables<Table extends FilledTable>(
  { manifest }: RestorePlan,
  tables: ReadonlyMap<string, Table>,
  linesOf: (table: Table) => AsyncIterable<Buffer> | Iterable<Buffer>,
  context: TaskContext,
): Promise<string[]> {
  const warnings: string[] = [];
  let checked = 0;
  for (const [name, table] of tables) {
    context.report({ stage: 'check', progress: 0.6 + (0.4 * checked++) / tables.size });
    const promised = manifest.tables[name];
    if (!promised) continue;
    if (table.rows !== promised.rows) throw restoreMismatch(name, `${table.rows} rows instead of ${promised.rows}`);
    if (!table.provable) warnings.push(`Table "${name}" has another schema now: its rows were counted, not compared.`);
    else if ((await digest(linesOf(table), context)) !== promised.sha256)
      throw restoreMismatch(name, 'its rows differ from those that were captured');
  }
  return warnings;
}

async function digest(lines: AsyncIterable<Buffer> | Iterable<Buffer>, context: TaskContext): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of lines) {
    hash.update(piece);
    await context.breathe();
  }
  return hash.digest('hex');
}
