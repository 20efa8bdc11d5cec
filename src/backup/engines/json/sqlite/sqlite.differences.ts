import Database from 'better-sqlite3';
import type { Manifest } from '../../../model/manifest.js';
import type { SchemaDifference } from '../../snapshot.engine.js';
import type { Connection } from './sqlite.connection.js';
import { describeSchema, readLayouts, SEQUENCE_TABLE, type ColumnLayout, type TableLayout } from './sqlite.schema.js';

/** The tables as they were when the snapshot was taken, told by building its schema in memory from the manifest's statements. */
export function layoutsOfManifest(manifest: Manifest, migrationsTable: string): TableLayout[] {
  const scratch = new Database(':memory:');
  try {
    // Virtual tables first, since they bring their shadow tables: after a VACUUM the database lists those before them.
    for (const kind of [/^\s*CREATE\s+VIRTUAL\s/i, /^\s*CREATE\s+TABLE\b/i])
      for (const sql of manifest.schema.ddl) if (kind.test(sql)) createIfPossible(scratch, sql);
    return readLayouts(scratch, migrationsTable);
  } finally {
    scratch.close();
  }
}

/** `sqlite_sequence` and the shadow tables of virtual ones come by themselves, and a module that is not there held nothing we captured. */
function createIfPossible(scratch: Connection, sql: string): void {
  try {
    scratch.prepare(sql).run(); // one statement only: a manifest is data
  } catch {
    // what could not be built is reported as a difference if anything needs it
  }
}

/** What stands between a snapshot and the live schema. Chosen tables only, where the caller restores only those. */
export function schemaDifferences(
  live: Connection,
  manifest: Manifest,
  migrationsTable: string,
  chosen: readonly string[] | null,
): SchemaDifference[] {
  const concerned = ({ name }: TableLayout) => name !== SEQUENCE_TABLE && (chosen === null || chosen.includes(name));
  const now = readLayouts(live, migrationsTable);
  const then = layoutsOfManifest(manifest, migrationsTable);
  return [
    ...compareTables(then.filter(concerned), now.filter(concerned)),
    ...compareMigrations(manifest.schema.migrations, describeSchema(live, now, migrationsTable).migrations),
  ];
}

function compareTables(then: TableLayout[], now: TableLayout[]): SchemaDifference[] {
  const differences: SchemaDifference[] = [];
  const say = (table: string, column: string | null, difference: string) =>
    differences.push({ table, column, difference });
  for (const old of then) {
    const current = now.find(({ name }) => name === old.name);
    if (current) compareTable(old, current, say);
    else say(old.name, null, 'the table is in the snapshot but no longer in the database');
  }
  for (const { name } of now) {
    if (!then.some((old) => old.name === name)) say(name, null, 'the table is in the database but not in the snapshot');
  }
  return differences;
}

function compareTable(
  then: TableLayout,
  now: TableLayout,
  say: (table: string, column: string | null, difference: string) => void,
): void {
  for (const column of then.columns) {
    const current = now.columns.find(({ name }) => name === column.name);
    if (!current) say(then.name, column.name, 'the column is in the snapshot but no longer in the database');
    else compareColumn(then.name, column, current, say);
  }
  for (const { name } of now.columns) {
    if (!then.columns.some((column) => column.name === name))
      say(then.name, name, 'the column is in the database but not in the snapshot');
  }
  if (then.primaryKey.join('\0') !== now.primaryKey.join('\0')) say(then.name, null, 'the primary key is another one');
  if (then.organisation !== now.organisation || then.strict !== now.strict)
    say(then.name, null, 'the table is organised in another way');
  else if (then.organisation === 'without-rowid' && then.order !== now.order)
    say(then.name, null, 'the primary key is sorted in another way');
}

function compareColumn(
  table: string,
  then: ColumnLayout,
  now: ColumnLayout,
  say: (table: string, column: string | null, difference: string) => void,
): void {
  if (then.type.toLowerCase() !== now.type.toLowerCase()) {
    say(table, then.name, `the type was "${then.type}" in the snapshot and is "${now.type}" now`);
  }
  if (!then.notNull && now.notNull)
    say(table, then.name, 'the column could be null in the snapshot and cannot any more');
}

/** A migration may have changed rows without changing a table: restoring older rows under it is for the caller to decide. */
function compareMigrations(then: readonly string[], now: readonly string[]): SchemaDifference[] {
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
      difference: `"${name}" had run when the snapshot was taken and has not in the database`,
    })),
  ];
}
