import type { DatabaseManifest } from '../../../model/manifest.js';
import { otherColumns, sameColumns, type ProvenTable } from '../contradictions.js';
import { describedTables } from './postgres.statement-head.js';

/** Where sequences stand, and whatever else is captured like a table and is none. */
const NO_TABLE = /^pg_catalog\./;

/** How the schema in a manifest contradicts the tables that were captured: each has a statement whose head describes it. */
export function contradictionIn({ schema }: DatabaseManifest, tables: readonly ProvenTable[]): string | null {
  const described = new Map(describedTables(schema.ddl).map((table) => [table.name, table]));
  for (const { name, columns, primaryKey } of tables) {
    if (NO_TABLE.test(name)) continue;
    const then = described.get(name);
    if (!then) return `its "schema" does not describe table "${name}"`;
    if (!sameColumns(then.columns, columns) || then.primaryKey.join('\0') !== primaryKey.join('\0'))
      return otherColumns(name);
  }
  return null;
}
