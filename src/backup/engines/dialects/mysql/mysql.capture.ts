import { BackupError } from '../../../model/errors.js';
import type { SchemaInfo } from '../../../model/manifest.js';
import type { SnapshotWarning } from '../../../model/snapshot-warning.js';
import type { ServerTarget } from '../../database-target.js';
import { notOneMoment } from './mysql.warnings.js';
import type { CapturedTable, CaptureSession } from '../dialect.js';
import { quoted, type MysqlConnection } from './mysql.connection.js';
import { COUNTER_HEADER, counterLines, readCounters } from './mysql.counters.js';
import { readDefinitions } from './mysql.definitions.js';
import { isTableChanged, tablesChanged } from './mysql.errors.js';
import { ReadLocks } from './mysql.read-locks.js';
import { readRowLines } from './mysql.rows.js';
import { appliedMigrations, hasTable, readSchema, type Schema, type TableLayout } from './mysql.schema.js';
import { readSequences, SEQUENCE_HEADER, sequenceLines } from './mysql.sequences.js';
import { databaseState } from './mysql.state.js';

/** Tables may be altered just while a transaction begins, but hardly so often in a row. */
const MOST_ATTEMPTS = 5;

/**
 * Begins the one read transaction of a capture. Tables whose engine has no transactions are locked for as long as it lasts.
 * @param chosen only these tables; all when absent
 */
export async function beginCapture(
  connection: MysqlConnection,
  target: ServerTarget,
  chosen?: readonly string[],
): Promise<CaptureSession> {
  const { schema, locks } = await pinnedSchema(connection, target, chosen);
  try {
    const counters = await readCounters(connection, schema.layouts);
    const sequences = await readSequences(connection, schema.sequences);
    const tables = [...schema.layouts.map(({ name }) => name), ...schema.rowless];
    // An empty database needs the migrations table again, though its rows are not captured.
    if (await hasTable(connection, target.migrationsTable)) tables.push(target.migrationsTable);
    const { ddl, unreadable } = await readDefinitions(connection, { sequences: schema.sequences, tables });
    const info: SchemaInfo = {
      fingerprint: schema.fingerprint,
      migrations: await appliedMigrations(connection, target.migrationsTable),
      ddl,
    };
    return {
      database: {
        type: 'mysql',
        name: target.database,
        server_version: String(await connection.value('SELECT VERSION()')),
      },
      schema: info,
      tables: sortedByName([
        ...schema.layouts.map((layout) => capturedTable(connection, layout, locks ?? ReadLocks.NONE)),
        { ...COUNTER_HEADER, lines: () => [counterLines(counters)].filter(({ length }) => length > 0) },
        ...(sequences.size > 0 ? [{ ...SEQUENCE_HEADER, lines: () => [sequenceLines(sequences)] }] : []),
      ]),
      // What is written to other engines' tables, no transaction's number tells.
      state: schema.layouts.every(({ transactional }) => transactional)
        ? await databaseState(connection, [info, [...counters], [...sequences]])
        : null,
      warnings: warningsOf(schema, unreadable, locks !== null),
      estimatedBytes: await estimatedBytes(connection),
      close: () => {
        connection.close();
        locks?.release();
      },
    };
  } catch (error) {
    locks?.release();
    throw error;
  }
}

function capturedTable(connection: MysqlConnection, layout: TableLayout, locks: ReadLocks): CapturedTable {
  const { name, columns, primaryKey, transactional } = layout;
  return {
    name,
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
    primaryKey,
    lines: async function* () {
      yield* readRowLines(connection, layout);
      if (!transactional) await locks.assertHeld();
    },
  };
}

/** What a person should know of a capture of this. */
function warningsOf({ layouts, leftOut }: Schema, unreadable: string[], locked: boolean): SnapshotWarning[] {
  const incomplete = (message: string) => ({ code: 'incomplete', message });
  const unlocked = locked ? [] : layouts.filter(({ transactional }) => !transactional);
  const versioned = layouts.filter((layout) => layout.versioned);
  return [
    ...leftOut.map(({ name, why }) => incomplete(`The table "${name}" is not in the snapshot: ${why}.`)),
    ...unreadable.map((what) =>
      incomplete(
        `The ${what} is not in the snapshot: the account may not read its definition, or something that it uses no longer exists.`,
      ),
    ),
    ...(versioned.length === 0
      ? []
      : [incomplete(`Of ${list(versioned)} only the current rows are in the snapshot, not their history.`)]),
    ...(unlocked.length === 0 ? [] : [notOneMoment(unlocked.map(({ name }) => name))]),
  ];
}

const list = (layouts: TableLayout[]): string => layouts.map(({ name }) => `"${name}"`).join(', ');

/**
 * The schema of the transaction's snapshot, which nobody can alter until it ends: reading from a table keeps others from changing its definition. What was altered
 * after the snapshot and before that shows in a schema that differs, or in a table that the snapshot does not have.
 */
async function pinnedSchema(
  connection: MysqlConnection,
  target: ServerTarget,
  chosen?: readonly string[],
): Promise<{ schema: Schema; locks: ReadLocks | null }> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const before = await readSchema(connection, target.migrationsTable, chosen);
    refuseWithoutRows(before, chosen);
    const others = before.layouts.filter(({ transactional }) => !transactional).map(({ name }) => name);
    const locks = await ReadLocks.of(target, others);
    if (locks === 'changed') continue;
    try {
      await connection.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await connection.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
      if (await touchAll(connection, before)) {
        const schema = await readSchema(connection, target.migrationsTable, chosen);
        if (schema.fingerprint === before.fingerprint) return { schema, locks };
      }
      await connection.run('ROLLBACK');
    } catch (error) {
      locks?.release();
      throw error;
    }
    locks?.release();
  }
  throw tablesChanged();
}

/** A plan that names a table counts on its rows. */
function refuseWithoutRows({ rowless, leftOut }: Schema, chosen: readonly string[] | undefined): void {
  if (chosen === undefined) return;
  const reasons = [
    ...rowless.map((name) => `"${name}" stores no rows`),
    ...leftOut.map(({ name, why }) => `"${name}": ${why}`),
  ];
  if (reasons.length === 0) return;
  throw new BackupError(
    'UNSUPPORTED',
    `The plan names tables whose rows cannot be captured: ${reasons.join('; ')}. Remove them from the plan's tables.`,
  );
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
