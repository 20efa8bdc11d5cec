import type { PostgresConnection } from './postgres.connection.js';
import { literal, qualified, quoted, type QualifiedName } from './postgres.names.js';

interface ForeignKey extends QualifiedName {
  constraint: string;
  definition: string;
  comment: string | null;
}

interface Trigger extends QualifiedName {
  trigger: string;
  enabled: 'O' | 'R' | 'A';
}

/** As `ALTER TABLE` says when a trigger fires: at the origin, on a replica, always. */
const ENABLE: Record<Trigger['enabled'], string> = {
  O: 'ENABLE TRIGGER',
  R: 'ENABLE REPLICA TRIGGER',
  A: 'ENABLE ALWAYS TRIGGER',
};

/** A partition's foreign key is a part of its parent's, on either side of it. */
const FOREIGN_KEYS = `WITH RECURSIVE concerned AS (
    SELECT oid, conparentid FROM pg_catalog.pg_constraint WHERE contype = 'f' AND (conrelid = ANY ($1::pg_catalog.oid[]) OR confrelid = ANY ($1::pg_catalog.oid[]))
    UNION SELECT p.oid, p.conparentid FROM concerned JOIN pg_catalog.pg_constraint p ON p.oid = concerned.conparentid
  )
  SELECT n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name, k.conname::pg_catalog.text AS constraint,
    pg_catalog.pg_get_constraintdef(k.oid) AS definition, pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment
  FROM concerned JOIN pg_catalog.pg_constraint k ON k.oid = concerned.oid JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE k.conparentid = 0 ORDER BY k.oid`;

/** Before PostgreSQL 15 a partition's copy of its parent's trigger counts as internal. */
const TRIGGERS = `SELECT n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name, t.tgname::pg_catalog.text AS trigger,
    t.tgenabled::pg_catalog.text AS enabled
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE t.tgrelid = ANY ($1::pg_catalog.oid[]) AND t.tgenabled <> 'D' AND (NOT t.tgisinternal OR (t.tgparentid <> 0 AND t.tgconstraint = 0)) ORDER BY t.oid`;

/**
 * Takes foreign keys away and switches triggers off while rows are replaced, and puts both back as they were; inside the caller's transaction. So rows may
 * come in any order, a table that others refer to can be emptied, and no trigger fires. A foreign key that is put back is checked as a whole: decision 0015.
 */
export class SetAside {
  private constructor(
    private readonly connection: PostgresConnection,
    private readonly foreignKeys: readonly ForeignKey[],
    private readonly triggers: readonly Trigger[],
  ) {}

  /** @param tables the oids of those whose rows are replaced */
  static async of(connection: PostgresConnection, tables: readonly string[]): Promise<SetAside> {
    const foreignKeys = await connection.query<ForeignKey>(FOREIGN_KEYS, [tables]);
    const triggers = await connection.query<Trigger>(TRIGGERS, [tables]);
    await connection.run(
      ...foreignKeys.map((key) => `ALTER TABLE ${qualified(key)} DROP CONSTRAINT ${quoted(key.constraint)}`),
      ...triggers.map((on) => `ALTER TABLE ONLY ${qualified(on)} DISABLE TRIGGER ${quoted(on.trigger)}`),
    );
    return new SetAside(connection, foreignKeys, triggers);
  }

  /** @throws the server's error where a row refers to one that is not there */
  async putBack(): Promise<void> {
    await this.connection.run(
      ...this.triggers.map((on) => `ALTER TABLE ONLY ${qualified(on)} ${ENABLE[on.enabled]} ${quoted(on.trigger)}`),
      ...this.foreignKeys.flatMap(({ constraint, definition, comment, ...table }) => {
        const on = `${quoted(constraint)} ON ${qualified(table)}`;
        return [
          `ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${quoted(constraint)} ${definition}`,
          ...(comment === null ? [] : [`COMMENT ON CONSTRAINT ${on} IS ${literal(comment)}`]),
        ];
      }),
    );
  }
}

/** Those that hold rows now, whose definition leads to one of the tables, in an order in which none comes before one it reads. */
const MATERIALIZED_VIEWS = `WITH RECURSIVE dependent AS (
    SELECT oid, 0 AS depth FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS oid
    UNION SELECT next.oid, dependent.depth + 1 FROM dependent CROSS JOIN LATERAL (
      SELECT h.inhparent AS oid FROM pg_catalog.pg_inherits h WHERE h.inhrelid = dependent.oid
      UNION ALL SELECT v.oid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
      WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid = dependent.oid AND v.oid <> dependent.oid AND v.relkind IN ('v', 'm')
    ) AS next
  )
  SELECT n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name FROM dependent JOIN pg_catalog.pg_class c ON c.oid = dependent.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' AND c.relispopulated
  GROUP BY n.nspname, c.relname ORDER BY pg_catalog.max(dependent.depth)`;

/**
 * Materialized views follow the tables' new rows.
 * @returns a sentence for each that could not be brought up to date
 */
export async function refreshMaterializedViews(
  connection: PostgresConnection,
  tables: readonly string[],
): Promise<string[]> {
  const views = await connection.query<QualifiedName>(MATERIALIZED_VIEWS, [tables]);
  const warnings: string[] = [];
  for (const view of views) {
    const failure = await connection.attempt(`REFRESH MATERIALIZED VIEW ${qualified(view)}`);
    if (failure)
      warnings.push(
        `The materialized view ${qualified(view)} could not be refreshed, so it shows what was there before: ${failure.message}.`,
      );
  }
  return warnings;
}
