import Database from 'better-sqlite3';
import type { DatabaseManifest } from '../../../model/manifest.js';
import type { SchemaDifference } from '../../snapshot.engine.js';
import { compareMigrations, compareTables } from '../schema-differences.js';
import type { Connection } from './sqlite.connection.js';
import { describeSchema, readLayouts, SEQUENCE_TABLE, type TableLayout } from './sqlite.schema.js';

/** The tables as they were when the snapshot was taken, told by building its schema in memory from the manifest's statements. */
export function layoutsOfManifest(manifest: DatabaseManifest, migrationsTable: string): TableLayout[] {
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
  manifest: DatabaseManifest,
  migrationsTable: string,
  chosen: readonly string[] | null,
): SchemaDifference[] {
  const concerned = ({ name }: TableLayout) => name !== SEQUENCE_TABLE && (chosen === null || chosen.includes(name));
  const now = readLayouts(live, migrationsTable);
  const then = layoutsOfManifest(manifest, migrationsTable);
  return [
    ...compareTables(then.filter(concerned), now.filter(concerned), otherDifferences),
    ...compareMigrations(manifest.schema.migrations, describeSchema(live, now, migrationsTable).migrations),
  ];
}

function otherDifferences(then: TableLayout, now: TableLayout): string[] {
  if (then.organisation !== now.organisation || then.strict !== now.strict)
    return ['the table is organised in another way'];
  if (then.organisation === 'without-rowid' && then.order !== now.order)
    return ['the primary key is sorted in another way'];
  return [];
}
