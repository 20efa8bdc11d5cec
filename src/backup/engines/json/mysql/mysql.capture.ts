import type { SchemaInfo } from '../../../model/manifest.js';
import type { ServerTarget } from '../../database-target.js';
import type { CapturedTable, CaptureSession } from '../dialect.js';
import { quoted, type MysqlConnection } from './mysql.connection.js';
import { COUNTER_HEADER, counterLines, readCounters } from './mysql.counters.js';
import { readDefinitions } from './mysql.definitions.js';
import { isTableChanged, tablesChanged } from './mysql.errors.js';
import { readRowLines } from './mysql.rows.js';
import { appliedMigrations, hasTable, readSchema, type Schema } from './mysql.schema.js';
import { databaseState } from './mysql.state.js';

/** Tables may be altered just while a transaction begins, but hardly so often in a row. */
const MOST_ATTEMPTS = 5;

/** Begins the one read transaction of a capture. */
export async function beginCapture(connection: MysqlConnection, target: ServerTarget): Promise<CaptureSession> {
  const schema = await pinnedSchema(connection, target.migrationsTable);
  const counters = await readCounters(connection, schema.layouts);
  const names = schema.layouts.map(({ name }) => name);
  // An empty database needs the migrations table again, though its rows are not captured.
  if (await hasTable(connection, target.migrationsTable)) names.push(target.migrationsTable);
  const info: SchemaInfo = {
    fingerprint: schema.fingerprint,
    migrations: await appliedMigrations(connection, target.migrationsTable),
    ddl: await readDefinitions(connection, names),
  };
  return {
    database: {
      type: 'mysql',
      name: target.database,
      server_version: String(await connection.value('SELECT VERSION()')),
    },
    schema: info,
    tables: sortedByName([
      ...schema.layouts.map((layout) => ({
        name: layout.name,
        columns: layout.columns.map(({ name, type }) => ({ name, type })),
        primaryKey: layout.primaryKey,
        lines: () => readRowLines(connection, layout),
      })),
      { ...COUNTER_HEADER, lines: () => [counterLines(counters)].filter(({ length }) => length > 0) },
    ]),
    state: await databaseState(connection, [info, [...counters]]),
    estimatedBytes: await estimatedBytes(connection),
    close: () => connection.close(),
  };
}

/**
 * The schema of the transaction's snapshot, which nobody can alter until it ends: reading from a table keeps others from changing its definition. What was altered
 * after the snapshot and before that shows in a schema that differs, or in a table that the snapshot does not have.
 */
async function pinnedSchema(connection: MysqlConnection, migrationsTable: string): Promise<Schema> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const before = await readSchema(connection, migrationsTable);
    await connection.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await connection.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    if (await touchAll(connection, before)) {
      const pinned = await readSchema(connection, migrationsTable);
      if (pinned.fingerprint === before.fingerprint) return pinned;
    }
    await connection.run('ROLLBACK');
  }
  throw tablesChanged();
}

/** @returns false where a table is no longer, or not yet, what the snapshot sees */
async function touchAll(connection: MysqlConnection, { layouts }: Schema): Promise<boolean> {
  try {
    for (const { name } of layouts) await connection.rows(`SELECT 1 FROM ${quoted(name)} USE INDEX () LIMIT 1`);
    return true;
  } catch (error) {
    if (isTableChanged(error)) return false;
    throw error;
  }
}

async function estimatedBytes(connection: MysqlConnection): Promise<number> {
  const bytes = await connection.value(
    'SELECT SUM(DATA_LENGTH) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
  );
  return Number(bytes ?? 0);
}

const sortedByName = (tables: CapturedTable[]): CapturedTable[] =>
  tables.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
