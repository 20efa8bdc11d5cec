/** Statements of one kind that belong to no table. */
export const objects = (sql: string): string =>
  `SELECT sql, NULL::pg_catalog.text AS table_schema, NULL::pg_catalog.text AS table_name FROM (${sql}) AS o`;
