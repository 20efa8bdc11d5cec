import type { Connection } from './sqlite.connection.js';
import { literal } from './sqlite.connection.js';
import { isRefusal } from './sqlite.schema-text.js';

/** More say nothing that these do not. */
const MOST_FINDINGS = 100;
/** Rows that break a rule of their table: as it is in the source, and for its owner to mend; the file itself is sound. */
const RULE_BROKEN_BY_ROWS = /^(CHECK constraint failed in |\S+ value in )/;

/**
 * Damage that SQLite's `quick_check` finds: it reads every page once and does not compare indexes with their tables. A table that only the application can check, for it
 * has the collation or function, is left out.
 */
export function findDamage(connection: Connection): string[] {
  connection.pragma('ignore_check_constraints = on');
  try {
    return damageIn(connection, MOST_FINDINGS);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return tablesOf(connection).flatMap((table) => damageInTable(connection, table));
  }
}

const tablesOf = (connection: Connection): string[] =>
  connection
    .prepare(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')`)
    .pluck()
    .all() as string[];

function damageInTable(connection: Connection, table: string): string[] {
  try {
    return damageIn(connection, literal(table));
  } catch (error) {
    if (isRefusal(error)) return [];
    throw error;
  }
}

function damageIn(connection: Connection, what: number | string): string[] {
  const found = connection.pragma(`main.quick_check(${what})`) as { quick_check: string }[];
  return found
    .map((row) => row.quick_check)
    .filter((finding) => finding !== 'ok' && !RULE_BROKEN_BY_ROWS.test(finding));
}
