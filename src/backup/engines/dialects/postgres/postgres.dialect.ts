import { BackupError } from '../../../model/errors.js';
import type { DatabaseManifest, SchemaInfo } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { ServerTarget } from '../../database-target.js';
import type { RestoreOutcome, SchemaDifference } from '../../database.engine.js';
import type { CapturedTable, CaptureSession, Dialect, RestorePlan } from '../dialect.js';
import { beginReading } from './postgres.begin-reading.js';
import { commit, requireDurableCommit } from './postgres.commit.js';
import { takesNoWrites, unloggedOnStandby } from './postgres.failures.js';
import { PHYSICAL_ORDER } from './postgres.settings.js';
import { PostgresConnection } from './postgres.connection.js';
import { readLeftOut, readStatements } from './postgres.ddl.js';
import { schemaDifferences } from './postgres.differences.js';
import { Silence } from './postgres.event-triggers.js';
import { explain } from './postgres.errors.js';
import { assertRoomToReplace } from './postgres.locks.js';
import { documentName, SEQUENCE_TABLE } from './postgres.names.js';
import { PostgresRestore } from './postgres.restore.js';
import { readRowLines } from './postgres.rows.js';
import {
  byteOrder,
  fingerprint,
  isSame,
  listTables,
  locateMigrations,
  readLayouts,
  readMigrations,
  type MigrationsTable,
  type TableLayout,
} from './postgres.schema.js';
import { readSequenceLines, readSequences, SEQUENCE_COLUMNS } from './postgres.sequences.js';
import { readState } from './postgres.state.js';

/** PostgreSQL: `row_to_json` writes the rows, `COPY` reads them back. */
export class PostgresDialect implements Dialect<ServerTarget> {
  async listTables(target: ServerTarget): Promise<string[]> {
    const connection = await PostgresConnection.open(target);
    try {
      await connection.begin('READ ONLY');
      const migrations = locateMigrations(connection, target.migrationsTable);
      const tables = await listTables(connection);
      return tables
        .filter((table) => !isSame(table, migrations))
        .map(documentName)
        .sort(byteOrder);
    } catch (error) {
      throw explain(error, target);
    } finally {
      await connection.close();
    }
  }

  async beginCapture(target: ServerTarget): Promise<CaptureSession> {
    const connection = await PostgresConnection.open(target);
    try {
      const migrationsName = locateMigrations(connection, target.migrationsTable);
      await beginReading(connection, target);
      await refuseLargeObjects(connection);
      const migrations = await readMigrations(connection, migrationsName);
      const layouts = await readLayouts(connection, migrations);
      await connection.run('SAVEPOINT sequences');
      const sequences = await readSequenceLines(connection, await readSequences(connection, migrations));
      await connection.run('ROLLBACK TO SAVEPOINT sequences'); // their locks are not needed any more
      const session: CaptureSession = {
        database: { type: 'postgres', name: target.database, server_version: await serverVersion(connection) },
        schema: await describeSchema(connection, layouts, migrations),
        tables: [...layouts.map((layout) => capturedTable(connection, target, layout)), sequenceTable(sequences)].sort(
          (a, b) => byteOrder(a.name, b.name),
        ),
        state: await readState(connection, layouts, sequences),
        estimatedBytes: await estimatedBytes(connection, layouts),
        close: () => connection.close(),
      };
      await connection.run(...PHYSICAL_ORDER);
      return session;
    } catch (error) {
      await connection.close();
      throw explain(error, target);
    }
  }

  async compareSchema(
    target: ServerTarget,
    manifest: DatabaseManifest,
    tables: string[] | null,
  ): Promise<SchemaDifference[]> {
    const connection = await PostgresConnection.open(target);
    try {
      const migrationsName = locateMigrations(connection, target.migrationsTable);
      await beginReading(connection, target);
      const migrations = await readMigrations(connection, migrationsName);
      const layouts = await readLayouts(connection, migrations);
      return schemaDifferences({ layouts, migrations }, manifest, tables);
    } catch (error) {
      throw explain(error, target);
    } finally {
      await connection.close();
    }
  }

  async assertReady(target: ServerTarget, manifest: DatabaseManifest, tables: string[] | null): Promise<void> {
    const connection = await PostgresConnection.open(target);
    try {
      if (connection.surroundings.isStandby) throw takesNoWrites(target);
      await connection.begin('READ WRITE');
      const { isReplica } = await Silence.begin(connection);
      const migrations = locateMigrations(connection, target.migrationsTable);
      const layouts = await readLayouts(connection, { ...migrations, exists: true, applied: [] });
      const restored = layouts.filter(
        ({ label }) => Object.hasOwn(manifest.tables, label) && (tables === null || tables.includes(label)),
      );
      await assertRoomToReplace(connection, restored, isReplica);
    } catch (error) {
      throw explain(error, target);
    } finally {
      await connection.close(); // nothing of it is to stay
    }
  }

  async restore(target: ServerTarget, plan: RestorePlan, context: TaskContext): Promise<RestoreOutcome> {
    const connection = await PostgresConnection.open(target);
    try {
      const migrations = locateMigrations(connection, target.migrationsTable);
      await connection.begin('READ WRITE');
      await requireDurableCommit(connection);
      const outcome = await new PostgresRestore(connection, migrations, plan, context).run();
      await context.breathe(); // a parent that is gone stops us here, before anything is final
      await context.whileHeld(() => commit(connection, target));
      return outcome;
    } catch (error) {
      throw explain(error, target);
    } finally {
      await connection.close(); // what has not committed is undone by the server
    }
  }
}

/** They lie in no table, and a row that names one would lead nowhere. */
async function refuseLargeObjects(connection: PostgresConnection): Promise<void> {
  const [found] = await connection.query<{ any: boolean }>(
    'SELECT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) AS any',
  );
  if (!found!.any) return;
  throw new BackupError(
    'UNSUPPORTED',
    'The database holds large objects, which JSON snapshots do not capture. Use the native engine, or keep them in bytea columns.',
  );
}

async function describeSchema(
  connection: PostgresConnection,
  layouts: readonly TableLayout[],
  migrations: MigrationsTable,
): Promise<SchemaInfo> {
  const leftOut = await readLeftOut(connection);
  return {
    fingerprint: fingerprint(layouts),
    migrations: migrations.applied,
    ddl: await readStatements(connection, layouts),
    ...(leftOut.length > 0 && { left_out: leftOut }),
  };
}

function capturedTable(connection: PostgresConnection, target: ServerTarget, layout: TableLayout): CapturedTable {
  return {
    name: layout.label,
    columns: layout.columns.map(({ name, type }) => ({ name, type })),
    primaryKey: layout.primaryKey,
    lines: () => {
      if (layout.isUnlogged && connection.surroundings.isStandby) throw unloggedOnStandby(layout.label, target);
      // The indexes that the planner looks at are locked too: of thousands of tables that is more than the server has room for.
      const lines = connection.releasingLocks(() => readRowLines(connection, layout));
      return explained(target, lines);
    },
  };
}

function sequenceTable(lines: Buffer): CapturedTable {
  return {
    name: SEQUENCE_TABLE,
    columns: SEQUENCE_COLUMNS.map(({ name, type }) => ({ name, type })),
    primaryKey: ['name'],
    lines: () => (lines.length > 0 ? [Buffer.from(lines)] : []),
  };
}

async function estimatedBytes(connection: PostgresConnection, layouts: readonly TableLayout[]): Promise<number> {
  const [sum] = await connection.query<{ bytes: string | null }>(
    'SELECT pg_catalog.sum(pg_catalog.pg_table_size(oid))::pg_catalog.text AS bytes FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS oid',
    [layouts.map(({ oid }) => oid)],
  );
  return Number(sum?.bytes ?? 0);
}

/** Such as 15.4, without what the packager adds. */
async function serverVersion(connection: PostgresConnection): Promise<string> {
  const [row] = await connection.query<{ version: string }>(
    `SELECT pg_catalog.current_setting('server_version') AS version`,
  );
  return row!.version.split(' ')[0]!;
}

async function* explained(target: ServerTarget, lines: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* lines;
  } catch (error) {
    throw explain(error, target);
  }
}
