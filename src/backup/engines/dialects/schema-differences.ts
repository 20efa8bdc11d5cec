import type { SchemaDifference } from '../database.engine.js';

/** What every dialect's tables have in common. */
export interface ComparedTable {
  name: string;
  columns: { name: string; type: string; notNull: boolean }[];
  primaryKey: string[];
}

type Say = (table: string, column: string | null, difference: string) => void;

/**
 * What stands between the tables of a snapshot and the live ones.
 * @param others differences of a kind that only one dialect knows, in words, for a table that is in both
 */
export function compareTables<Table extends ComparedTable>(
  then: readonly Table[],
  now: readonly Table[],
  others: (then: Table, now: Table) => string[] = () => [],
): SchemaDifference[] {
  const differences: SchemaDifference[] = [];
  const say: Say = (table, column, difference) => void differences.push({ table, column, difference });
  for (const old of then) {
    const current = now.find(({ name }) => name === old.name);
    if (!current) {
      say(old.name, null, 'the table is in the snapshot but no longer in the database');
      continue;
    }
    compareColumns(old, current, say);
    if (old.primaryKey.join('\0') !== current.primaryKey.join('\0')) say(old.name, null, 'the primary key differs');
    for (const difference of others(old, current)) say(old.name, null, difference);
  }
  for (const { name } of now) {
    if (!then.some((old) => old.name === name)) say(name, null, 'the table is in the database but not in the snapshot');
  }
  return differences;
}

function compareColumns(then: ComparedTable, now: ComparedTable, say: Say): void {
  for (const column of then.columns) {
    const current = now.columns.find(({ name }) => name === column.name);
    if (!current) say(then.name, column.name, 'the column is in the snapshot but no longer in the database');
    else compareColumn(then.name, column, current, say);
  }
  for (const { name } of now.columns) {
    if (!then.columns.some((column) => column.name === name))
      say(then.name, name, 'the column is in the database but not in the snapshot');
  }
}

type ComparedColumn = ComparedTable['columns'][number];

function compareColumn(table: string, then: ComparedColumn, now: ComparedColumn, say: Say): void {
  if (then.type.toLowerCase() !== now.type.toLowerCase())
    say(table, then.name, `the type was "${then.type}" in the snapshot and is "${now.type}" now`);
  if (!then.notNull && now.notNull)
    say(table, then.name, 'the column could be null in the snapshot and is NOT NULL now');
}

/** A migration may have changed rows without changing a table: restoring older rows under it is for the caller to decide. */
export function compareMigrations(then: readonly string[], now: readonly string[]): SchemaDifference[] {
  const later = now.filter((name) => !then.includes(name));
  const missing = then.filter((name) => !now.includes(name));
  return [
    ...later.map((name) => ({
      table: '(migrations)',
      column: null,
      difference: `"${name}" ran after the snapshot was taken`,
    })),
    ...missing.map((name) => ({
      table: '(migrations)',
      column: null,
      difference: `"${name}" had run when the snapshot was taken, and has not run in the database`,
    })),
  ];
}
