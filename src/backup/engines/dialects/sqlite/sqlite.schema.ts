import { createHash } from 'node:crypto';
import { COUNTERS } from '../../../model/counters.js';
import type { SchemaInfo } from '../../../model/manifest.js';
import { literal, quoted, type Connection } from './sqlite.connection.js';
import { readPragmas } from './sqlite.pragmas.js';

export interface ColumnLayout {
  name: string;
  /** As declared, `""` for none. */
  type: string;
  notNull: boolean;
  /** SQL text of the default, null for none. */
  defaultValue: string | null;
  /** Without affinity a column keeps every value as it came: only there can a real be minus zero. */
  keepsEveryValue: boolean;
  /** A STRICT table lets no blob into a column of another type. */
  neverBlob: boolean;
}

/**
 * `rowid`: rows are read in the order of the rowid, which is a rowid table's real key. `without-rowid`: in the order of the declared key.
 * `virtual`: a full-text or R-tree index that owns its content; read through its own columns and its rowid.
 */
export type TableOrganisation = 'rowid' | 'without-rowid' | 'virtual';

export interface TableLayout {
  name: string;
  organisation: TableOrganisation;
  strict: boolean;
  /** Columns that hold data, in the table's order; generated ones are left out. */
  columns: ColumnLayout[];
  generatedColumns: string[];
  primaryKey: string[];
  /** ORDER BY terms that give the stable order. */
  order: string;
  /** A name by which the rowid can be reached; null where columns hide all of them, or there is none. */
  rowid: string | null;
  /** Of the table that keeps the AUTOINCREMENT sequences: only those of these tables count. Null for every other table. */
  sequencesOf: readonly string[] | null;
}

/** Keeps the next values of AUTOINCREMENT keys: captured as a table, left out of comparisons. */
export const SEQUENCE_TABLE = COUNTERS.sqlite;
const ROWID_NAMES = ['rowid', '_rowid_', 'oid'];
/** Virtual tables that own their content and give it back exactly; others are left alone. */
const CONTENT_MODULES = new Set(['fts3', 'fts4', 'fts5', 'rtree', 'rtree_i32', 'geopoly']);

interface ListedTable {
  name: string;
  type: string;
  wr: number;
  strict: number;
}

interface ListedColumn {
  name: string;
  type: string;
  notnull: number;
  dflt_value: string | null;
  pk: number;
  hidden: number;
}

/** Every table that is captured, in byte order of the names: base tables and self-contained virtual ones. */
export function listTables(connection: Connection, migrationsTable: string): ListedTable[] {
  const listed = connection
    .prepare(
      `SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')`,
    )
    .all() as ListedTable[];
  return listed
    .filter(({ name }) => name === SEQUENCE_TABLE || (!name.startsWith('sqlite_') && name !== migrationsTable))
    .filter((table) => table.type === 'table' || ownsItsContent(connection, table.name))
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** The same tables, with what their rows are made of. */
export function readLayouts(connection: Connection, migrationsTable: string): TableLayout[] {
  const layouts = listTables(connection, migrationsTable).map((table) => layoutOf(connection, table));
  const names = layouts.map(({ name }) => name);
  return layouts.map((layout) => (layout.name === SEQUENCE_TABLE ? { ...layout, sequencesOf: names } : layout));
}

/** What the manifest says about the schema. */
export function describeSchema(
  connection: Connection,
  layouts: readonly TableLayout[],
  migrationsTable: string,
): SchemaInfo {
  const ddl = connection
    .prepare(`SELECT sql FROM main.sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid`)
    .pluck()
    .all() as string[];
  return {
    fingerprint: fingerprint(layouts),
    migrations: appliedMigrations(connection, migrationsTable),
    ddl,
    pragmas: readPragmas(connection),
  };
}

/** The module of a virtual table and its arguments, as its CREATE statement names them. */
export function virtualTableDefinition(
  connection: Connection,
  name: string,
): { module: string; args: string } | undefined {
  const sql = connection
    .prepare(`SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?`)
    .pluck()
    .get(name);
  const parts = typeof sql === 'string' ? /\sUSING\s+["'`[]?(\w+)["'`\]]?\s*(?:\(([\s\S]*)\))?/i.exec(sql) : null;
  return parts ? { module: parts[1]!.toLowerCase(), args: parts[2] ?? '' } : undefined;
}

/** Where a full-text index keeps the indexed text: in itself, in another table, or nowhere. */
export function fullTextContent(args: string): 'own' | 'external' | 'none' {
  const option = /(?:^|,)\s*content\s*=\s*(?:'([^']*)'|"([^"]*)"|([^,]*))/i.exec(args);
  if (!option) return 'own';
  return (option[1] ?? option[2] ?? option[3] ?? '').trim() === '' ? 'none' : 'external';
}

function ownsItsContent(connection: Connection, name: string): boolean {
  const definition = virtualTableDefinition(connection, name);
  if (!definition || !CONTENT_MODULES.has(definition.module)) return false;
  return !definition.module.startsWith('fts') || fullTextContent(definition.args) === 'own';
}

function layoutOf(connection: Connection, table: ListedTable): TableLayout {
  const listed = connection
    .prepare(
      `SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(${literal(table.name)}, 'main')`,
    )
    .all() as ListedColumn[];
  const virtual = table.type === 'virtual';
  const module = virtual ? virtualTableDefinition(connection, table.name)?.module : undefined;
  const columns = listed
    .filter(({ name, hidden }) => hidden === 0 || (hidden === 1 && isLanguage(module, table.name, name)))
    .map((column) => columnLayout(column, table.strict === 1));
  const rowid =
    table.wr === 1 ? null : (ROWID_NAMES.find((name) => !listed.some((c) => c.name.toLowerCase() === name)) ?? null);
  // The rowid ties a full-text row to what it describes, so it is data there; an R-tree has it as a column already.
  if (virtual && rowid !== null && !module?.startsWith('rtree')) {
    columns.unshift({
      name: rowid,
      type: 'INTEGER',
      notNull: false,
      defaultValue: null,
      keepsEveryValue: false,
      neverBlob: true,
    });
  }
  return {
    name: table.name,
    organisation: virtual ? 'virtual' : table.wr === 1 ? 'without-rowid' : 'rowid',
    strict: table.strict === 1,
    columns,
    generatedColumns: listed.filter(({ hidden }) => hidden === 2 || hidden === 3).map(({ name }) => name),
    primaryKey: listed
      .filter(({ pk }) => pk > 0)
      .sort((a, b) => a.pk - b.pk)
      .map(({ name }) => name),
    order: table.wr === 1 ? keyOrder(connection, table.name) : (rowid ?? ''),
    rowid,
    sequencesOf: null,
  };
}

/** FTS3 and FTS4 hide the column of each row's language among those that are no data: one of the table's own name, and `docid`. */
const isLanguage = (module: string | undefined, table: string, column: string): boolean =>
  (module === 'fts3' || module === 'fts4') && column !== table && column !== 'docid';

function columnLayout({ name, type, notnull, dflt_value }: ListedColumn, strict: boolean): ColumnLayout {
  const keepsEveryValue = hasNoAffinity(type, strict);
  return {
    name,
    type,
    notNull: notnull === 1,
    defaultValue: dflt_value,
    keepsEveryValue,
    neverBlob: strict && !keepsEveryValue,
  };
}

/** Rules 2 and 3 of https://sqlite.org/datatype3.html#determination_of_column_affinity, and ANY of STRICT tables. */
function hasNoAffinity(type: string, strict: boolean): boolean {
  const declared = type.toUpperCase();
  if (strict) return declared === 'ANY' || declared === 'BLOB';
  return declared === '' || (declared.includes('BLOB') && !/INT|CHAR|CLOB|TEXT/.test(declared));
}

/** The order in which a table WITHOUT ROWID lies on disk, which costs no sorting. */
function keyOrder(connection: Connection, table: string): string {
  const terms = connection
    .prepare(
      `SELECT x.name, x."desc", x.coll FROM pragma_index_list(${literal(table)}, 'main') AS l, pragma_index_xinfo(l.name, 'main') AS x
       WHERE l.origin = 'pk' AND x.key = 1 ORDER BY x.seqno`,
    )
    .all() as { name: string; desc: number; coll: string }[];
  return terms
    .map(({ name, desc, coll }) => `${quoted(name)} COLLATE ${quoted(coll)}${desc ? ' DESC' : ''}`)
    .join(', ');
}

/** Equal exactly when tables, columns, types and keys are. */
export function fingerprint(layouts: readonly TableLayout[]): string {
  const compared = layouts
    .filter(({ name }) => name !== SEQUENCE_TABLE)
    .map((t) => [
      t.name,
      t.organisation,
      t.strict,
      t.columns.map((c) => [c.name, c.type, c.notNull, c.defaultValue]),
      t.generatedColumns,
      t.primaryKey,
    ]);
  return createHash('sha256').update(JSON.stringify(compared)).digest('hex');
}

function appliedMigrations(connection: Connection, migrationsTable: string): string[] {
  const columns = connection
    .prepare(`SELECT name FROM pragma_table_info(${literal(migrationsTable)}, 'main')`)
    .pluck()
    .all();
  if (!columns.includes('name') || !columns.includes('id')) return [];
  return connection
    .prepare(`SELECT name FROM main.${quoted(migrationsTable)} ORDER BY id`)
    .pluck()
    .all()
    .map(String);
}
