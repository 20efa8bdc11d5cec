import type { PostgresConnection } from './postgres.connection.js';
import { isUserSchema } from './postgres.schema.js';
import { qualified, type QualifiedName } from './postgres.names.js';

/** Those that hold rows now, or held them then, whose definition leads to one of the tables, in an order in which none comes before one it reads. */
const MATERIALIZED_VIEWS = `WITH RECURSIVE dependent AS (
    SELECT oid, 0 AS depth FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS oid
    UNION SELECT oid, 0 FROM pg_catalog.pg_class WHERE relkind = 'm' AND $2::pg_catalog.text[] IS NOT NULL
    UNION SELECT next.oid, dependent.depth + 1 FROM dependent CROSS JOIN LATERAL (
      SELECT h.inhparent AS oid FROM pg_catalog.pg_inherits h WHERE h.inhrelid = dependent.oid
      UNION ALL SELECT v.oid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
      WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid = dependent.oid AND v.oid <> dependent.oid AND v.relkind IN ('v', 'm')
    ) AS next
  )
  SELECT n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name FROM dependent JOIN pg_catalog.pg_class c ON c.oid = dependent.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' AND (c.relispopulated OR pg_catalog.format('%I.%I', n.nspname, c.relname) = ANY ($2)) AND ${isUserSchema('n')}
  GROUP BY n.nspname, c.relname ORDER BY pg_catalog.max(dependent.depth)`;

/**
 * Materialized views follow the tables' new rows.
 * @param heldRows of a whole restore: those that were not empty when the snapshot was taken, as SQL writes them. Then all are refreshed that hold rows: what a
 * function reads nobody can tell
 * @returns a sentence for each that could not be brought up to date
 */
export async function refreshMaterializedViews(
  connection: PostgresConnection,
  tables: readonly string[],
  heldRows: readonly string[] | null,
): Promise<string[]> {
  const views = await connection.query<QualifiedName>(MATERIALIZED_VIEWS, [tables, heldRows]);
  const warnings: string[] = [];
  for (const view of views) {
    const failure = await connection.attempt(`REFRESH MATERIALIZED VIEW ${qualified(view)}`);
    if (failure)
      warnings.push(
        `The materialized view ${qualified(view)} could not be refreshed, so it still has its old rows, if any: ${failure.message}.`,
      );
  }
  return warnings;
}
