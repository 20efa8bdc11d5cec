import {
  NOT_VALID,
  withoutState,
  type CapturedConstraints,
  type LiveConstraint,
} from './postgres.captured-constraints.js';
import type { PostgresConnection } from './postgres.connection.js';
import type { ServerError } from './postgres.errors.js';
import { literal, qualified, quoted, type QualifiedName } from './postgres.names.js';
import { ADDED_CONSTRAINT } from './postgres.schema.js';

interface ForeignKey extends QualifiedName, LiveConstraint {
  constraint: string;
  comment: string | null;
  /** Of a partitioned table: before PostgreSQL 18 such a key is always checked. */
  partitioned: boolean;
}

const BROKEN_REFERENCE = '23503';

const leaves = (table: string, kind: string): string =>
  `CASE ${kind} WHEN 'p' THEN ARRAY(SELECT l.relid::pg_catalog.oid::pg_catalog.text FROM pg_catalog.pg_partition_tree(${table}) AS l WHERE l.isleaf) ELSE ARRAY[${table}::pg_catalog.text] END`;

/** A partition's foreign key is a part of its parent's, on either side of it. */
const FOREIGN_KEYS = `WITH RECURSIVE concerned AS (
    SELECT oid, conparentid FROM pg_catalog.pg_constraint WHERE contype = 'f' AND (conrelid = ANY ($1::pg_catalog.oid[]) OR confrelid = ANY ($1::pg_catalog.oid[]))
    UNION SELECT p.oid, p.conparentid FROM concerned JOIN pg_catalog.pg_constraint p ON p.oid = concerned.conparentid
  )
  SELECT n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name, k.conname::pg_catalog.text AS constraint,
    ${ADDED_CONSTRAINT} AS sql, pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment, c.relkind = 'p' AS partitioned,
    ${leaves('c.oid', 'c.relkind')} || ${leaves('f.oid', 'f.relkind')} AS tables
  FROM concerned JOIN pg_catalog.pg_constraint k ON k.oid = concerned.oid JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
  WHERE k.conparentid = 0 ORDER BY k.oid`;

/**
 * Takes foreign keys away while rows are replaced: so rows may come in any order, and a table that others refer to can be emptied. Decision 0015. Where no
 * trigger fires, not even the server's own, those that were as they are over the very rows that come back need not be checked, and stay.
 */
export class ForeignKeysAside {
  readonly warnings: string[] = [];

  private constructor(
    private readonly connection: PostgresConnection,
    private readonly captured: CapturedConstraints,
    private readonly overEmpty: readonly ForeignKey[],
    private readonly toCheck: readonly ForeignKey[],
  ) {}

  /**
   * @param tables the oids of those whose rows are replaced
   * @param isReplica whether foreign keys keep still
   */
  static async of(
    connection: PostgresConnection,
    tables: readonly string[],
    captured: CapturedConstraints,
    isReplica: boolean,
  ): Promise<ForeignKeysAside> {
    const keys = await connection.query<ForeignKey>(FOREIGN_KEYS, [tables]);
    const keepsStill = (key: ForeignKey) => isReplica && captured.wasAsItIs(key);
    // The rows of a partitioned table cannot be taken away at once with what it refers to.
    const dropped = keys.filter((key) => key.partitioned || !keepsStill(key));
    await connection.run(
      ...dropped.map((key) => `ALTER TABLE ${qualified(key)} DROP CONSTRAINT ${quoted(key.constraint)}`),
    );
    return new ForeignKeysAside(
      connection,
      captured,
      dropped.filter(keepsStill),
      dropped.filter((key) => !keepsStill(key)),
    );
  }

  /** Then each is as valid as it was, also where rows were written past it. */
  async putBackOverEmptyTables(): Promise<void> {
    await this.connection.run(...this.overEmpty.flatMap(adding));
  }

  /** @throws the server's error where a row refers to one that is not there, and did not so when it was captured */
  async putBack(): Promise<void> {
    if ((await this.connection.attemptAll(this.toCheck.flatMap(adding))) === null) return;
    for (const key of this.toCheck) {
      const failure = await this.connection.attemptAll(adding(key));
      if (failure) await this.putBackUnchecked(key, failure);
    }
  }

  private async putBackUnchecked(key: ForeignKey, failure: ServerError): Promise<void> {
    if (failure.code !== BROKEN_REFERENCE || !this.captured.mayBeBroken(key)) throw failure;
    if (key.partitioned) throw failure;
    await this.connection.run(...adding({ ...key, sql: withoutState(key.sql) + NOT_VALID }));
    this.warnings.push(
      `Rows of ${qualified(key)} refer to rows that are not there, as they did when the snapshot was taken, so the foreign key ${quoted(key.constraint)} is NOT VALID now.`,
    );
  }
}

function adding({ sql, constraint, comment, ...table }: ForeignKey): string[] {
  const on = `${quoted(constraint)} ON ${qualified(table)}`;
  return [sql, ...(comment === null ? [] : [`COMMENT ON CONSTRAINT ${on} IS ${literal(comment)}`])];
}
