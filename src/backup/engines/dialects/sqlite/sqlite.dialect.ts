import { basename } from 'node:path';
import type { DatabaseManifest } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { SqliteTarget } from '../../database-target.js';
import type { RestoreOutcome, SchemaDifference } from '../../database.engine.js';
import type { CaptureSession, Dialect, RestorePlan } from '../dialect.js';
import { explain, openSource, type Connection } from './sqlite.connection.js';
import { schemaDifferences } from './sqlite.differences.js';
import { shapeNewFile } from './sqlite.pragmas.js';
import { SqliteRestore } from './sqlite.restore.js';
import { findDamage } from './sqlite.integrity.js';
import { readRowLines } from './sqlite.rows.js';
import { describeSchema, listTables, readLayouts, SEQUENCE_TABLE } from './sqlite.schema.js';
import { DatabaseState } from './sqlite.state.js';
import { assertWritable, findUnwritable } from './sqlite.unwritable.js';

const CAPTURE_OTHERWISE =
  'Let the plan use the engine "native", which copies the database file, or name the other tables in the plan.';

/** SQLite: `json_object` writes the rows, `jsonb_each` reads them back. */
export class SqliteDialect implements Dialect<SqliteTarget> {
  listTables(target: SqliteTarget): string[] {
    const connection = openSource(target, 'read');
    try {
      const tables = listTables(connection, target.migrationsTable);
      return tables.map(({ name }) => name).filter((name) => name !== SEQUENCE_TABLE);
    } catch (error) {
      throw explain(error, target);
    } finally {
      connection.close();
    }
  }

  beginCapture(target: SqliteTarget): CaptureSession {
    const state = new DatabaseState(target.path);
    const connection = openSource(target, 'read');
    const close = () => {
      connection.close();
      state.close(); // never before: it would drop the connection's locks
    };
    try {
      const before = state.read();
      connection.exec('BEGIN');
      pinSchema(connection);
      const during = state.read();
      const layouts = readLayouts(connection, target.migrationsTable);
      const schema = describeSchema(connection, layouts, target.migrationsTable);
      return {
        database: { type: 'sqlite', name: basename(target.path), server_version: serverVersion(connection) },
        schema,
        tables: layouts.map((layout) => ({
          name: layout.name,
          columns: layout.columns.map(({ name, type }) => ({ name, type })),
          primaryKey: layout.primaryKey,
          lines: () => explained(target, readRowLines(connection, layout)),
        })),
        // Only when nobody wrote while the transaction began is it sure which side of that write it sees.
        state: before === during ? during : null,
        estimatedBytes:
          Number(connection.pragma('page_count', { simple: true })) *
          Number(connection.pragma('page_size', { simple: true })),
        assertRestorable: (isMeant) =>
          assertWritable(findUnwritable(schema.ddl, target.migrationsTable, isMeant), CAPTURE_OTHERWISE),
        findDamage: () => findDamage(connection),
        close,
      };
    } catch (error) {
      close();
      throw explain(error, target);
    }
  }

  compareSchema(target: SqliteTarget, manifest: DatabaseManifest, tables: string[] | null): SchemaDifference[] {
    const connection = openSource(target, 'read');
    try {
      return schemaDifferences(connection, manifest, target.migrationsTable, tables);
    } catch (error) {
      throw explain(error, target);
    } finally {
      connection.close();
    }
  }

  async restore(target: SqliteTarget, plan: RestorePlan, context: TaskContext): Promise<RestoreOutcome> {
    const connection = openSource(target, 'write');
    try {
      shapeNewFile(connection, plan.manifest.schema.pragmas);
      connection.exec('BEGIN IMMEDIATE');
      pinSchema(connection);
      const outcome = await new SqliteRestore(connection, target, plan, context).run();
      await context.breathe(); // a parent that is gone stops us here, before anything is final
      await context.whileHeld(() => connection.exec('COMMIT'));
      return outcome;
    } catch (error) {
      if (connection.inTransaction) connection.exec('ROLLBACK');
      throw explain(error, target);
    } finally {
      connection.close();
    }
  }
}

/**
 * Reads something, so that the transaction has its snapshot and the schema is that snapshot's: pragmas answer from memory, where the schema may be
 * the one from before a migration that held the lock until now.
 */
const pinSchema = (connection: Connection): unknown => connection.prepare('SELECT 1 FROM main.sqlite_schema').get();

const serverVersion = (connection: Connection): string =>
  connection.prepare('SELECT sqlite_version()').pluck().get() as string;

function* explained(target: SqliteTarget, lines: Generator<Buffer>): Generator<Buffer> {
  try {
    yield* lines;
  } catch (error) {
    throw explain(error, target);
  }
}
