import {
  NOT_VALID,
  withoutState,
  type CapturedConstraints,
  type LiveConstraint,
} from './postgres.captured-constraints.js';
import type { PostgresConnection } from './postgres.connection.js';
import { literal } from './postgres.names.js';
import { ADDED_CONSTRAINT, ADDED_TO_DOMAIN } from './postgres.schema.js';

interface Check extends LiveConstraint {
  /** `ALTER TABLE x` or `ALTER DOMAIN x`. */
  altering: string;
  /** As SQL writes it. */
  constraint: string;
  comment: string | null;
  /** What it belongs to, as `COMMENT ON CONSTRAINT` names it. */
  owner: string;
  valid: boolean;
  inherited: boolean;
  /** Rows may break it: it was never checked, or what it asks may be answered differently at another time. */
  doubtful: boolean;
}

/** Rows break it; or nobody can tell, since a domain is used within arrays. */
const BROKEN = new Set(['23514', '0A000']);

/** Functions of users, and those that depend on the time or on settings. */
const CHANGES_ITS_ANSWER = `(EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = k.oid
      AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
    OR k.conbin::pg_catalog.text ~ 'SQLVALUEFUNCTION'
    OR EXISTS (SELECT FROM pg_catalog.regexp_matches(k.conbin::pg_catalog.text, ':(?:op)?funcid (\\d+)', 'g') AS f (ids)
      JOIN pg_catalog.pg_proc p ON p.oid = f.ids[1]::pg_catalog.oid WHERE p.provolatile <> 'i'))`;

/** Those of the tables, of what they inherit from, and of what inherits the same from there: parents before children. */
const OF_TABLES = `WITH RECURSIVE above AS (
    SELECT oid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS oid UNION SELECT h.inhparent FROM above JOIN pg_catalog.pg_inherits h ON h.inhrelid = above.oid
  ), tree AS (
    SELECT oid AS top, oid, 0 AS depth FROM above UNION ALL SELECT tree.top, h.inhrelid, tree.depth + 1 FROM tree JOIN pg_catalog.pg_inherits h ON h.inhparent = tree.oid
  ), concerned AS (SELECT oid, pg_catalog.max(depth) AS depth FROM tree GROUP BY oid)
  SELECT pg_catalog.format('ALTER TABLE %I.%I', n.nspname, c.relname) AS altering, pg_catalog.quote_ident(k.conname) AS constraint, ${ADDED_CONSTRAINT} AS sql,
    pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment, pg_catalog.format('%I.%I', n.nspname, c.relname) AS owner,
    k.convalidated AS valid, NOT k.conislocal AS inherited, NOT k.convalidated OR ${CHANGES_ITS_ANSWER} AS doubtful,
    ARRAY(SELECT l.oid::pg_catalog.text FROM (SELECT c.oid UNION SELECT t.oid FROM tree t WHERE t.top = c.oid) AS l JOIN pg_catalog.pg_class r ON r.oid = l.oid WHERE r.relkind = 'r') AS tables
  FROM concerned JOIN pg_catalog.pg_constraint k ON k.conrelid = concerned.oid JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE k.contype = 'c' ORDER BY concerned.depth, k.oid`;

/** Those of domains that columns of the tables are made of, in whatever way. One that was checked stays: within an array or a row it could not be checked again. */
const OF_DOMAINS = `WITH RECURSIVE used AS (
    SELECT a.atttypid AS oid FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY ($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    UNION SELECT inner_type.oid FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid CROSS JOIN LATERAL (
      SELECT t.typbasetype AS oid UNION ALL SELECT t.typelem UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid
      UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped
    ) AS inner_type WHERE inner_type.oid <> 0
  )
  SELECT pg_catalog.format('ALTER DOMAIN %I.%I', n.nspname, t.typname) AS altering, pg_catalog.quote_ident(k.conname) AS constraint, ${ADDED_TO_DOMAIN} AS sql,
    pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment, pg_catalog.format('DOMAIN %I.%I', n.nspname, t.typname) AS owner,
    k.convalidated AS valid, false AS inherited, NOT k.convalidated AS doubtful, '{}'::pg_catalog.text[] AS tables
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_type t ON t.oid = k.contypid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  WHERE k.contype = 'c' AND t.oid IN (SELECT oid FROM used) AND pg_catalog.pg_has_role(t.typowner, 'USAGE') ORDER BY k.oid`;

/**
 * Takes those checks away while rows are replaced that rows may break: the ones that are NOT VALID, or were when the snapshot was taken, and the ones whose
 * answer may change. Each is put back in its own state.
 */
export class ChecksAside {
  readonly warnings: string[] = [];

  private constructor(
    private readonly connection: PostgresConnection,
    private readonly captured: CapturedConstraints,
    /** Parents first. */
    private readonly checks: readonly Check[],
  ) {}

  static async of(
    connection: PostgresConnection,
    tables: readonly string[],
    captured: CapturedConstraints,
  ): Promise<ChecksAside> {
    const isDoubtful = (check: Check) => check.doubtful || captured.wasNotValid(check);
    const ofTables = await connection.query<Check>(OF_TABLES, [tables]);
    // What a parent and its children have under one name is one: it is inherited.
    const doubtful = new Set(ofTables.filter(isDoubtful).map(({ constraint }) => constraint));
    const checks = [
      ...ofTables.filter(({ constraint }) => doubtful.has(constraint)),
      ...(await connection.query<Check>(OF_DOMAINS, [tables])).filter(isDoubtful),
    ];
    await connection.run(
      ...checks.map(({ altering, constraint }) => `${altering} DROP CONSTRAINT IF EXISTS ${constraint}`),
    );
    return new ChecksAside(connection, captured, checks);
  }

  /** @throws the server's error where a row breaks one that the snapshot does not know */
  async putBack(): Promise<void> {
    // Children first: what a parent adds later is joined to theirs.
    const local = this.checks.filter(({ inherited }) => !inherited).reverse();
    await this.connection.run(...local.flatMap(addingUnchecked));
    const valid = this.checks.filter((check) => check.valid);
    if ((await this.connection.attemptAll(valid.map(validating))) === null) return;
    for (const check of valid) {
      const failure = await this.connection.attemptAll([validating(check)]);
      if (!failure) continue;
      if (!BROKEN.has(failure.code ?? '') || !(check.inherited || this.captured.mayBeBroken(check))) throw failure;
      this.warnings.push(
        `Rows break the check ${check.constraint} of ${check.owner}, as they did when the snapshot was taken, so it is NOT VALID now.`,
      );
    }
  }
}

function addingUnchecked({ sql, valid, comment, constraint, owner }: Check): string[] {
  return [
    valid ? withoutState(sql) + NOT_VALID : sql,
    ...(comment === null ? [] : [`COMMENT ON CONSTRAINT ${constraint} ON ${owner} IS ${literal(comment)}`]),
  ];
}

const validating = ({ altering, constraint }: Check): string => `${altering} VALIDATE CONSTRAINT ${constraint}`;
