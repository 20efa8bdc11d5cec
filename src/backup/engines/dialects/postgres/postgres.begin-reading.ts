import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { assertRoomForLocks } from './postgres.locks.js';
import type { PostgresConnection } from './postgres.connection.js';
import { qualified, type QualifiedName } from './postgres.names.js';
import { listTables } from './postgres.schema.js';

const MOST_ATTEMPTS = 5;
/** A table or a schema that is gone. */
const GONE = new Set(['42P01', '3F000']);

/**
 * Begins the read transaction of a capture. Every table is locked against changes of its definition before the transaction takes its snapshot of the
 * database: TRUNCATE and the commands that rewrite a table leave nothing for an older snapshot, which would then see it empty.
 */
export async function beginReading(connection: PostgresConnection, target: ServerTarget): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    await connection.begin('READ ONLY');
    const tables = await listTables(connection);
    await assertRoomForLocks(connection, tables.length, 'capture');
    await connection.run('COMMIT'); // with the snapshot that it has taken
    await connection.begin('READ ONLY');
    if ((await lockTables(connection, tables)) && isSameList(tables, await listTables(connection))) return;
    await connection.run('ROLLBACK');
  }
  throw new BackupError(
    'DATABASE_LOCKED',
    `Tables of the database "${target.database}" are constantly created or dropped, so no consistent state could be captured. Try again later.`,
  );
}

/** @returns false if one of them is gone */
async function lockTables(connection: PostgresConnection, tables: readonly QualifiedName[]): Promise<boolean> {
  if (tables.length === 0) return true;
  try {
    // A statement that takes no snapshot.
    await connection.run(
      `LOCK TABLE ${tables.map((table) => `ONLY ${qualified(table)}`).join(', ')} IN ACCESS SHARE MODE`,
    );
    return true;
  } catch (error) {
    if (GONE.has((error as { code?: string }).code ?? '')) return false;
    throw error;
  }
}

const isSameList = (a: readonly unknown[], b: readonly unknown[]): boolean => JSON.stringify(a) === JSON.stringify(b);
