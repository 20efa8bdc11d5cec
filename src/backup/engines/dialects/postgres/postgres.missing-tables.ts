import type { PostgresConnection } from './postgres.connection.js';
import type { ServerError } from './postgres.errors.js';
import { literal, qualified } from './postgres.names.js';
import type { MigrationsTable } from './postgres.schema.js';
import { statementOf } from './postgres.statement-head.js';

/** SQLSTATEs of what is there already. */
const EXISTS = new Set(['42P06', '42P07', '42710', '42723']);
const CREATES_TABLE = /^CREATE (?:UNLOGGED )?TABLE /;
/** A default may count on it. */
const CREATES_SEQUENCE = /^CREATE (?:UNLOGGED )?SEQUENCE /;
/** Views, and what stands alone only because it hangs on one: they read tables, and no table is made of them. */
const NEEDS_TABLES =
  /^(?:CREATE (?:(?:MATERIALIZED )?VIEW|(?:UNIQUE )?INDEX|TRIGGER|RULE|STATISTICS)|COMMENT ON|ALTER (?:TABLE|INDEX|STATISTICS)) /;
/** Refreshed with those that were there: see `refreshMaterializedViews`. */
const REFRESHES = /^REFRESH MATERIALIZED VIEW /;
/** What would act on what is done after it. */
const COMES_LAST = /^(?:(?:CREATE|ALTER) (?:EVENT TRIGGER|PUBLICATION)|COMMENT ON (?:EVENT TRIGGER|PUBLICATION)) /;

interface Statement {
  sql: string;
  /** The table that it builds or belongs to. */
  table: string | null;
}

type Failure = [Statement, ServerError];

/**
 * Builds tables that a snapshot holds and the database lacks, out of the statements in its manifest, together with what hangs on them: constraints, indexes,
 * triggers; and in a whole restore everything else that the database lacks. What is there is left as it is.
 */
export class MissingTables {
  /** A sentence for each thing that could not be built. */
  readonly warnings: string[] = [];
  private readonly statements: Statement[];
  private readonly created = new Set<string>();

  constructor(
    private readonly connection: PostgresConnection,
    ddl: readonly string[],
  ) {
    this.statements = ddl.map((text) => {
      const { sql, table } = statementOf(text);
      return { sql: sql.replace(/^CREATE OR REPLACE /, 'CREATE '), table };
    });
  }

  /** All but what comes last. @param chosen the tables that are wanted; null for everything */
  async create(chosen: readonly string[] | null): Promise<void> {
    const isWanted = ({ sql, table }: Statement) =>
      !REFRESHES.test(sql) && !COMES_LAST.test(sql) && (table === null || chosen === null || chosen.includes(table));
    const wanted = this.statements.filter(isWanted);
    const standsAlone = ({ sql, table }: Statement) => table === null && !NEEDS_TABLES.test(sql);
    const isFirst = (statement: Statement) =>
      CREATES_TABLE.test(statement.sql) || CREATES_SEQUENCE.test(statement.sql) || standsAlone(statement);
    // A function may take the row of a view, and a table have a column of what that function makes: so what failed is tried again beside the rest.
    const again = (await this.build(wanted.filter(isFirst))).map(([statement]) => statement);
    const isOfNewTable = ({ table }: Statement) =>
      table !== null && (this.created.has(table) || again.some((other) => other.table === table));
    const isSecond = (statement: Statement) =>
      again.includes(statement) ||
      (!isFirst(statement) && (statement.table === null ? chosen === null : isOfNewTable(statement)));
    const failures = await this.build(wanted.filter(isSecond));
    this.tell(failures.filter(([{ table }]) => chosen === null || table !== null));
  }

  /** To be called once the rows are there, of a whole restore. */
  async complete(): Promise<void> {
    this.tell(await this.build(this.statements.filter(({ sql }) => COMES_LAST.test(sql))));
  }

  /**
   * Statements may need each other in any order: whatever fails is tried again as long as anything else succeeds.
   * @returns what failed in the end
   */
  private async build(statements: readonly Statement[]): Promise<Failure[]> {
    let left = statements;
    let failures: Failure[] = [];
    for (let before = Infinity; left.length > 0 && left.length < before;) {
      before = left.length;
      failures = [];
      for (const statement of left) {
        const failure = await this.connection.attempt(statement.sql);
        if (failure) failures.push([statement, failure]);
        else if (statement.table !== null && CREATES_TABLE.test(statement.sql)) this.created.add(statement.table);
      }
      failures = failures.filter(([, { code }]) => !EXISTS.has(code ?? ''));
      left = failures.map(([statement]) => statement);
    }
    return failures;
  }

  private tell(failures: readonly Failure[]): void {
    for (const [{ sql }, { message }] of failures)
      this.warnings.push(`"${firstLine(sql)}" of the snapshot could not be run and was left out: ${message}.`);
  }
}

/** The materialized views that held rows when the snapshot was taken, as SQL writes them. */
export const populatedViews = (ddl: readonly string[]): string[] =>
  ddl.filter((sql) => REFRESHES.test(sql)).map((sql) => sql.replace(REFRESHES, ''));

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
