import type { DatabaseManifest } from '../../../model/manifest.js';
import type { SchemaDifference } from '../../database.engine.js';
import { compareMigrations, compareTables, type ComparedTable } from '../schema-differences.js';
import type { MigrationsTable, TableLayout } from './postgres.schema.js';
import { describedTables } from './postgres.statement-head.js';

/** What stands between a snapshot and the live schema. Chosen tables only, where the caller restores only those. */
export function schemaDifferences(
  live: { layouts: readonly TableLayout[]; migrations: MigrationsTable },
  manifest: DatabaseManifest,
  chosen: readonly string[] | null,
): SchemaDifference[] {
  const concerned = ({ name }: ComparedTable) => chosen === null || chosen.includes(name);
  const then = describedTables(manifest.schema.ddl).filter(concerned);
  return [
    ...compareTables(then, live.layouts.map(asCompared).filter(concerned)),
    ...compareMigrations(manifest.schema.migrations, live.migrations.applied),
  ];
}

export const asCompared = ({ label, columns, primaryKey }: TableLayout): ComparedTable => ({
  name: label,
  columns,
  primaryKey,
});
