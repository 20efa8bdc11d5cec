import { BackupError } from '../../../model/errors.js';
import { quoted, type Connection } from './sqlite.connection.js';
import { isRefusal } from './sqlite.schema-text.js';

interface BrokenReference {
  child: string;
  parent: string;
  rows: number;
}

/** What `PRAGMA foreign_key_check` finds, table by table: a key that leads to no table or to no unique column makes it fail. */
export class ForeignKeyReport {
  private readonly broken = new Map<string, BrokenReference>();
  private readonly uncheckable: string[] = [];

  static readonly EMPTY = new ForeignKeyReport();

  static of(connection: Connection): ForeignKeyReport {
    const report = new ForeignKeyReport();
    const tables = connection
      .prepare(
        `SELECT t.name FROM pragma_table_list AS t WHERE t.schema = 'main' AND t.type = 'table'
         AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(t.name, 'main')) ORDER BY t.name`,
      )
      .pluck()
      .all() as string[];
    for (const child of tables) report.check(connection, child);
    return report;
  }

  private check(connection: Connection, child: string): void {
    try {
      const found = connection.prepare(`PRAGMA main.foreign_key_check(${quoted(child)})`).all() as { parent: string }[];
      for (const { parent } of found) {
        const key = JSON.stringify([child, parent]);
        const known = this.broken.get(key) ?? { child, parent, rows: 0 };
        this.broken.set(key, { ...known, rows: known.rows + 1 });
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.uncheckable.push(`The foreign keys of table "${child}" could not be checked: ${(error as Error).message}.`);
    }
  }

  /**
   * A reference between two tables that both came back exactly as they were captured is as it was then, broken or not. Any other that is broken now
   * and was not before undoes the restore.
   * @param isAsCaptured whether the table came back exactly
   * @returns what the caller should know though nothing was undone
   */
  judge(before: ForeignKeyReport, isAsCaptured: (table: string) => boolean): string[] {
    const asCaptured: BrokenReference[] = [];
    const caused: BrokenReference[] = [];
    for (const [key, reference] of this.broken) {
      if (isAsCaptured(reference.child) && isAsCaptured(reference.parent)) asCaptured.push(reference);
      else if (reference.rows > (before.broken.get(key)?.rows ?? 0)) caused.push(reference);
    }
    if (caused.length > 0) {
      throw new BackupError(
        'CONSTRAINT_VIOLATION',
        `The restored rows would leave foreign keys that refer to missing rows: ${list(caused)}. Nothing was changed; restore the referenced tables together with them.`,
      );
    }
    if (asCaptured.length === 0) return this.uncheckable;
    const warning = `The snapshot holds rows whose foreign keys refer to missing rows, as the database did when it was taken: ${list(asCaptured)}.`;
    return [...this.uncheckable, warning];
  }
}

const list = (references: BrokenReference[]): string =>
  references.map(({ child, parent, rows }) => `"${child}" → "${parent}" (${rows} rows)`).join(', ');
