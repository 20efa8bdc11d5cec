import { isOfNoExtension, isUserSchema } from './postgres.schema.js';

/** Statements of one kind that belong to no table. */
export const objects = (sql: string): string =>
  `SELECT sql, NULL::pg_catalog.text AS table_schema, NULL::pg_catalog.text AS table_name FROM (${sql}) AS o`;

/** A relation `c` in a namespace `n`. */
export const NAMED = `pg_catalog.format('%I.%I', n.nspname, c.relname)`;
export const IN_NAMESPACE = `JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;
/** The table that a statement belongs to, where `c` is one. */
export const OF_TABLE = `CASE WHEN c.relkind IN ('r', 'p') THEN n.nspname::pg_catalog.text END AS table_schema, c.relname::pg_catalog.text AS table_name`;

export const userRelations = (...kinds: string[]): string =>
  `c.relkind IN (${kinds.map((kind) => `'${kind}'`).join(', ')}) AND c.relpersistence <> 't' AND ${isUserSchema('n')} AND ${isOfNoExtension('pg_class', 'c.oid')}`;
export const USER_TABLES = userRelations('r', 'p');
export const USER_TYPES = `${isUserSchema('n')} AND ${isOfNoExtension('pg_type', 't.oid')}`;

/** An object of a catalog, in a namespace `n` of a user's and of no extension. */
export const own = (catalog: string, oid: string): string =>
  `${isUserSchema('n')} AND ${isOfNoExtension(catalog, oid)}`;

/** A column of a catalog that only some versions have, as text; null where it is missing. */
export const maybe = (row: string, column: string): string => `(pg_catalog.to_jsonb(${row}.*) ->> '${column}')`;

/** ` COLLATE x`, unless the collation is the one that the type has anyway. */
export const collated = (collation: string, type: string): string =>
  `(SELECT pg_catalog.format(' COLLATE %I.%I', ln.nspname, l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
    WHERE l.oid = ${collation} AND ${collation} <> (SELECT typcollation FROM pg_catalog.pg_type WHERE oid = ${type}))`;
