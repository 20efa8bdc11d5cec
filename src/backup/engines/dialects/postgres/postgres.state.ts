import { createHash } from 'node:crypto';
import type { PostgresConnection } from './postgres.connection.js';
import type { TableLayout } from './postgres.schema.js';

/**
 * A text that is the same in two captures only if nothing was written in between; decision 0014 says why that is sure. To be asked inside the transaction
 * of a capture, once its snapshot of the database is taken.
 * @param sequences where they stood when they were captured: a sequence that moves leaves no trace in transaction numbers
 * @returns null where that cannot be told
 */
export async function readState(
  connection: PostgresConnection,
  layouts: readonly TableLayout[],
  sequences: Buffer,
): Promise<string | null> {
  if (!layouts.every(({ isPlainHeap }) => isPlainHeap)) return null;
  if (!(await canBeAsked(connection))) return null;
  const [server] = await connection.query<{ state: string }>(
    `SELECT pg_catalog.concat_ws(' ', pg_catalog.pg_current_snapshot(), d.oid, s.system_identifier,
       pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8), pg_catalog.pg_postmaster_start_time(), b.stats_reset) AS state
     FROM pg_catalog.pg_control_system() AS s, pg_catalog.pg_stat_bgwriter AS b, pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()`,
  );
  return `${server!.state} ${createHash('sha256').update(sequences).digest('hex')}`;
}

/** A standby has no place to write to; and some who run servers for others take rights away that everybody has. */
async function canBeAsked(connection: PostgresConnection): Promise<boolean> {
  const mayCall = (name: string) => `pg_catalog.has_function_privilege('pg_catalog.${name}', 'EXECUTE')`;
  const functions = ['pg_control_system()', 'pg_walfile_name(pg_lsn)', 'pg_current_wal_lsn()'];
  const [answer] = await connection.query<{ yes: boolean }>(
    `SELECT NOT pg_catalog.pg_is_in_recovery() AND ${functions.map(mayCall).join(' AND ')}
       AND pg_catalog.has_table_privilege('pg_catalog.pg_stat_bgwriter', 'SELECT') AS yes`,
  );
  return answer!.yes;
}
