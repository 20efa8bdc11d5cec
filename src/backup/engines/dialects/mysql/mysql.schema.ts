import { createHash } from 'node:crypto';
import { BackupError } from '../../../model/errors.js';
import { literal, quoted, type InfoRow, type MysqlConnection } from './mysql.connection.js';

/** How values of a type are printed and read back. */
export type ValueKind = 'integer' | 'decimal' | 'real' | 'bits' | 'time' | 'text' | 'choice' | 'json' | 'bytes';

export interface ColumnLayout {
  name: string;
  /** As the server prints it, such as `varchar(20)` or `int(10) unsigned`. */
  type: string;
  kind: ValueKind;
  /** Null for what is not text. */
  charset: string | null;
  notNull: boolean;
}

export interface TableLayout {
  name: string;
  /** Columns that hold data, in the table's order; generated ones are left out. */
  columns: ColumnLayout[];
  primaryKey: string[];
  /** Whether a column of it is `AUTO_INCREMENT`. */
  counts: boolean;
  /** Whether its engine is InnoDB, so that a transaction sees it as of one moment and can be rolled back. */
  transactional: boolean;
  /** Whether it keeps the history of its rows, which is not captured (MariaDB). */
  versioned: boolean;
}

/** What {@link readSchema} reads. */
export interface Schema {
  /** The tables whose rows are captured, in byte order of their names. */
  layouts: TableLayout[];
  /** Tables of engines that keep no rows of their own: their definition is all there is to capture. */
  rowless: string[];
  /** Sequences (MariaDB). */
  sequences: string[];
  /** What is there and cannot be captured. */
  leftOut: { name: string; why: string }[];
  /** Differs wherever the tables with rows do. */
  fingerprint: string;
}

/** A table of ours that is there while a restore is under way or was interrupted; never captured. */
export const UNFINISHED_TABLE = 'nestjs_backup_unfinished';
/** SQL's pattern of all of ours: that one, and those in mysql.aside-tables.ts. */
const OWN_TABLES = '^nestjs_backup_(unfinished|(new|old)_[0-9]+)$';

/** Engines whose tables show the rows of others, or keep none. */
const ROWLESS = ['MRG_MYISAM', 'BLACKHOLE'];
/** Engines whose rows are kept elsewhere, on another server or in a file of another program. Their definitions may hold a password. */
const FOREIGN = ['FEDERATED', 'CONNECT', 'SPIDER', 'SPHINX', 'S3', 'OQGRAPH'];

const KINDS: Record<string, ValueKind> = {
  ...kinds('integer', 'tinyint smallint mediumint int bigint'),
  ...kinds('decimal', 'decimal'),
  ...kinds('real', 'float double'),
  ...kinds('bits', 'bit'),
  ...kinds('time', 'year date time datetime timestamp uuid inet4 inet6'),
  ...kinds('text', 'char varchar tinytext text mediumtext longtext'),
  ...kinds('choice', 'enum set'),
  ...kinds('json', 'json'),
  ...kinds('bytes', 'binary varbinary tinyblob blob mediumblob longblob vector'),
  ...kinds('bytes', 'geometry point linestring polygon multipoint multilinestring multipolygon'),
  ...kinds('bytes', 'geometrycollection geomcollection'),
};

function kinds(kind: ValueKind, types: string): Record<string, ValueKind> {
  return Object.fromEntries(types.split(' ').map((type) => [type, kind]));
}

/**
 * What there is to capture.
 * @param chosen only these tables; all when absent
 * @throws BackupError `UNSUPPORTED` for a column of a type that is not known
 */
export async function readSchema(
  connection: MysqlConnection,
  migrationsTable: string,
  chosen?: readonly string[],
): Promise<Schema> {
  const all = await findTables(connection, migrationsTable);
  const wanted = all.filter(({ name }) => chosen === undefined || chosen.includes(name));
  const columns = groupByTable(await connection.rows(COLUMNS));
  const keys = groupByTable(await connection.rows(KEYS));
  const named = (what: Keeping) => wanted.filter(({ keeps }) => keeps === what);
  const tables = named('rows');
  return {
    layouts: tables.map((table) => layoutOf(table, columns.get(table.name) ?? [], keys.get(table.name) ?? [])),
    rowless: named('no rows').map(({ name }) => name),
    sequences: all.filter(({ keeps }) => keeps === 'a counter').map(({ name }) => name),
    leftOut: [...named('foreign rows'), ...named('nothing readable')].map(({ name, ...row }) => ({
      name,
      why: whyLeftOut(row),
    })),
    fingerprint: createHash('sha256')
      .update(JSON.stringify(tables.map(({ name }) => [name, columns.get(name), keys.get(name)])))
      .digest('hex'),
  };
}

/** Everything that may be captured one way or another, in byte order of the names. */
async function findTables(
  connection: MysqlConnection,
  migrationsTable: string,
): Promise<(InfoRow & { name: string; keeps: Keeping })[]> {
  const found = await connection.rows(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine, TABLE_COMMENT AS comment FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')
     AND NOT TABLE_NAME REGEXP '${OWN_TABLES}'`,
  );
  return found
    .map((row) => ({ ...row, name: String(row['name']), keeps: keeping(row) }))
    .filter(({ name }) => name !== migrationsTable)
    .sort(byName);
}

/** Names of the tables whose rows are captured, in byte order. */
export async function listTables(connection: MysqlConnection, migrationsTable: string): Promise<string[]> {
  const tables = await findTables(connection, migrationsTable);
  return tables.filter(({ keeps }) => keeps === 'rows').map(({ name }) => name);
}

type Keeping = 'rows' | 'no rows' | 'a counter' | 'foreign rows' | 'nothing readable';

function keeping({ type, engine }: InfoRow): Keeping {
  if (type === 'SEQUENCE') return 'a counter';
  const name = engine?.toUpperCase();
  if (name === undefined) return 'nothing readable';
  if (ROWLESS.includes(name)) return 'no rows';
  return FOREIGN.includes(name) ? 'foreign rows' : 'rows';
}

function whyLeftOut({ engine, comment }: InfoRow): string {
  if (engine) return `its engine ${engine} stores the rows elsewhere`;
  return `the server cannot open it (${comment ?? 'it does not say why'})`;
}

const byName = (a: { name: string }, b: { name: string }): number =>
  Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));

const COLUMNS = `SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS name, COLUMN_TYPE AS type, DATA_TYPE AS datatype, IS_NULLABLE AS nullable,
   COLUMN_DEFAULT AS defaultvalue, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation, GENERATION_EXPRESSION AS expression, EXTRA AS extra
   FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION`;

/** Those that identify rows: the clustered order of a table without a primary key may be that of another unique one. */
const KEYS = `SELECT TABLE_NAME AS \`table\`, INDEX_NAME AS name, COLUMN_NAME AS \`column\`, SUB_PART AS part, COLLATION AS direction
   FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`;

function groupByTable(rows: InfoRow[]): Map<string, InfoRow[]> {
  const grouped = new Map<string, InfoRow[]>();
  for (const row of rows) {
    const table = String(row['table']);
    grouped.set(table, [...(grouped.get(table) ?? []), row]);
  }
  return grouped;
}

function layoutOf(table: InfoRow & { name: string }, columns: InfoRow[], keys: InfoRow[]): TableLayout {
  const { name } = table;
  return {
    name,
    columns: columns.filter((column) => !column['expression']).map((column) => columnLayout(name, column)),
    primaryKey: keys.filter((key) => key['name'] === 'PRIMARY').map((key) => String(key['column'])),
    counts: columns.some(({ extra }) => /\bauto_increment\b/i.test(extra ?? '')),
    transactional: table['engine'] === 'InnoDB',
    versioned: table['type'] === 'SYSTEM VERSIONED',
  };
}

function columnLayout(table: string, column: InfoRow): ColumnLayout {
  const datatype = String(column['datatype']).toLowerCase();
  const name = String(column['name']);
  const kind = Object.hasOwn(KINDS, datatype) ? KINDS[datatype] : undefined;
  if (kind === undefined)
    throw new BackupError(
      'UNSUPPORTED',
      `The column "${name}" of table "${table}" has the type "${datatype}", which the engine "json" cannot print exactly. Leave the table out by the plan's tables, or let the plan use the engine "native".`,
    );
  return {
    name,
    type: String(column['type']),
    kind,
    charset: column['charset'] ?? null,
    notNull: column['nullable'] === 'NO',
  };
}

export async function hasTable(connection: MysqlConnection, table: string): Promise<boolean> {
  const rows = await connection.rows(
    `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${literal(table)} COLLATE utf8mb4_bin`,
  );
  return rows.length > 0;
}

/** Names in the host's migrations table, in the order they ran. */
export async function appliedMigrations(connection: MysqlConnection, migrationsTable: string): Promise<string[]> {
  const columns = await connection.rows(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${literal(migrationsTable)} COLLATE utf8mb4_bin`,
  );
  const names = columns.map(({ name }) => name);
  if (!names.includes('name') || !names.includes('id')) return [];
  const applied = await connection.rows(`SELECT name FROM ${quoted(migrationsTable)} ORDER BY id`);
  return applied.map(({ name }) => String(name));
}
