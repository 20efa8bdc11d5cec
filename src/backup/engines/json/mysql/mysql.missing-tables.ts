import { BackupError } from '../../../model/errors.js';
import { literal, quoted, type MysqlConnection } from './mysql.connection.js';
import { readCreateTable } from './mysql.create-table.js';
import { splitMode } from './mysql.definitions.js';

const NAME = '`(?:[^`]|``)*`|[^\\s`(]+';
const CREATED = new RegExp(
  `^\\s*CREATE\\b[^]*?\\s(VIEW|FUNCTION|PROCEDURE|TRIGGER)\\s+(?:(?:${NAME})\\.)?(${NAME})`,
  'i',
);
const TRIGGER_TABLE = new RegExp(`\\sON\\s+(?:(?:${NAME})\\.)?(${NAME})\\s+FOR\\s+EACH\\s+ROW`, 'i');

type Created = 'TABLE' | 'VIEW' | 'FUNCTION' | 'PROCEDURE' | 'TRIGGER';

interface Statement {
  type: Created;
  name: string;
  mode: string;
  sql: string;
}

/**
 * Builds tables that a snapshot holds and the database lacks, out of the statements in its manifest, together with their triggers, and in an empty database the
 * views and routines. Each statement stands as soon as it was run: a restore that fails later leaves empty tables behind, and can be tried again.
 */
export class MissingTables {
  /** A sentence for each thing that could not be built. */
  readonly warnings: string[] = [];
  private readonly statements: Statement[];

  constructor(
    private readonly connection: MysqlConnection,
    ddl: readonly string[],
  ) {
    this.statements = ddl.flatMap((text) => {
      const { mode, statement: sql } = splitMode(text);
      const table = readCreateTable(sql);
      if (table) return [{ type: 'TABLE', name: table.name, mode, sql }];
      const [, type, name] = CREATED.exec(sql) ?? [];
      return type && name ? [{ type: type.toUpperCase() as Created, name: unquote(name), mode, sql }] : [];
    });
  }

  /** @param isWanted which tables are to be there */
  async create(isWanted: (table: string) => boolean, withViews: boolean): Promise<void> {
    const present = await this.presentNames();
    const tables = this.of('TABLE').filter(({ name }) => isWanted(name) && !present.has(name));
    await this.connection.run('SET SESSION foreign_key_checks = 0'); // tables may refer to ones that come later
    for (const table of tables) await this.createOne(table);
    await this.connection.run('SET SESSION foreign_key_checks = 1');
    if (withViews) {
      for (const routine of [...this.of('FUNCTION'), ...this.of('PROCEDURE')])
        if (!present.has(routine.name)) await this.createOne(routine);
      await this.createViews(this.of('VIEW').filter(({ name }) => !present.has(name)));
    }
    const created = new Set(tables.map(({ name }) => name));
    for (const trigger of this.of('TRIGGER'))
      if (created.has(unquote(TRIGGER_TABLE.exec(trigger.sql)?.[1] ?? ''))) await this.createOne(trigger);
  }

  private of(type: Created): Statement[] {
    return this.statements.filter((statement) => statement.type === type);
  }

  private async presentNames(): Promise<Set<string | null | undefined>> {
    const rows = await this.connection.rows(
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
       UNION SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()`,
    );
    return new Set(rows.map(({ name }) => name));
  }

  /** A view may be made of others, so those that could not be built are tried again as long as any could. */
  private async createViews(views: Statement[]): Promise<void> {
    const warnings = this.warnings.length;
    const left: Statement[] = [];
    for (const view of views) if (!(await this.createOne(view))) left.push(view);
    if (left.length === 0 || left.length === views.length) return;
    this.warnings.length = warnings;
    await this.createViews(left);
  }

  private async createOne({ name, mode, sql }: Statement): Promise<boolean> {
    try {
      await this.connection.withMode(mode, () => this.connection.run(sql)); // one statement only: a manifest is data
      return true;
    } catch (error) {
      if (!(error instanceof BackupError) || error.code === 'DATABASE_LOCKED') throw error;
      this.warnings.push(
        `"${name}" of the snapshot could not be created in the database and was left out: ${error.message}`,
      );
      return false;
    }
  }
}

/** So that the application does not run them again over the tables that have just come back. TypeORM's names end with their timestamp. */
export async function recordMigrations(
  connection: MysqlConnection,
  table: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const timestamp = Number(/\d{13}$/.exec(name)?.[0] ?? 0);
    await connection.run(`INSERT INTO ${quoted(table)} (timestamp, name) VALUES (${timestamp}, ${literal(name)})`);
  }
}

const unquote = (name: string): string => (name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name);
