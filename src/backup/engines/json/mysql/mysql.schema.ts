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
}

/** What {@link readSchema} reads: the tables, and a text that differs wherever their schema does. */
export interface Schema {
  layouts: TableLayout[];
  fingerprint: string;
}

/** A table of ours that is there while a restore is under way or was interrupted; never captured. */
export const UNFINISHED_TABLE = 'nestjs_backup_unfinished';

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
 * Every base table that is captured, in byte order of the names.
 * @throws BackupError `UNSUPPORTED` where one is of a kind that cannot be read consistently or put back in a transaction
 */
export async function readSchema(connection: MysqlConnection, migrationsTable: string): Promise<Schema> {
  const tables = await connection.rows(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')
     AND TABLE_NAME NOT IN (${literal(migrationsTable)}, '${UNFINISHED_TABLE}') ORDER BY TABLE_NAME`,
  );
  refuseOtherTables(tables);
  const columns = groupByTable(await connection.rows(COLUMNS));
  const keys = groupByTable(await connection.rows(KEYS));
  const names = tables.map(({ name }) => String(name)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return {
    layouts: names.map((name) => layoutOf(name, columns.get(name) ?? [], keys.get(name) ?? [])),
    fingerprint: createHash('sha256')
      .update(JSON.stringify(names.map((name) => [name, columns.get(name), keys.get(name)])))
      .digest('hex'),
  };
}

const COLUMNS = `SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS name, COLUMN_TYPE AS type, DATA_TYPE AS datatype, IS_NULLABLE AS nullable,
   COLUMN_DEFAULT AS defaultvalue, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation, GENERATION_EXPRESSION AS expression, EXTRA AS extra
   FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION`;

/** Those that identify rows: the clustered order of a table without a primary key may be that of another unique one. */
const KEYS = `SELECT TABLE_NAME AS \`table\`, INDEX_NAME AS name, COLUMN_NAME AS \`column\`, SUB_PART AS part, COLLATION AS direction
   FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`;

function refuseOtherTables(tables: InfoRow[]): void {
  const why = ({ type, engine }: InfoRow): string | null => {
    if (type === 'SEQUENCE') return 'is a sequence';
    if (type === 'SYSTEM VERSIONED') return 'keeps the history of its rows';
    return engine === 'InnoDB' ? null : `uses the engine ${engine ?? 'that the server cannot open'}`;
  };
  const refused = tables.flatMap((table) => {
    const reason = why(table);
    return reason === null ? [] : [`"${table['name']}" ${reason}`];
  });
  if (refused.length > 0)
    throw new BackupError(
      'UNSUPPORTED',
      `Only ordinary InnoDB tables can be read as of one moment and put back in one transaction, but ${refused.join(', ')}. Convert them (ALTER TABLE … ENGINE=InnoDB), or keep them in another database.`,
    );
}

function groupByTable(rows: InfoRow[]): Map<string, InfoRow[]> {
  const grouped = new Map<string, InfoRow[]>();
  for (const row of rows) {
    const table = String(row['table']);
    grouped.set(table, [...(grouped.get(table) ?? []), row]);
  }
  return grouped;
}

function layoutOf(name: string, columns: InfoRow[], keys: InfoRow[]): TableLayout {
  return {
    name,
    columns: columns.filter((column) => !column['expression']).map((column) => columnLayout(name, column)),
    primaryKey: keys.filter((key) => key['name'] === 'PRIMARY').map((key) => String(key['column'])),
    counts: columns.some(({ extra }) => /\bauto_increment\b/i.test(extra ?? '')),
  };
}

function columnLayout(table: string, column: InfoRow): ColumnLayout {
  const datatype = String(column['datatype']).toLowerCase();
  const name = String(column['name']);
  const kind = Object.hasOwn(KINDS, datatype) ? KINDS[datatype] : undefined;
  if (kind === undefined)
    throw new BackupError(
      'UNSUPPORTED',
      `The column "${name}" of table "${table}" has the type "${datatype}", which this version cannot print exactly.`,
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
    `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${literal(table)}`,
  );
  return rows.length > 0;
}

/** Names in the host's migrations table, in the order they ran. */
export async function appliedMigrations(connection: MysqlConnection, migrationsTable: string): Promise<string[]> {
  const columns = await connection.rows(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${literal(migrationsTable)}`,
  );
  const names = columns.map(({ name }) => name);
  if (!names.includes('name') || !names.includes('id')) return [];
  const applied = await connection.rows(`SELECT name FROM ${quoted(migrationsTable)} ORDER BY id`);
  return applied.map(({ name }) => String(name));
}
