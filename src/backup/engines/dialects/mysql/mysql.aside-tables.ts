import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { quoted, MysqlConnection } from './mysql.connection.js';
import { hasTable, type TableLayout } from './mysql.schema.js';

/*
 * What is written to a table whose engine has no transactions stays, whatever becomes of the restore. So its rows go into a table of ours that is built like it; only
 * when that was proved, and the transaction of all other tables has committed, one RENAME puts it in the place of the old one
 * (docs/decisions/0037-tables-without-transactions-on-mysql.md).
 */

const incoming = (n: number): string => `nestjs_backup_new_${n}`;
const outgoing = (n: number): string => `nestjs_backup_old_${n}`;

/** The tables that stand in for those without transactions until a restore has committed. */
export class AsideTables {
  static readonly NONE = new AsideTables(null, []);

  private constructor(
    /** Of their own: nothing that is done to them is part of the restore's transaction. */
    private readonly connection: MysqlConnection | null,
    private readonly tables: readonly string[],
  ) {}

  /** @param layouts tables without transactions */
  static async create(target: ServerTarget, layouts: readonly TableLayout[]): Promise<AsideTables> {
    if (layouts.length === 0) return AsideTables.NONE;
    const connection = await MysqlConnection.open(target);
    try {
      for (const { name, versioned } of layouts) if (versioned) await refuseHistory(connection, name);
      for (const [n, { name }] of layouts.entries())
        await connection.run(`CREATE TABLE ${quoted(incoming(n))} LIKE ${quoted(name)}`);
    } catch (error) {
      connection.close();
      throw error;
    }
    return new AsideTables(
      connection,
      layouts.map(({ name }) => name),
    );
  }

  /** Where the rows of a table go meanwhile; undefined for one that is written to itself. */
  placeOf(layout: TableLayout): { connection: MysqlConnection; layout: TableLayout } | undefined {
    const n = this.tables.indexOf(layout.name);
    return n < 0 || this.connection === null
      ? undefined
      : { connection: this.connection, layout: { ...layout, name: incoming(n) } };
  }

  /** What is left to do when the restore has committed, for {@link swap}. */
  get swaps(): { n: number; table: string }[] {
    return this.tables.map((table, n) => ({ n, table }));
  }

  close(): void {
    this.connection?.close();
  }
}

/** Puts a filled table in its place. Can be done again, wherever it was interrupted; no table may be locked. */
export async function swap(connection: MysqlConnection, n: number, table: string): Promise<void> {
  const [live, next, former] = [quoted(table), quoted(incoming(n)), quoted(outgoing(n))];
  if (await hasTable(connection, incoming(n))) {
    const away = (await hasTable(connection, table)) ? `${live} TO ${former}, ` : '';
    await connection.run(`RENAME TABLE ${away}${next} TO ${live}`);
  }
  await connection.run(`DROP TABLE IF EXISTS ${former}`);
}

/** Of a restore that came to nothing. */
export async function dropAsideTables(connection: MysqlConnection): Promise<void> {
  const tables = await connection.rows(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME REGEXP '^nestjs_backup_new_[0-9]+$'`,
  );
  for (const { name } of tables) await connection.run(`DROP TABLE IF EXISTS ${quoted(String(name))}`);
}

/** A new table has none. */
async function refuseHistory(connection: MysqlConnection, table: string): Promise<void> {
  const name = quoted(table);
  const former = await connection.value(
    `SELECT (SELECT COUNT(*) FROM ${name} FOR SYSTEM_TIME ALL) - (SELECT COUNT(*) FROM ${name})`,
  );
  if (former === '0') return;
  throw new BackupError(
    'UNSUPPORTED',
    `The table "${table}" keeps the history of its rows, which a restore would remove, since its engine has no transactions. Nothing was changed. Convert it first: ALTER TABLE ${name} ENGINE=InnoDB.`,
  );
}
