import type { DatabaseManifest } from '../../../model/manifest.js';
import { otherColumns, type ProvenTable } from '../contradictions.js';
import { readCreateTable } from './mysql.create-table.js';

/** What stands among the tables and is none has a name that no table can have. */
const LONGEST_TABLE_NAME = 64;

/** How the schema in a manifest contradicts the tables that were captured: each has a CREATE TABLE statement that names its columns. */
export function contradictionIn({ schema }: DatabaseManifest, tables: readonly ProvenTable[]): string | null {
  const described = new Map(
    schema.ddl.map(readCreateTable).flatMap((table) => (table ? [[table.name, table] as const] : [])),
  );
  for (const { name, columns } of tables) {
    if (name.length > LONGEST_TABLE_NAME) continue;
    const then = described.get(name);
    if (!then) return `its "schema" does not describe table "${name}"`;
    if (!columns.every((column) => then.columns.some((other) => other.name === column.name))) return otherColumns(name);
  }
  return null;
}
