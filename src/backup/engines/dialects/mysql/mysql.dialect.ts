import type { DatabaseManifest } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { ServerTarget } from '../../database-target.js';
import type { RestoreOutcome, SchemaDifference } from '../../database.engine.js';
import type { CaptureSession, Dialect, RestorePlan } from '../dialect.js';
import { beginCapture } from './mysql.capture.js';
import { MysqlConnection } from './mysql.connection.js';
import { schemaDifferences } from './mysql.differences.js';
import { listTables } from './mysql.schema.js';
import { RestoreSession } from './mysql.restore-session.js';
import { namesIn, TableNames } from './mysql.table-names.js';
import { finishInterruptedRestore } from './mysql.unfinished.js';

/** MySQL 8 and MariaDB: the server prints the rows as JSON texts, and reads them back as literals. */
export class MysqlDialect implements Dialect<ServerTarget> {
  /** Writes nothing: what an interrupted restore left is put in order by whoever works with the rows. */
  async listTables(target: ServerTarget): Promise<string[]> {
    const connection = await MysqlConnection.open(target);
    try {
      const names = await TableNames.of(connection, [target.migrationsTable]);
      return await listTables(connection, names.liveName(target.migrationsTable));
    } finally {
      connection.close();
    }
  }

  async beginCapture(target: ServerTarget, chosen?: readonly string[]): Promise<CaptureSession> {
    const begin = async (connection: MysqlConnection) => {
      const names = await TableNames.of(connection, [target.migrationsTable]);
      return beginCapture(
        connection,
        { ...target, migrationsTable: names.liveName(target.migrationsTable) },
        chosen && chosen.map((name) => names.liveName(name)),
      );
    };
    return this.onConnection(target, begin, 'kept');
  }

  compareSchema(
    target: ServerTarget,
    manifest: DatabaseManifest,
    tables: string[] | null,
  ): Promise<SchemaDifference[]> {
    return this.onConnection(target, async (connection) => {
      const names = await namesOn(connection, target, manifest);
      const chosen = tables && tables.map((name) => names.liveName(name));
      return schemaDifferences(connection, names.adapt(manifest), names.liveName(target.migrationsTable), chosen);
    });
  }

  /** A user who may write to a server that is read-only may begin such a transaction, too. */
  assertReady(target: ServerTarget): Promise<void> {
    return this.onConnection(target, async (connection) => {
      await connection.run('START TRANSACTION READ WRITE');
      await connection.run('ROLLBACK');
    });
  }

  restore(target: ServerTarget, plan: RestorePlan, context: TaskContext): Promise<RestoreOutcome> {
    return this.onConnection(target, async (connection) => {
      const names = await namesOn(connection, target, plan.manifest);
      const there = { ...target, migrationsTable: names.liveName(target.migrationsTable) };
      return names.restore(plan, (adapted) => new RestoreSession(connection, there, adapted, names, context).run());
    });
  }

  /** Whatever is done here, what an interrupted restore left behind is put in order first. */
  private async onConnection<T>(
    target: ServerTarget,
    work: (connection: MysqlConnection) => Promise<T>,
    after: 'closed' | 'kept' = 'closed',
  ): Promise<T> {
    const connection = await MysqlConnection.open(target);
    try {
      await finishInterruptedRestore(connection);
      const result = await work(connection);
      if (after === 'closed') connection.close();
      return result;
    } catch (error) {
      connection.close();
      throw error;
    }
  }
}

const namesOn = (connection: MysqlConnection, { migrationsTable }: ServerTarget, manifest: DatabaseManifest) =>
  TableNames.of(connection, [...namesIn(manifest), migrationsTable]);
