import { resolve } from 'node:path';
import type { DatabaseAddress, ServerTarget } from './database-target.js';

const SERVERS: Record<string, { type: ServerTarget['type']; port: number }> = {
  postgres: { type: 'postgres', port: 5432 },
  postgresql: { type: 'postgres', port: 5432 },
  mysql: { type: 'mysql', port: 3306 },
  mariadb: { type: 'mysql', port: 3306 },
};

const TLS: Record<string, ServerTarget['tls']> = {
  disable: 'off',
  require: 'require',
  'verify-full': 'verify',
};

const EXAMPLES =
  '"sqlite:./data/app.sqlite", "postgres://user:password@host:5432/database" or "mysql://user:password@host:3306/database"';

/**
 * Reads the address of a database: `sqlite:<path>`, `postgres://user:password@host:port/database` or `mysql://…`, the latter two with an optional
 * `?sslmode=disable|require|verify-full` (default `disable`).
 * @throws RangeError in words that repeat no more of the address than its scheme, for it may hold a password
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url.trim()) ?? [];
  if (scheme === '') throw new RangeError(`it has no scheme. Supported: ${EXAMPLES}.`);
  if (scheme.toLowerCase() === 'sqlite') return { type: 'sqlite', path: sqlitePath(rest) };
  const server = Object.hasOwn(SERVERS, scheme.toLowerCase()) ? SERVERS[scheme.toLowerCase()] : undefined;
  if (!server) throw new RangeError(`"${scheme}:" is not supported. Supported: ${EXAMPLES}.`);
  return serverAddress(url.trim(), server);
}

function sqlitePath(rest: string): string {
  const path = rest.replace(/^\/\//, '');
  if (path === '' || path === ':memory:')
    throw new RangeError(
      'it must name a file: backups are taken by a process of their own, which cannot see a database in memory.',
    );
  return resolve(path);
}

function serverAddress(url: string, { type, port }: { type: ServerTarget['type']; port: number }): DatabaseAddress {
  const parts = URL.canParse(url) ? new URL(url) : null;
  const database = parts && decoded(parts.pathname.slice(1));
  if (!parts || !database) throw new RangeError(`it names no database on a server. Supported: ${EXAMPLES}.`);
  const query = new Map(parts.searchParams);
  const socketFolder = type === 'postgres' ? query.get('host') : undefined;
  const sslmode = query.get('sslmode') ?? 'disable';
  const unknown = [...query.keys()].filter((name) => name !== 'sslmode' && (name !== 'host' || type !== 'postgres'));
  if (unknown.length > 0) throw new RangeError(`its parameter "${unknown[0]}" is not known; known: sslmode.`);
  if (!Object.hasOwn(TLS, sslmode)) throw new RangeError(`its sslmode must be one of ${Object.keys(TLS).join(', ')}.`);
  return {
    type,
    host: socketFolder ?? (parts.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1'),
    port: parts.port === '' ? port : Number(parts.port),
    user: decoded(parts.username) || (type === 'postgres' ? 'postgres' : 'root'),
    password: decoded(parts.password),
    database,
    tls: TLS[sslmode]!,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError('a "%" in it does not begin an escape such as "%40"; write "%25" for the sign itself.');
  }
}
