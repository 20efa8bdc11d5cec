import { BackupError } from '../../../model/errors.js';
import { quoted, type Connection } from './sqlite.connection.js';
import { relaxTable } from './sqlite.relaxed-table.js';
import { isRefusal } from './sqlite.schema-text.js';
import { readLayouts, type TableLayout } from './sqlite.schema.js';
import { declareSchema } from './sqlite.snapshot-schema.js';
import { parseStatement } from './sqlite.statements.js';
import { TableRowWriter } from './sqlite.table-writer.js';

export interface UnwritableTable {
  table: string;
  /** In SQLite's words. */
  reason: string;
}

/**
 * Tables whose rows and indexes only the application can write: a key or an index is sorted by its collation, or computed by its function. Told by having SQLite
 * prepare what a restore would run, in an empty schema in memory.
 */
export function findUnwritable(
  ddl: readonly string[],
  migrationsTable: string,
  isMeant: (table: string) => boolean,
): UnwritableTable[] {
  // Triggers are set aside by a restore.
  const { scratch } = declareSchema(ddl.filter((sql) => parseStatement(sql)?.type !== 'trigger'));
  try {
    scratch.pragma('ignore_check_constraints = on');
    scratch.pragma('foreign_keys = off'); // as in a restore: a parent that nothing can refer to is no reason to refuse
    return readLayouts(scratch, migrationsTable)
      .filter(({ name }) => isMeant(name))
      .flatMap((layout) => {
        const reason = whyUnwritable(scratch, layout);
        return reason === null ? [] : [{ table: layout.name, reason }];
      });
  } finally {
    scratch.close();
  }
}

function whyUnwritable(scratch: Connection, layout: TableLayout): string | null {
  const columns = layout.columns.map(({ name }) => name);
  const write = () => refusal(() => new TableRowWriter(scratch, layout, columns));
  const indexes = refusal(() => scratch.prepare(`REINDEX main.${quoted(layout.name)}`));
  if (indexes !== null) return indexes;
  const asItIs = write();
  if (asItIs === null) return null;
  return relaxTable(scratch, layout) ? write() : asItIs;
}

function refusal(attempt: () => unknown): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    if (isRefusal(error)) return (error as Error).message;
    throw error;
  }
}

/**
 * @param advice what to do instead
 * @throws BackupError `UNSUPPORTED` where there is such a table, which cannot be restored row by row
 */
export function assertWritable(unwritable: readonly UnwritableTable[], advice: string): void {
  const [first] = unwritable;
  if (!first) return;
  const more = unwritable.length > 1 ? `, and ${unwritable.length - 1} more tables` : '';
  throw new BackupError(
    'UNSUPPORTED',
    `The table ${JSON.stringify(first.table)} cannot be restored row by row: it needs a collation or a function of the application (${first.reason})${more}. ${advice}`,
  );
}
