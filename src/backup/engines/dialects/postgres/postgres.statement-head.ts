import type { ComparedTable } from '../schema-differences.js';
import type { TableLayout } from './postgres.schema.js';

/**
 * The first line of a statement in a manifest that belongs to a table: a comment that says which. That of a captured table's own statement says of it what
 * can be compared with a live one, since SQL is for the server to read.
 */
interface StatementHead {
  table: string;
  columns?: { name: string; type: string; not_null: boolean }[];
  primary_key?: string[];
}

const HEAD = /^-- (\{.*\})\n/;

/** A statement that belongs to this table. */
export const belongingTo = (table: string, sql: string): string => withHead({ table }, sql);

/** The statement that creates this table. */
export function creating({ label, columns, primaryKey }: TableLayout, sql: string): string {
  const described = columns.map(({ name, type, notNull }) => ({ name, type, not_null: notNull }));
  return withHead({ table: label, columns: described, primary_key: primaryKey }, sql);
}

/** A statement without its head, and the table that it belongs to, if any. */
export function statementOf(text: string): { sql: string; table: string | null } {
  return { sql: text.replace(HEAD, ''), table: headOf(text)?.table ?? null };
}

/** The tables as they were when the snapshot was taken, as its manifest's statements tell. */
export function describedTables(ddl: readonly string[]): ComparedTable[] {
  return ddl.flatMap((text) => {
    const { table: name, columns, primary_key: primaryKey } = headOf(text) ?? {};
    if (typeof name !== 'string' || !Array.isArray(columns) || !Array.isArray(primaryKey)) return [];
    return [{ name, columns: columns.map((c) => ({ name: c.name, type: c.type, notNull: c.not_null })), primaryKey }];
  });
}

/** A manifest is data: what does not read as a head is none. */
function headOf(text: string): StatementHead | null {
  const head = HEAD.exec(text)?.[1];
  if (head === undefined) return null;
  try {
    return JSON.parse(head) as StatementHead;
  } catch {
    return null;
  }
}

const withHead = (head: StatementHead, sql: string): string => `-- ${JSON.stringify(head)}\n${sql}`;
