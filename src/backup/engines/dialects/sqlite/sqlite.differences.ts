import type { DatabaseManifest } from '../../../model/manifest.js';
import type { SchemaDifference } from '../../database.engine.js';
import { compareMigrations, compareTables } from '../schema-differences.js';
import type { Connection } from './sqlite.connection.js';
import { comparePragmas, readPragmas } from './sqlite.pragmas.js';
import { describeSchema, readLayouts, SEQUENCE_TABLE, type TableLayout } from './sqlite.schema.js';
import { declareSchema, type SchemaObject } from './sqlite.snapshot-schema.js';

/** The tables as they were when the snapshot was taken, told by building its schema in memory from the manifest's statements. */
export function schemaOfManifest(
  { schema }: DatabaseManifest,
  migrationsTable: string,
): { layouts: TableLayout[]; objects: SchemaObject[] } {
  const { scratch, objects } = declareSchema(schema.ddl);
  try {
    return { layouts: readLayouts(scratch, migrationsTable), objects };
  } finally {
    scratch.close();
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
  const then = schemaOfManifest(manifest, migrationsTable).layouts;
  return [
    ...compareTables(then.filter(concerned), now.filter(concerned), otherDifferences),
    ...comparePragmas(manifest.schema.pragmas, readPragmas(live)),
    ...compareMigrations(manifest.schema.migrations, describeSchema(live, now, migrationsTable).migrations),
  ];
}

function otherDifferences(then: TableLayout, now: TableLayout): string[] {
  if (then.organisation !== now.organisation || then.strict !== now.strict)
    return ['the table is organised differently'];
  if (then.organisation === 'without-rowid' && then.order !== now.order)
    return ['the primary key is sorted differently'];
  return [];
}
