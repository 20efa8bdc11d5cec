import type { DatabaseManifest } from '../../../model/manifest.js';
import type { SchemaDifference } from '../../database.engine.js';
import { compareMigrations, compareTables, type ComparedTable } from '../schema-differences.js';
import { quoted, type MysqlConnection } from './mysql.connection.js';
import { readCreateTable, type DescribedColumn, type DescribedTable } from './mysql.create-table.js';
import { createTable, STATEMENT_MODE } from './mysql.definitions.js';
import { definitionsIn } from './mysql.missing-tables.js';
import { appliedMigrations, readSchema } from './mysql.schema.js';

/** The tables as they were when the snapshot was taken, told by the statements in its manifest. */
export const tablesOfManifest = ({ schema }: DatabaseManifest, migrationsTable: string): DescribedTable[] =>
  schema.ddl
    .map(readCreateTable)
    .filter((table) => table !== undefined)
    .filter(({ name }) => name !== migrationsTable);

/** Tables as they are, told in the same words. */
export function describeTables(connection: MysqlConnection, names: readonly string[]): Promise<DescribedTable[]> {
  return connection.withMode(STATEMENT_MODE, async () => {
    const tables: DescribedTable[] = [];
    for (const name of names) {
      const table = readCreateTable(await createTable(connection, name));
      if (table) tables.push(table);
    }
    return tables;
  });
}

/** What stands between a snapshot and the live schema. Chosen tables only, where the caller restores only those. */
export async function schemaDifferences(
  connection: MysqlConnection,
  manifest: DatabaseManifest,
  migrationsTable: string,
  chosen: readonly string[] | null,
): Promise<SchemaDifference[]> {
  const concerned = ({ name }: { name: string }) => chosen === null || chosen.includes(name);
  const live = await readSchema(connection, migrationsTable);
  const now = await describeTables(
    connection,
    [...live.layouts.map(({ name }) => name), ...live.rowless].filter((name) => concerned({ name })),
  );
  const then = tablesOfManifest(manifest, migrationsTable);
  return [
    ...compareTables(then.filter(concerned).map(asCompared), now.map(asCompared), otherDifferences),
    ...(chosen === null ? compareSequences(sequencesIn(manifest), live.sequences) : []),
    ...compareMigrations(manifest.schema.migrations, await appliedMigrations(connection, migrationsTable)),
  ];
}

const sequencesIn = ({ schema }: DatabaseManifest): string[] =>
  definitionsIn(schema.ddl)
    .filter(({ type }) => type === 'SEQUENCE')
    .map(({ name }) => name);

function compareSequences(then: readonly string[], now: readonly string[]): SchemaDifference[] {
  const only = (some: readonly string[], others: readonly string[], difference: string) =>
    some.filter((name) => !others.includes(name)).map((table) => ({ table, column: null, difference }));
  return [
    ...only(then, now, 'the sequence is in the snapshot but no longer in the database'),
    ...only(now, then, 'the sequence is in the database but not in the snapshot'),
  ];
}

/** Generated columns hold nothing that a snapshot has. */
const asCompared = (table: DescribedTable): ComparedTable & DescribedTable => ({
  ...table,
  columns: table.columns.filter(({ generated }) => !generated).map((column) => ({ ...column, type: typeOf(column) })),
});

/** What decides which values a column can hold. */
export const typeOf = ({ type, charset }: DescribedColumn): string =>
  charset === '' ? type : `${type} CHARACTER SET ${charset}`;

function otherDifferences(then: DescribedTable, now: DescribedTable): string[] {
  const sameKey = then.primaryKey.join() === now.primaryKey.join();
  return sameKey && keyOrder(then) !== keyOrder(now) ? ['the primary key is sorted differently'] : [];
}

/** How the texts in the primary key are sorted. */
export const keyOrder = ({ primaryKey, columns }: DescribedTable): string =>
  columns
    .filter(({ name }) => primaryKey.some((part) => part.startsWith(quoted(name))))
    .map(({ collation }) => collation)
    .join(' ');
