/**
 * How the entry of `tables` in a manifest is called that is no table of the database but holds the next values of its keys, by the type of the database.
 * Each name is one that no captured table of that database can have.
 */
export const COUNTERS = {
  sqlite: 'sqlite_sequence',
  postgres: 'pg_catalog.pg_sequences',
  mysql: 'AUTO_INCREMENT of each table (the next number; not a table of the database)',
} as const;

/** The same of MariaDB's sequences, beside the counters of its tables. */
export const MARIADB_SEQUENCES = 'SEQUENCES of the database (where each stands; not a table of the database)';

/**
 * Whether an entry of `tables` holds the counters of the tables rather than rows of its own. Counters belong to their tables: nobody chooses them, and
 * whatever tables are restored get theirs.
 * @param databaseType as the manifest says it: `sqlite`, `postgres`, `mysql`
 */
export function isCounter(databaseType: string, name: string): boolean {
  if (databaseType === 'mysql' && name === MARIADB_SEQUENCES) return true;
  return Object.hasOwn(COUNTERS, databaseType) && COUNTERS[databaseType as keyof typeof COUNTERS] === name;
}

/** The entries that are tables. */
export function withoutCounters<T>(databaseType: string, tables: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(tables).filter(([name]) => !isCounter(databaseType, name)));
}
