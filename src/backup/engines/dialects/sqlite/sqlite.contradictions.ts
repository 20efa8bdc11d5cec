import { BackupError } from '../../../model/errors.js';
import type { DatabaseManifest } from '../../../model/manifest.js';
import { otherColumns, sameColumns, type ProvenTable } from '../contradictions.js';
import { schemaOfManifest } from './sqlite.differences.js';
import { isRefusal } from './sqlite.schema-text.js';
import { fingerprint, SEQUENCE_TABLE, type TableLayout } from './sqlite.schema.js';

/** How the schema in a manifest contradicts the tables that were captured, told by building it in memory. */
export function contradictionIn(manifest: DatabaseManifest, tables: readonly ProvenTable[]): string | null {
  const layouts = layoutsOf(manifest);
  if (!layouts) return 'the "ddl" of its "schema" is not that of a SQLite database';
  for (const { name, columns, primaryKey } of tables) {
    if (name === SEQUENCE_TABLE) continue;
    const then = layouts.find((layout) => layout.name === name);
    if (!then) return `its "schema" does not describe table "${name}"`;
    if (then.organisation === 'virtual') continue;
    if (!sameColumns(then.columns, columns) || then.primaryKey.join('\0') !== primaryKey.join('\0'))
      return otherColumns(name);
  }
  return isFingerprintOf(manifest, layouts) ? null : 'the "fingerprint" of its "schema" is not that of its "ddl"';
}

function layoutsOf(manifest: DatabaseManifest): TableLayout[] | null {
  try {
    return schemaOfManifest(manifest, '').layouts;
  } catch (error) {
    if (error instanceof BackupError || isRefusal(error) || (error as { code?: string }).code === 'SQLITE_CORRUPT')
      return null;
    throw error;
  }
}

/** The fingerprint leaves one table out, that of the application's migrations, whose name is not in the manifest. */
function isFingerprintOf({ schema, tables }: DatabaseManifest, layouts: TableLayout[]): boolean {
  const leftOut = layouts.map(({ name }) => name).filter((name) => !Object.hasOwn(tables, name));
  return [null, ...leftOut].some(
    (table) => fingerprint(layouts.filter(({ name }) => name !== table)) === schema.fingerprint,
  );
}
