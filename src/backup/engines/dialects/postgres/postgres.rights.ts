import type { ServerTarget } from '../../database-target.js';
import { PostgresConnection } from './postgres.connection.js';

/** What they may do, the server's operating system does for them. */
const BEYOND_THE_DATABASE = ['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'];

const QUESTION = `SELECT pg_catalog.bool_or(r.rolsuper OR r.rolname = ANY ($1::pg_catalog.name[])) AS answer
  FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')`;

/** Whether the role of the connection may do what reaches beyond the database, or become one that may: then what runs in its name may, too. */
export async function isAdministrator(target: ServerTarget): Promise<boolean> {
  const connection = await PostgresConnection.open(target);
  try {
    const [row] = await connection.query<{ answer: boolean | null }>(QUESTION, [BEYOND_THE_DATABASE]);
    return row!.answer === true;
  } finally {
    await connection.close();
  }
}
