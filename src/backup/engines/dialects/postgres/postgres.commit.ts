import { setTimeout as sleep } from 'node:timers/promises';
import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { PostgresConnection } from './postgres.connection.js';
import { isConnectionLost } from './postgres.errors.js';

const MOST_ATTEMPTS = 20;
const BETWEEN_ATTEMPTS_MS = 500;

/** A role may be set not to wait for the disk (`synchronous_commit`); what is told to be restored has to outlive a crash of the server. */
export async function requireDurableCommit(connection: PostgresConnection): Promise<void> {
  await connection.query(
    `SELECT pg_catalog.set_config('synchronous_commit', 'local', true) WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off'`,
  );
}

/**
 * Commits a transaction that has written. Where the connection is lost before the answer arrives, the server is asked what became of it.
 * @throws the server's error if it did not commit; BackupError `ENGINE_FAILED` if nobody can tell
 */
export async function commit(connection: PostgresConnection, target: ServerTarget): Promise<void> {
  const [transaction] = await connection.query<{ id: string }>(
    'SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text AS id',
  );
  try {
    await connection.run('COMMIT');
  } catch (error) {
    if (!isConnectionLost(error) || !(await hasCommitted(transaction!.id, target))) throw error;
  }
}

async function hasCommitted(transaction: string, target: ServerTarget): Promise<boolean> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const status = await statusOf(transaction, target);
    if (status === 'committed') return true;
    if (status === 'aborted') return false;
    await sleep(BETWEEN_ATTEMPTS_MS); // the server is starting again, or has not noticed yet that we are gone
  }
  throw new BackupError(
    'ENGINE_FAILED',
    `The connection to the database "${target.database}" was lost while the restore was being committed, and the server does not say whether it was. The database is either unchanged or exactly as in the snapshot: check it before you continue.`,
  );
}

/** Null where the server cannot be asked, or knows nothing of it any more. */
async function statusOf(transaction: string, target: ServerTarget): Promise<string | null> {
  try {
    const connection = await PostgresConnection.open(target);
    try {
      await connection.begin('READ ONLY');
      const [found] = await connection.query<{ status: string | null }>(
        'SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8) AS status',
        [transaction],
      );
      return found!.status;
    } finally {
      await connection.close();
    }
  } catch {
    return null;
  }
}
