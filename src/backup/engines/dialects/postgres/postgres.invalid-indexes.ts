import type { PostgresConnection } from './postgres.connection.js';
import { qualified, type QualifiedName } from './postgres.names.js';

const INVALID_INDEXES = `SELECT n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE i.indrelid = ANY ($1::pg_catalog.oid[]) AND c.relkind = 'i' AND i.indisunique AND NOT i.indisvalid ORDER BY c.oid`;

/**
 * Removes unique indexes that a failed CREATE INDEX CONCURRENTLY left: no query uses them, and yet they refuse the rows because of which they failed. Nothing
 * can make one again, and pg_dump leaves them out.
 * @param tables the oids of those whose rows are replaced
 * @returns a sentence for each
 */
export async function dropInvalidIndexes(connection: PostgresConnection, tables: readonly string[]): Promise<string[]> {
  const indexes = await connection.query<QualifiedName>(INVALID_INDEXES, [tables]);
  await connection.run(...indexes.map((index) => `DROP INDEX ${qualified(index)}`));
  return indexes.map(
    (index) =>
      `The unique index ${qualified(index)} was INVALID, as a failed CREATE INDEX CONCURRENTLY leaves it, and would have refused rows: it was dropped.`,
  );
}
