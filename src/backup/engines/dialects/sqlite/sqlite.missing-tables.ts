import { quoted, type Connection } from './sqlite.connection.js';
import { createObject, isRefusal } from './sqlite.schema-text.js';
import { virtualFirst, type SchemaObject } from './sqlite.snapshot-schema.js';

/**
 * Builds tables that a snapshot holds and the database lacks, out of the statements in its manifest, together with what hangs on them: their
 * indexes and triggers, and in an empty database the views.
 */
export class MissingTables {
  /** One for each thing that could not be built. */
  readonly sentences: string[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly objects: readonly SchemaObject[],
  ) {}

  /** @param isWanted which tables are to be there */
  create(isWanted: (table: string) => boolean, withViews: boolean): void {
    const before = this.names();
    const created = new Set<string>();
    for (const object of virtualFirst(this.objects)) {
      if (object.type === 'table' ? !isWanted(object.name) : object.type === 'view' && !withViews) continue;
      if (object.type === 'index' || object.type === 'trigger') {
        if (created.has(object.table)) this.createUnlessThere(object);
      } else {
        this.createUnlessThere(object);
        if (!before.has(object.name.toLowerCase())) created.add(object.name);
      }
    }
  }

  private createUnlessThere(object: SchemaObject): void {
    if (this.isThere(object)) return;
    this.connection.exec('SAVEPOINT missing');
    try {
      createObject(this.connection, object);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.connection.exec('ROLLBACK TO missing');
      this.sentences.push(
        `The ${object.type} "${object.name}" of the snapshot could not be created in the database and was left out: ${(error as Error).message}.`,
      );
    }
    this.connection.exec('RELEASE missing');
  }

  private isThere({ type, name }: SchemaObject): boolean {
    const find = this.connection.prepare('SELECT 1 FROM main.sqlite_schema WHERE type = ? AND name = ? COLLATE NOCASE');
    return find.get(type, name) !== undefined;
  }

  /** In lower case, as SQLite compares them. */
  private names(): Set<string> {
    const names = this.connection
      .prepare(`SELECT lower(name) FROM main.sqlite_schema WHERE type IN ('table', 'view')`)
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
