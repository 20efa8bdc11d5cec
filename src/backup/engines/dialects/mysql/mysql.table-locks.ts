import type { ServerTarget } from '../../database-target.js';
import { sequencesUsedBy } from './mysql.sequence-uses.js';
import { quoted, type MysqlConnection } from './mysql.connection.js';
import { createTable } from './mysql.definitions.js';
import { childAlias, parentAlias, parentOf, type ForeignKey } from './mysql.foreign-keys.js';
import { readSchema, type TableLayout } from './mysql.schema.js';

/* What stands in the LOCK TABLES of a restore. */

export const forWriting = (table: string): string => `${quoted(table)} WRITE`;
export const forReading = (table: string): string => `${quoted(table)} READ`;

/** Under the names by which a foreign key is checked. */
export const forChecking = (key: ForeignKey, n: number): string[] => [
  `${quoted(key.child)} AS ${childAlias(n)} READ`,
  `${parentOf(key)} AS ${parentAlias(n)} READ`,
];

/** All sequences of this database, since they are set, and those of others that columns take their defaults from. */
export async function sequenceLocks(
  connection: MysqlConnection,
  target: ServerTarget,
  restored: readonly TableLayout[],
): Promise<string[]> {
  const { sequences } = await readSchema(connection, target.migrationsTable, []);
  const locks = sequences.map(forWriting);
  if (connection.server === 'mysql') return locks;
  const used = new Set<string>();
  for (const { name } of restored)
    for (const sequence of sequencesUsedBy(await createTable(connection, name)))
      if (sequence.schema !== null && sequence.schema !== target.database)
        used.add(`${quoted(sequence.schema)}.${quoted(sequence.name)} WRITE`);
  return [...locks, ...used];
}
