import { BackupError } from '../../../model/errors.js';
import type { PostgresConnection } from './postgres.connection.js';
import type { TableLayout } from './postgres.schema.js';

/** Of the room for locks, what anybody may use without asking how much is left. */
const NEGLIGIBLE = 0.1;

/** The table in shared memory that holds the locks of all sessions of all databases, as PostgreSQL's documentation reckons its size. */
const ROOM = `SELECT per.n AS per_transaction, per.n * (pg_catalog.current_setting('max_connections')::int4 + pg_catalog.current_setting('max_prepared_transactions')::int4) AS room
  FROM (SELECT pg_catalog.current_setting('max_locks_per_transaction')::int4 AS n) AS per`;

/** Tables, their indexes and what lies beside them are locked one by one, and sequences too; a foreign key that is dropped counts with its triggers. */
const NEEDED = `SELECT pg_catalog.count(*)::int4 + coalesce(pg_catalog.sum(CASE WHEN c.reltoastrelid <> 0 THEN 2 ELSE 0 END), 0)::int4
    + (SELECT pg_catalog.count(*) FROM pg_catalog.pg_index WHERE indrelid = ANY ($1::pg_catalog.oid[]))::int4
    + (SELECT pg_catalog.count(*) FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
      WHERE d.refobjid = ANY ($1::pg_catalog.oid[]) AND d.deptype IN ('a', 'i'))::int4
    + (SELECT pg_catalog.count(*) FROM pg_catalog.pg_trigger WHERE tgrelid = ANY ($1::pg_catalog.oid[]) AND (NOT tgisinternal OR $2))::int4 AS needed
  FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::pg_catalog.oid[])`;

/**
 * Refuses what would take all the room for locks: it would fail in the end, and until then take other databases of the server with it.
 * @param needed how many locks at once
 * @throws BackupError `UNSUPPORTED`, with what to raise
 */
export async function assertRoomForLocks(
  connection: PostgresConnection,
  needed: number,
  doing: 'capture' | 'restore',
): Promise<void> {
  const [size] = await connection.query<{ per_transaction: number; room: number }>(ROOM);
  const { per_transaction: perTransaction, room } = size!;
  if (needed <= room * NEGLIGIBLE) return;
  const [use] = await connection.query<{ used: number }>(
    'SELECT pg_catalog.count(*)::int4 AS used FROM pg_catalog.pg_locks WHERE NOT fastpath AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid()',
  );
  const left = room - use!.used;
  if (needed <= left) return;
  const wanted = Math.ceil((1.25 * (needed + use!.used) * perTransaction) / room);
  throw new BackupError(
    'UNSUPPORTED',
    `A ${doing} needs about ${needed} locks at once, and the server has room for ${left} more. Nothing was changed. ` +
      `Set max_locks_per_transaction to ${wanted} (it is ${perTransaction}) in postgresql.conf and restart the server` +
      `${doing === 'restore' ? ', or restore some tables at a time' : ', or leave tables out of the plan'}.`,
  );
}

/**
 * The same for replacing the rows of these tables.
 * @param isReplica whether foreign keys may stay where they are meanwhile
 */
export async function assertRoomToReplace(
  connection: PostgresConnection,
  tables: readonly TableLayout[],
  isReplica: boolean,
): Promise<void> {
  const [count] = await connection.query<{ needed: number }>(NEEDED, [tables.map(({ oid }) => oid), !isReplica]);
  await assertRoomForLocks(connection, count!.needed, 'restore');
}
