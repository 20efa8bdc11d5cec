import { BackupError } from '../../../model/errors.js';
import { quoted, type MysqlConnection } from './mysql.connection.js';

/** A reference from columns of one table to those of another, or of the same. */
export interface ForeignKey {
  name: string;
  child: string;
  /** The parent's database, where it is another one. */
  schema: string | null;
  parent: string;
  columns: { child: string; parent: string }[];
}

interface BrokenReference {
  child: string;
  parent: string;
  rows: number;
}

/** The foreign keys of the database's tables, in a stable order. */
export async function readForeignKeys(connection: MysqlConnection): Promise<ForeignKey[]> {
  const rows = await connection.rows(
    `SELECT CONSTRAINT_NAME AS name, TABLE_NAME AS child, COLUMN_NAME AS childcolumn, NULLIF(REFERENCED_TABLE_SCHEMA, DATABASE()) AS parentschema,
     REFERENCED_TABLE_NAME AS parent, REFERENCED_COLUMN_NAME AS parentcolumn FROM information_schema.KEY_COLUMN_USAGE
     WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`,
  );
  const keys = new Map<string, ForeignKey>();
  for (const row of rows) {
    const [name, child, parent] = [String(row['name']), String(row['child']), String(row['parent'])];
    const key = keys.get(JSON.stringify([child, name])) ?? {
      name,
      child,
      parent,
      schema: row['parentschema'] ?? null,
      columns: [],
    };
    key.columns.push({ child: String(row['childcolumn']), parent: String(row['parentcolumn']) });
    keys.set(JSON.stringify([child, name]), key);
  }
  return [...keys.values()];
}

export const parentOf = ({ schema, parent }: ForeignKey): string =>
  schema === null ? quoted(parent) : `${quoted(schema)}.${quoted(parent)}`;

/** Names under which one statement may use a locked table besides others; each has to be locked by itself. */
export const childAlias = (n: number): string => `nestjs_backup_child_${n}`;
export const parentAlias = (n: number): string => `nestjs_backup_parent_${n}`;

/** References that lead nowhere, key by key. */
export class ForeignKeyReport {
  private readonly broken = new Map<string, BrokenReference>();

  static readonly EMPTY = new ForeignKeyReport();

  /** Looks every reference up; the tables are locked under their aliases, whose number is the key's place in the list. */
  static async of(connection: MysqlConnection, keys: readonly ForeignKey[]): Promise<ForeignKeyReport> {
    const report = new ForeignKeyReport();
    for (const [n, key] of keys.entries()) {
      const rows = Number(await connection.value(countBroken(key, childAlias(n), parentAlias(n))));
      const reference = { child: key.child, parent: key.parent, rows };
      if (rows > 0) report.broken.set(JSON.stringify([key.child, key.name]), reference);
    }
    return report;
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
    if (asCaptured.length === 0) return [];
    return [
      `The snapshot holds rows whose foreign keys refer to missing rows, as the database did when it was taken: ${list(asCaptured)}.`,
    ];
  }
}

/** A reference with a NULL in it leads nowhere by intention. */
function countBroken(key: ForeignKey, child: string, parent: string): string {
  const on = key.columns.map((c) => `${parent}.${quoted(c.parent)} = ${child}.${quoted(c.child)}`);
  const set = key.columns.map((c) => `${child}.${quoted(c.child)} IS NOT NULL`);
  return `SELECT COUNT(*) FROM ${quoted(key.child)} AS ${child} WHERE ${set.join(' AND ')}
    AND NOT EXISTS (SELECT 1 FROM ${parentOf(key)} AS ${parent} WHERE ${on.join(' AND ')})`;
}

const list = (references: BrokenReference[]): string =>
  references.map(({ child, parent, rows }) => `"${child}" → "${parent}" (${rows} rows)`).join(', ');
