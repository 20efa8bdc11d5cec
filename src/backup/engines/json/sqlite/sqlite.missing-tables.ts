import { quoted, type Connection } from './sqlite.connection.js';

const IDENTIFIER = `("(?:[^"]|"")*"|\`(?:[^\`]|\`\`)*\`|\\[[^\\]]*\\]|'(?:[^']|'')*'|[^\\s("'\`\\[]+)`;
const CREATED = new RegExp(
  `^\\s*CREATE\\s+(?:UNIQUE\\s+|VIRTUAL\\s+)?(TABLE|INDEX|VIEW|TRIGGER)\\s+${IDENTIFIER}`,
  'i',
);

interface Statement {
  sql: string;
  type: string;
  name: string;
}

/**
 * Builds tables that a snapshot holds and the database lacks, out of the statements in its manifest, together with what hangs on them: their
 * indexes and triggers, and in an empty database the views.
 */
export class MissingTables {
  /** A sentence for each thing that could not be built. */
  readonly warnings: string[] = [];
  private readonly statements: Statement[];

  constructor(
    private readonly connection: Connection,
    ddl: readonly string[],
  ) {
    this.statements = ddl.flatMap((sql) => {
      const [, type, name] = CREATED.exec(sql) ?? [];
      return type && name ? [{ sql, type: type.toUpperCase(), name: unquote(name) }] : [];
    });
  }

  /** @param isWanted which tables are to be there */
  create(isWanted: (table: string) => boolean, withViews: boolean): void {
    const before = this.tableNames();
    // Virtual tables first: they bring the shadow tables that the manifest lists too.
    const tables = this.statements.filter(({ type, name }) => type === 'TABLE' && !name.startsWith('sqlite_'));
    for (const table of [...tables.filter(isVirtual), ...tables.filter((t) => !isVirtual(t))])
      if (isWanted(table.name)) this.createUnlessThere(table);
    if (withViews)
      for (const view of this.statements.filter(({ type }) => type === 'VIEW')) this.createUnlessThere(view);
    const created = new Set([...this.tableNames()].filter((name) => !before.has(name)));
    for (const statement of this.statements)
      if (statement.type === 'INDEX' || statement.type === 'TRIGGER') this.createIfOn(created, statement);
  }

  /** An index or a trigger tells only once it is there which table it belongs to. */
  private createIfOn(created: ReadonlySet<string>, statement: Statement): void {
    this.connection.exec('SAVEPOINT missing');
    const warnings = this.warnings.length;
    this.createUnlessThere(statement);
    const table = this.tableOf(statement);
    const isOurs = table !== undefined && created.has(table);
    if (!isOurs && table !== undefined) this.connection.exec('ROLLBACK TO missing');
    if (table === undefined && !this.concernsAny(created, statement)) this.warnings.length = warnings;
    this.connection.exec('RELEASE missing');
  }

  /** What could not be built is worth a word only where it may belong to a table that has just been made. */
  private concernsAny(created: ReadonlySet<string>, { sql }: Statement): boolean {
    return [...created].some((name) => sql.toLowerCase().includes(name.toLowerCase()));
  }

  private createUnlessThere(statement: Statement): void {
    if (this.tableOf(statement) !== undefined) return;
    try {
      this.connection.prepare(statement.sql).run(); // one statement only: a manifest is data
    } catch (error) {
      this.warnings.push(
        `"${statement.name}" of the snapshot could not be created in the database and was left out: ${(error as Error).message}.`,
      );
    }
  }

  private tableOf({ type, name }: Statement): string | undefined {
    return this.connection
      .prepare('SELECT tbl_name FROM main.sqlite_schema WHERE type = ? AND name = ? COLLATE NOCASE')
      .pluck()
      .get(type.toLowerCase(), name) as string | undefined;
  }

  private tableNames(): Set<string> {
    const names = this.connection
      .prepare(`SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view')`)
      .pluck()
      .all();
    return new Set(names as string[]);
  }
}

/** So that the application does not run them again over the tables that have just come back. TypeORM's names end with their timestamp. */
export function recordMigrations(connection: Connection, table: string, names: readonly string[]): void {
  const present = connection.prepare('SELECT count(*) FROM main.sqlite_schema WHERE name = ?').pluck().get(table);
  if (present !== 1) return;
  const record = connection.prepare(`INSERT INTO main.${quoted(table)} ("timestamp", "name") VALUES (?, ?)`);
  for (const name of names) record.run(Number(/\d{13}$/.exec(name)?.[0] ?? 0), name);
}

const isVirtual = ({ sql }: Statement): boolean => /^\s*CREATE\s+VIRTUAL\s/i.test(sql);

function unquote(identifier: string): string {
  if (!/^["'`[]/.test(identifier)) return identifier;
  const close = identifier[0] === '[' ? ']' : identifier[0]!;
  return identifier.slice(1, -1).replaceAll(close + close, close);
}
