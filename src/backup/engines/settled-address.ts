import type { ServerAddress, ServerTarget } from './database-target.js';

/**
 * The address of one server, encrypted or not, for who can try neither: of several servers the first that answers and is of the wanted role, and of `prefer` what
 * that server can.
 * @throws BackupError `DATABASE_UNAVAILABLE`, `UNSUPPORTED`
 */
export async function settledAddress(address: ServerAddress): Promise<ServerAddress> {
  const { otherServers, role, ...single } = address;
  if (!otherServers && role === undefined && single.tls !== 'prefer') return single;
  const connection = await open({ ...address, busyTimeoutMs: 5000, migrationsTable: 'migrations' });
  await connection.close();
  const { host, port, tls } = connection.target;
  return { ...single, host, port, tls: tls === 'prefer' ? 'require' : tls };
}

async function open(target: ServerTarget): Promise<{ target: ServerTarget; close(): unknown }> {
  switch (target.type) {
    case 'postgres':
      return (await import('./dialects/postgres/postgres.connection.js')).PostgresConnection.open(target);
    case 'mysql':
      return (await import('./dialects/mysql/mysql.connection.js')).MysqlConnection.open(target);
  }
}
