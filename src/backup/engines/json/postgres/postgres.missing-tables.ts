import type { PostgresConnection } from './postgres.connection.js';
import type { ServerError } from './postgres.errors.js';
import { literal, qualified } from './postgres.names.js';
import type { MigrationsTable } from './postgres.schema.js';
import { statementOf } from './postgres.statement-head.js';

/** SQLSTATEs of what is there already. */
const EXISTS = new Set(['42P06', '42P07', '42710', '42723']);
const CREATES_TABLE = /^CREATE (?:UNLOGGED )?TABLE /;
/** A default may count on it. */
const CREATES_SEQUENCE = /^CREATE SEQUENCE /;
/** Views, and what stands alone only because it hangs on one: they read tables, and no table is made of them. */
const NEEDS_TABLES = /^(?:CREATE (?:(?:MATERIALIZED )?VIEW|(?:UNIQUE )?INDEX|TRIGGER)|COMMENT ON) /;

interface Statement {
  sql: string;
  /** The table that it builds or belongs to. */
  table: string | null;
}

/**
 * Builds tables that a snapshot holds and the database lacks, out of the statements in its manifest, together with what hangs on them: constraints, indexes,
 * triggers; and in a whole restore everything else that the database lacks. What is there is left as it is.
 */
export class MissingTables {
  /** A sentence for each thing that could not be built. */
  readonly warnings: string[] = [];
  private readonly statements: Statement[];

  constructor(
    private readonly connection: PostgresConnection,
    ddl: readonly string[],
  ) {
    this.statements = ddl.map((text) => {
      const { sql, table } = statementOf(text);
      return { sql: sql.replace(/^CREATE OR REPLACE /, 'CREATE '), table };
    });
  }

  /** @param chosen the tables that are wanted; null for everything */
  async create(chosen: readonly string[] | null): Promise<void> {
    await this.connection.run('SET LOCAL check_function_bodies = off');
    const isWanted = ({ table }: Statement) => table === null || chosen === null || chosen.includes(table);
    const wanted = this.statements.filter(isWanted);
    const standsAlone = ({ sql, table }: Statement) => table === null && !NEEDS_TABLES.test(sql);
    const isFirst = (statement: Statement) =>
      CREATES_TABLE.test(statement.sql) || CREATES_SEQUENCE.test(statement.sql) || standsAlone(statement);
    const created = await this.build(wanted.filter(isFirst), chosen === null);
    const isSecond = (statement: Statement) =>
      !isFirst(statement) && (statement.table === null ? chosen === null : created.has(statement.table));
    await this.build(wanted.filter(isSecond), true);
  }

  /**
   * Statements may need each other in any order: whatever fails is tried again as long as anything else succeeds.
   * @param all say of every one that failed, not only of tables
   * @returns the tables that were made
   */
  private async build(statements: readonly Statement[], all: boolean): Promise<Set<string>> {
    const created = new Set<string>();
    let left = statements;
    let failures: [Statement, ServerError][] = [];
    for (let before = Infinity; left.length > 0 && left.length < before;) {
      before = left.length;
      failures = [];
      for (const statement of left) {
        const failure = await this.connection.attempt(statement.sql);
        if (failure) failures.push([statement, failure]);
        else if (statement.table !== null && CREATES_TABLE.test(statement.sql)) created.add(statement.table);
      }
      failures = failures.filter(([, { code }]) => !EXISTS.has(code ?? ''));
      left = failures.map(([statement]) => statement);
    }
    for (const [{ sql, table }, { message }] of failures)
      if (all || table !== null)
        this.warnings.push(`"${firstLine(sql)}" of the snapshot could not be done and was left out: ${message}.`);
    return created;
  }
}

const firstLine = (sql: string): string => sql.split('\n', 1)[0]!.slice(0, 120);

/** So that the application does not run them again over the tables that have just come back. TypeORM's names end with their timestamp. */
export async function recordMigrations(
  connection: PostgresConnection,
  table: MigrationsTable,
  names: readonly string[],
): Promise<void> {
  const values = names.map((name) => `(${Number(/\d{13}$/.exec(name)?.[0] ?? 0)}, ${literal(name)})`);
  if (values.length > 0)
    await connection.run(`INSERT INTO ${qualified(table)} ("timestamp", name) VALUES ${values.join(', ')}`);
}
