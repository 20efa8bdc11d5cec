import { createHash } from 'node:crypto';
import { corrupt } from '../restore.errors.js';
import type { PostgresConnection } from './postgres.connection.js';
import { documentName, literal, qualified, type QualifiedName } from './postgres.names.js';
import { byteOrder, isOfNoExtension, isSame, isUserSchema } from './postgres.schema.js';

export interface SequenceLayout extends QualifiedName {
  /** What documents call it. */
  label: string;
  /** The table that owns it, by whose column it is counted; null for one that stands alone. */
  owner: QualifiedName | null;
}

export const SEQUENCE_COLUMNS = [
  { name: 'name', type: 'text' },
  { name: 'last_value', type: 'bigint' },
  { name: 'is_called', type: 'boolean' },
] as const;

/** As many as one statement asks for. */
const SEQUENCES_AT_ONCE = 500;

const SEQUENCES = `SELECT n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name,
    tn.nspname::pg_catalog.text AS table_schema, t.relname::pg_catalog.text AS table_name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
  LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
  WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND ${isUserSchema('n')} AND ${isOfNoExtension('pg_class', 'c.oid')}`;

/** Every sequence that is captured, in byte order of their labels; that of the migrations table is not. */
export async function readSequences(
  connection: PostgresConnection,
  migrations: QualifiedName,
): Promise<SequenceLayout[]> {
  const rows = await connection.query<QualifiedName & { table_schema: string | null; table_name: string | null }>(
    SEQUENCES,
  );
  return rows
    .map(({ schema, name, table_schema, table_name }) => ({
      schema,
      name,
      label: documentName({ schema, name }),
      owner: table_schema !== null && table_name !== null ? { schema: table_schema, name: table_name } : null,
    }))
    .filter(({ owner }) => owner === null || !isSame(owner, migrations))
    .sort((a, b) => byteOrder(a.label, b.label));
}

/**
 * Where the sequences stand, as the row lines of a table. A sequence knows no transactions: this is now, and never behind the rows that were written with
 * its numbers.
 */
export async function readSequenceLines(
  connection: PostgresConnection,
  sequences: readonly SequenceLayout[],
): Promise<Buffer> {
  const lines: string[] = [];
  for (let start = 0; start < sequences.length; start += SEQUENCES_AT_ONCE) {
    const selects = sequences
      .slice(start, start + SEQUENCES_AT_ONCE)
      .map(
        (sequence, n) =>
          `SELECT ${n} AS place, ${literal(sequence.label)}::pg_catalog.text AS name, last_value, is_called FROM ${qualified(sequence)}`,
      );
    const rows = await connection.query<{ line: string }>(
      `SELECT pg_catalog.row_to_json(r.*)::pg_catalog.text AS line
       FROM (SELECT name, last_value, is_called FROM (${selects.join(' UNION ALL ')}) AS s ORDER BY place) AS r`,
    );
    lines.push(...rows.map(({ line }) => `${line}\n`));
  }
  return Buffer.from(lines.join(''));
}

/** A row line of ours; the value keeps all its 64 bits. */
const ROW = /^\{"name":(".*"),"last_value":(-?\d+),"is_called":(true|false)\}$/;

/** The sequences on their way back. */
export class RestoredSequences {
  /** A sentence for each that the database does not have. */
  readonly missing: string[] = [];
  private readonly pieces: Buffer[] = [];
  private readonly captured = new Set<string>();

  private constructor(
    private readonly connection: PostgresConnection,
    private readonly live: readonly SequenceLayout[],
    private readonly owners: readonly string[] | null,
  ) {}

  /** @param owners only the sequences of these tables; null for all */
  static async of(
    connection: PostgresConnection,
    migrations: QualifiedName,
    owners: readonly string[] | null,
  ): Promise<RestoredSequences> {
    return new RestoredSequences(connection, await readSequences(connection, migrations), owners);
  }

  /** @param rows joined by a comma and LF, as they stand in a document */
  take(rows: Buffer): void {
    this.pieces.push(rows);
  }

  /** Last, since filling a table may move its sequences. */
  async set(): Promise<void> {
    const statements: string[] = [];
    for (const line of this.pieces.flatMap((piece) => piece.toString().split(',\n'))) {
      const [, name, value, isCalled] = ROW.exec(line) ?? [];
      if (!name || !value || !isCalled) throw corrupt('a sequence is not as the database prints it');
      const label = JSON.parse(name) as string;
      this.captured.add(label);
      const sequence = this.live.find((known) => known.label === label);
      if (!sequence && this.owners === null)
        this.missing.push(`The sequence "${label}" is not in the database, so it was left out.`);
      if (sequence && this.isWanted(sequence)) statements.push(...setting(sequence, value, isCalled));
    }
    await this.connection.run(...statements);
  }

  /** Of where the captured ones stand now, or null where not all of them were set. */
  async digest(): Promise<string | null> {
    if (this.owners !== null || this.missing.length > 0) return null;
    const captured = this.live.filter(({ label }) => this.captured.has(label));
    const lines = await readSequenceLines(this.connection, captured);
    return createHash('sha256').update(lines).digest('hex');
  }

  private isWanted({ owner }: SequenceLayout): boolean {
    return this.owners === null || (owner !== null && this.owners.includes(documentName(owner)));
  }
}

/** Restarting a sequence gives it a new file, into which the value goes: so a rollback leaves it as it was. */
const setting = (sequence: QualifiedName, value: string, isCalled: string): string[] => [
  `ALTER SEQUENCE ${qualified(sequence)} RESTART`,
  `SELECT pg_catalog.setval(${literal(qualified(sequence))}::pg_catalog.regclass, ${value}, ${isCalled})`,
];
