import { COUNTERS } from '../../../model/counters.js';
import type { MysqlConnection } from './mysql.connection.js';
import { RowLineReader } from './mysql.row-line.js';
import type { TableLayout } from './mysql.schema.js';

/** Stands among the tables of a document; the server allows 64 characters in the name of a table, and this has more. */
export const COUNTER_TABLE = COUNTERS.mysql;

export const COUNTER_HEADER = {
  name: COUNTER_TABLE,
  columns: [
    { name: 'table', type: 'varchar(64)' },
    { name: 'next', type: 'bigint unsigned' },
  ],
  primaryKey: ['table'],
};

/** The next AUTO_INCREMENT number of each of these tables that has given one away, as the server prints it. */
export type Counters = Map<string, string>;

const FIRST = '1';

export async function readCounters(connection: MysqlConnection, layouts: readonly TableLayout[]): Promise<Counters> {
  const rows = await connection.rows(
    `SELECT TABLE_NAME AS name, AUTO_INCREMENT AS next FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`,
  );
  const next = new Map(rows.map((row) => [row['name'], row['next'] ?? FIRST]));
  const counting = layouts.filter(({ counts }) => counts).map(({ name }) => [name, next.get(name) ?? FIRST] as const);
  return new Map(counting.filter(([, number]) => number !== FIRST));
}

/** As row lines of their own table, in the order of the layouts. */
export function counterLines(counters: Counters): Buffer {
  const reader = new RowLineReader(COUNTER_HEADER.columns.map(({ name }) => name));
  const lines = [...counters].map(([table, next]) => `${reader.write([JSON.stringify(table), next])}\n`);
  return Buffer.from(lines.join(''));
}

/** @param rows rows joined by a comma and LF, as they stand in a document */
export function parseCounters(rows: Buffer): Counters {
  const reader = new RowLineReader(COUNTER_HEADER.columns.map(({ name }) => name));
  return new Map([...reader.rows(rows.toString())].map(([table, next]) => [JSON.parse(table!) as string, next!]));
}
