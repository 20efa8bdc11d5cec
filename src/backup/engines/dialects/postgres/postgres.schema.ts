import { createHash } from 'node:crypto';
import type { PostgresConnection } from './postgres.connection.js';
import { documentName, qualified, type QualifiedName } from './postgres.names.js';

export interface ColumnLayout {
  name: string;
  /** As SQL writes it, with its schema where it is not the system's. */
  type: string;
  notNull: boolean;
  /** SQL text of the default, null for none. */
  defaultValue: string | null;
  printedAs: PrintedAs;
}

/**
 * How a value stands in a document. `plain`: as `to_json` prints it, which the type reads back. `array`: so too, where the elements are plain and count from
 * 1. `text`: the type's own text as a string.
 */
export type PrintedAs = 'plain' | 'array' | 'text';

export interface TableLayout extends QualifiedName {
  oid: string;
  /** What documents call it. */
  label: string;
  /** Columns that hold data, in the table's order; generated ones are left out. */
  columns: ColumnLayout[];
  generatedColumns: string[];
  primaryKey: string[];
  /** Whether every write to it has a transaction number, and outlives a crash: false for unlogged tables, and for storage that is not PostgreSQL's own. */
  isPlainHeap: boolean;
  isUnlogged: boolean;
}

interface TableRow {
  oid: string;
  schema: string;
  name: string;
  plain_heap: boolean;
  unlogged: boolean;
  primary_key: string[];
  columns: {
    name: string;
    type: string;
    not_null: boolean;
    default: string | null;
    generated: boolean;
    printed_as: PrintedAs;
  }[];
}

/** Schemas that are the system's own. */
export const isUserSchema = (n: string): string => `${n}.nspname !~ '^pg_' AND ${n}.nspname <> 'information_schema'`;

/** What an extension made, it makes again. */
export const isOfNoExtension = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

/** Adds a constraint `k` to a relation `c` in a namespace `n`. */
export const ADDED_CONSTRAINT = `pg_catalog.format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, k.conname, pg_catalog.pg_get_constraintdef(k.oid))`;

/** Adds a constraint `k` to a domain `t` in a namespace `n`. */
export const ADDED_TO_DOMAIN = `pg_catalog.format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', n.nspname, t.typname, k.conname, pg_catalog.pg_get_constraintdef(k.oid))`;

/** Tables with rows of their own: plain ones, leaf partitions and children. */
const CAPTURED = `c.relkind = 'r' AND c.relpersistence <> 't' AND ${isUserSchema('n')} AND ${isOfNoExtension('pg_class', 'c.oid')}`;

/** The types that a type is made of: a domain's base, an array's element. Enums with a cast to JSON of their own are not what `to_json` prints as text. */
const TYPES = `WITH RECURSIVE base AS (
    SELECT oid AS type, oid, typtype, typbasetype FROM pg_catalog.pg_type
    UNION ALL SELECT base.type, t.oid, t.typtype, t.typbasetype FROM base JOIN pg_catalog.pg_type t ON t.oid = base.typbasetype WHERE base.typtype = 'd'
  ), kinds AS (
    SELECT base.type, b.typelem, b.typdelim, b.typinput = 'pg_catalog.array_in'::pg_catalog.regproc AS is_array,
      b.oid < 16384 AND b.typtype IN ('b', 'r', 'm') AND b.oid NOT IN ('pg_catalog.json'::pg_catalog.regtype, 'pg_catalog.jsonb'::pg_catalog.regtype)
        AND (b.typelem = 0 OR b.typlen > 0) AS is_scalar,
      b.typtype = 'e' AND NOT EXISTS (SELECT FROM pg_catalog.pg_cast WHERE castsource = b.oid AND casttarget = 'pg_catalog.json'::pg_catalog.regtype) AS is_enum
    FROM base JOIN pg_catalog.pg_type b ON b.oid = base.oid WHERE base.typtype <> 'd'
  ), printed AS (
    SELECT k.type, CASE WHEN k.is_scalar OR k.is_enum THEN 'plain'
      WHEN k.is_array AND (e.is_scalar OR e.is_enum) AND k.typdelim = ',' AND (SELECT typdelim FROM pg_catalog.pg_type WHERE oid = k.typelem) = ',' THEN 'array'
      ELSE 'text' END AS printed_as
    FROM kinds k LEFT JOIN kinds e ON e.type = k.typelem
  )`;

/** All at once: asked table by table, thousands of tables with as many types took minutes. */
const COLUMNS = `, layouts AS (
    SELECT a.attrelid, pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
        'not_null', a.attnotnull, 'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'generated', a.attgenerated <> '', 'printed_as', p.printed_as) ORDER BY a.attnum) AS columns
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' JOIN printed p ON p.type = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped GROUP BY a.attrelid
  )`;

const TABLES = `${TYPES}${COLUMNS} SELECT c.oid::pg_catalog.text, n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name,
    c.relpersistence = 'p' AND am.amname = 'heap' AS plain_heap, c.relpersistence = 'u' AS unlogged,
    ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_index i, pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, place), pg_catalog.pg_attribute a
      WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.attnum AND k.place <= i.indnkeyatts ORDER BY k.place) AS primary_key,
    coalesce(l.columns, '[]') AS columns
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
  LEFT JOIN layouts l ON l.attrelid = c.oid WHERE ${CAPTURED}`;

/** Every table that is captured, in byte order of their labels. */
export async function readLayouts(connection: PostgresConnection, migrations: MigrationsTable): Promise<TableLayout[]> {
  const rows = await connection.query<TableRow>(TABLES);
  return rows
    .filter((table) => !isSame(table, migrations))
    .map(layoutOf)
    .sort((a, b) => byteOrder(a.label, b.label));
}

/** The same tables by their names alone. */
export function listTables(connection: PostgresConnection): Promise<(QualifiedName & { oid: string })[]> {
  return connection.query(
    `SELECT c.oid::pg_catalog.text, n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${CAPTURED} ORDER BY c.oid`,
  );
}

export const byteOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function layoutOf({ columns, plain_heap, unlogged, primary_key, ...table }: TableRow): TableLayout {
  return {
    ...table,
    label: documentName(table),
    columns: columns
      .filter(({ generated }) => !generated)
      .map(({ name, type, not_null, default: defaultValue, printed_as }) => ({
        name,
        type,
        notNull: not_null,
        defaultValue,
        printedAs: printed_as,
      })),
    generatedColumns: columns.filter(({ generated }) => generated).map(({ name }) => name),
    primaryKey: primary_key,
    isPlainHeap: plain_heap,
    isUnlogged: unlogged,
  };
}

/** Where the host's migrations are recorded, if they are. */
export interface MigrationsTable extends QualifiedName {
  applied: string[];
  exists: boolean;
}

/**
 * The migrations table lies where the application's own search path leads, unless its name says the schema.
 * @param name `migrations`, or `schema.migrations`
 */
export function locateMigrations({ surroundings }: PostgresConnection, name: string): QualifiedName {
  const [, schema, table] = /^([^.]+)\.([^.]+)$/.exec(name) ?? [];
  return schema && table ? { schema, name: table } : { schema: surroundings.schema ?? 'public', name };
}

export async function readMigrations(connection: PostgresConnection, table: QualifiedName): Promise<MigrationsTable> {
  const columns = await connection.query<{ name: string }>(
    `SELECT a.attname::pg_catalog.text AS name FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p') AND a.attnum > 0`,
    [table.schema, table.name],
  );
  const exists = columns.length > 0;
  const readable = ['id', 'name'].every((wanted) => columns.some(({ name }) => name === wanted));
  if (!readable) return { ...table, exists, applied: [] };
  const applied = await connection.query<{ name: string }>(
    `SELECT name::pg_catalog.text FROM ${qualified(table)} ORDER BY id`,
  );
  return { ...table, exists, applied: applied.map(({ name }) => name) };
}

export const isSame = (a: QualifiedName, b: QualifiedName): boolean => a.schema === b.schema && a.name === b.name;

/** Equal exactly when tables, columns, types and keys are. */
export function fingerprint(layouts: readonly TableLayout[]): string {
  const compared = layouts.map((t) => [
    t.label,
    t.columns.map((c) => [c.name, c.type, c.notNull, c.defaultValue]),
    t.generatedColumns,
    t.primaryKey,
  ]);
  return createHash('sha256').update(JSON.stringify(compared)).digest('hex');
}
