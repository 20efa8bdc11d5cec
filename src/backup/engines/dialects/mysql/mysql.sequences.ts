import { MARIADB_SEQUENCES } from '../../../model/counters.js';
import { quoted, type MysqlConnection } from './mysql.connection.js';
import { RowLineReader } from './mysql.row-line.js';

/** Stands among the tables of a document; the server allows 64 characters in the name of a table, and this has more. */
export const SEQUENCE_TABLE = MARIADB_SEQUENCES;

/** All that the server keeps of a sequence, in its own words. */
const STATE = [
  'next_not_cached_value',
  'minimum_value',
  'maximum_value',
  'start_value',
  'increment',
  'cache_size',
  'cycle_option',
  'cycle_count',
] as const;

export const SEQUENCE_HEADER = {
  name: SEQUENCE_TABLE,
  columns: [{ name: 'sequence', type: 'varchar(64)' }, ...STATE.map((name) => ({ name, type: 'bigint' }))],
  primaryKey: ['sequence'],
};

/** The state of each sequence as the server prints it, in the order of {@link STATE}. */
export type Sequences = Map<string, string[]>;

export async function readSequences(connection: MysqlConnection, names: readonly string[]): Promise<Sequences> {
  const sequences: Sequences = new Map();
  for (const name of names) {
    const [row] = await connection.rows(`SELECT ${STATE.join(', ')} FROM ${quoted(name)}`);
    if (row)
      sequences.set(
        name,
        STATE.map((column) => String(row[column])),
      );
  }
  return sequences;
}

const reader = () => new RowLineReader(SEQUENCE_HEADER.columns.map(({ name }) => name));

/** As row lines of their own table. */
export function sequenceLines(sequences: Sequences): Buffer {
  const lines = [...sequences].map(([name, state]) => `${reader().write([JSON.stringify(name), ...state])}\n`);
  return Buffer.from(lines.join(''));
}

/** @param rows rows joined by a comma and LF, as they stand in a document */
export function parseSequences(rows: Buffer): Sequences {
  return new Map([...reader().rows(rows.toString())].map(([name, ...state]) => [JSON.parse(name!) as string, state]));
}

/** SQL that puts a sequence where it stood, its limits too. It commits at once, and can be run again. */
export const setSequence = (name: string, state: readonly string[]): string =>
  `INSERT INTO ${quoted(name)} (${STATE.join(', ')}) VALUES (${state.map((value) => BigInt(value)).join(', ')})`;
