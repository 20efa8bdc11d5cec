import { literal, quoted, type Connection } from './sqlite.connection.js';
import { createObject } from './sqlite.schema-text.js';
import { parseStatement } from './sqlite.statements.js';
import { fullTextContent, virtualTableDefinition } from './sqlite.schema.js';

interface SchemaObject {
  type: 'index' | 'trigger' | 'view';
  name: string;
  sql: string;
}

/**
 * Takes indexes, triggers and views away while rows are replaced, and puts them back as they were: so no trigger fires, and an index is built once
 * instead of row by row. All of them go and come in the database's own order, which therefore stays what it was; everything is inside the
 * caller's transaction.
 */
export class SetAsideObjects {
  private readonly objects: SchemaObject[];
  private readonly statistics: Map<string, unknown[][]>;

  /** @param tables only what belongs to these tables, or null for all */
  constructor(
    private readonly connection: Connection,
    tables: readonly string[] | null,
  ) {
    const chosen =
      tables === null
        ? ''
        : `AND type <> 'view' AND tbl_name COLLATE NOCASE IN (${tables.map(literal).join(', ') || 'NULL'})`;
    this.objects = connection
      .prepare(
        `SELECT type, name, sql FROM main.sqlite_schema WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL ${chosen} ORDER BY rowid`,
      )
      .all() as SchemaObject[];
    this.statistics = this.readStatistics();
    for (const type of ['trigger', 'view', 'index'] as const) {
      for (const object of this.objects.filter((o) => o.type === type))
        connection.exec(`DROP ${type.toUpperCase()} main.${quoted(object.name)}`);
    }
  }

  /** @param isAsCaptured whether the snapshot has an object of this very statement, so that it takes the rows whatever they are */
  putBack(isAsCaptured: (sql: string) => boolean): void {
    for (const { sql } of this.objects) createObject(this.connection, parseStatement(sql)!, isAsCaptured(sql));
    for (const [table, rows] of this.statistics) {
      this.connection.exec(`DELETE FROM main.${table}`);
      for (const row of rows)
        this.connection.prepare(`INSERT INTO main.${table} VALUES (${row.map(() => '?').join(', ')})`).run(row);
    }
  }

  /** Dropping an index drops what the query planner knows of it. Not kept in a temporary table, whose name would hide a table of the application. */
  private readStatistics(): Map<string, unknown[][]> {
    const tables = this.connection
      .prepare(`SELECT name FROM main.sqlite_schema WHERE name IN ('sqlite_stat1', 'sqlite_stat4')`)
      .pluck()
      .all() as string[];
    return new Map(
      tables.map((table) => {
        const rows = this.connection.prepare(`SELECT * FROM main.${table}`).raw().safeIntegers().all();
        return [table, rows as unknown[][]];
      }),
    );
  }
}

/**
 * Full-text indexes over other tables follow their tables' new rows.
 * @returns a sentence for each index that cannot be brought up to date
 */
export function rebuildFullTextIndexes(connection: Connection): string[] {
  const names = connection
    .prepare(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual' ORDER BY name`)
    .pluck()
    .all() as string[];
  const warnings: string[] = [];
  for (const name of names) {
    const definition = virtualTableDefinition(connection, name);
    if (!definition?.module.match(/^fts[345]$/)) continue;
    const content = fullTextContent(definition.args);
    if (content === 'external') warnings.push(...rebuild(connection, name));
    if (content === 'none')
      warnings.push(
        `The full-text index "${name}" stores no content, so it was not changed: let the application rebuild it.`,
      );
  }
  return warnings;
}

function rebuild(connection: Connection, name: string): string[] {
  try {
    connection.exec(`INSERT INTO main.${quoted(name)}(${quoted(name)}) VALUES('rebuild')`);
    return [];
  } catch (error) {
    return [`The full-text index "${name}" could not be rebuilt: ${(error as Error).message}.`];
  }
}
