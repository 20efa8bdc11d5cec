import type { ServerTarget } from '../../database-target.js';
import { quoted, MysqlConnection } from './mysql.connection.js';
import { isForbidden, isMissingTable } from './mysql.errors.js';

/**
 * Keeps others from writing to tables whose engine knows no transactions, so that they can be read as of the moment of a transaction that begins meanwhile. A
 * connection of its own: on that of the transaction, the beginning of it would release the locks.
 */
export class ReadLocks {
  static readonly NONE = new ReadLocks(null);

  private constructor(private readonly connection: MysqlConnection | null) {}

  /**
   * @returns null where the account may not lock tables; `changed` where one of them is gone
   * @throws BackupError `DATABASE_LOCKED` where somebody writes to one of them for longer than the busy timeout
   */
  static async of(target: ServerTarget, tables: readonly string[]): Promise<ReadLocks | 'changed' | null> {
    if (tables.length === 0) return ReadLocks.NONE;
    const connection = await MysqlConnection.open(target);
    try {
      await connection.run(`LOCK TABLES ${tables.map((table) => `${quoted(table)} READ`).join(', ')}`);
      return new ReadLocks(connection);
    } catch (error) {
      connection.close();
      if (isForbidden(error)) return null;
      if (isMissingTable(error)) return 'changed';
      throw error;
    }
  }

  /** @throws BackupError `DATABASE_UNAVAILABLE` where they were lost meanwhile, with their connection */
  async assertHeld(): Promise<void> {
    await this.connection?.run('DO 0');
  }

  /** The server releases them when their connection ends. */
  release(): void {
    this.connection?.close();
  }
}
