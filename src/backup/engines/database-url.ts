import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { isAbsolute, join, resolve } from 'node:path';
import type { DatabaseAddress, ServerAddress } from './database-target.js';
import { applyParameters } from './database-url.parameters.js';
import { POOL_PARAMETERS } from './database-url.prisma.js';

const SERVERS: Record<string, { type: ServerAddress['type']; port: number }> = {
  postgres: { type: 'postgres', port: 5432 },
  postgresql: { type: 'postgres', port: 5432 },
  mysql: { type: 'mysql', port: 3306 },
  mariadb: { type: 'mysql', port: 3306 },
};

const EXAMPLES =
  '"sqlite:./data/app.sqlite", "postgres://user:password@host:5432/database" or "mysql://user:password@host:3306/database"';

const UNREADABLE = `it cannot be read. Supported: ${EXAMPLES}.`;

/** `//user:password@hosts/database?parameters`; the last `@` before the first slash ends the user. */
const SERVER_ADDRESS = /^\/\/(?:([^/?]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/s;

/** A host or an address in brackets, and a port. */
const HOST = /^(\[[^\]]+\]|[^:]*)(?::(\d*))?$/;
const HIGHEST_PORT = 65_535;

/** What may stand beside an address, and counts where that does not say it. */
export type BesideUrl = Partial<Pick<ServerAddress, 'user' | 'password' | 'database'>>;

/**
 * Reads the address of a database: `sqlite:<path>`, `file:<path>`, `postgres://user:password@host:port/database` or `mysql://…`, the latter two with the parameters of
 * docs/configuration.md. Without `sslmode` a connection is not encrypted.
 * @throws RangeError in words that repeat no more of the address than its scheme and the names of its parameters, for it may hold a password
 */
export function parseDatabaseUrl(url: string, beside: BesideUrl = {}): DatabaseAddress {
  const [, given = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url.trim()) ?? [];
  const scheme = given.toLowerCase();
  if (scheme === '') throw new RangeError(`it has no scheme. Supported: ${EXAMPLES}.`);
  if (scheme === 'sqlite') return { type: 'sqlite', path: sqlitePath(rest) };
  if (scheme === 'file') return { type: 'sqlite', path: sqlitePath(besidePrisma(withoutParameters(rest))) };
  if (/^prisma(\+postgres)?$/.test(scheme))
    throw new RangeError(
      `"${scheme}:" leads to a service of Prisma’s. Give the direct address of the database, such as your DIRECT_URL.`,
    );
  const server = Object.hasOwn(SERVERS, scheme) ? SERVERS[scheme] : undefined;
  if (!server) throw new RangeError(`"${given}:" is not supported. Supported: ${EXAMPLES}.`);
  try {
    return serverAddress(rest, server, beside);
  } catch (error) {
    throw rawSign(rest, error) ?? error;
  }
}

function sqlitePath(rest: string): string {
  const path = rest.replace(/^\/\//, '');
  if (path === '' || path === ':memory:')
    throw new RangeError(
      'it must name a file: backups are taken by a process of their own, which cannot see a database in memory.',
    );
  return resolve(path);
}

/** Of an address as Prisma has them, which may end with parameters of its pool. */
function withoutParameters(rest: string): string {
  const [path = '', query = ''] = rest.split(/\?(.*)/s);
  const others = query.split('&').filter((text) => text !== '' && !POOL_PARAMETERS.includes(text.split('=')[0]!));
  if (others.length > 0)
    throw new RangeError(`it has parameters other than those of a pool; known: ${POOL_PARAMETERS.join(', ')}.`);
  return path;
}

/** Prisma counts from the folder of its schema, so that a file of the same address may lie there alone. */
function besidePrisma(path: string): string {
  const there = join('prisma', path);
  if (path === '' || isAbsolute(path) || existsSync(resolve(path)) || !existsSync(resolve(there))) return path;
  throw new RangeError(
    `it is relative to the working folder, where there is no "${path}", while there is "${there}": Prisma's paths are relative to the folder of its schema. Give the absolute path of the file.`,
  );
}

function serverAddress(
  rest: string,
  { type, port }: { type: ServerAddress['type']; port: number },
  beside: BesideUrl,
): ServerAddress {
  const [, account = '', hosts = '', path = '', query = ''] = SERVER_ADDRESS.exec(rest) ?? [];
  if (/[#@/]/.test(path) || rest.includes('#')) throw new RangeError(UNREADABLE);
  const colon = account.indexOf(':');
  const [first, ...others] = serversOf(hosts.split(','), [], port);
  const address: ServerAddress = {
    type,
    ...first!,
    user: decoded(colon < 0 ? account : account.slice(0, colon)),
    password: colon < 0 ? '' : decoded(account.slice(colon + 1)),
    database: decoded(path),
    tls: 'off',
    ...(others.length > 0 && { otherServers: others }),
  };
  const parameters = new Map(query === '' ? [] : query.split('&').map(parameter));
  const given = [parameters.get('host'), parameters.get('port')];
  if (given.some((value) => value !== undefined)) {
    const names = (given[0] ?? hosts.replaceAll(/:\d*(?=,|$)/g, '')).split(',');
    const [only, ...more] = serversOf(names, given[1]?.split(',') ?? [], port);
    Object.assign(address, only, more.length > 0 && { otherServers: more });
  }
  parameters.delete('host');
  parameters.delete('port');
  applyParameters(address, parameters);
  address.user ||= beside.user ?? (type === 'postgres' ? 'postgres' : 'root');
  address.password ||= beside.password ?? '';
  address.database ||= beside.database ?? '';
  if (address.database === '') throw new RangeError(`it names no database on a server. Supported: ${EXAMPLES}.`);
  assertMysql(address);
  return address;
}

/** @throws RangeError where it asks for what MySQL's driver cannot do */
export function assertMysql({ type, host, tls, otherServers }: ServerAddress): void {
  if (type !== 'mysql') return;
  if (otherServers) throw new RangeError('it names several servers, which only PostgreSQL’s addresses may.');
  // The driver would compare it with "localhost".
  if (tls === 'verify' && isIP(host) !== 0)
    throw new RangeError(
      'the name in the server’s certificate must be checked, but the address has none: write the server’s name instead of its IP address, or choose ssl-mode=VERIFY_CA, which does not check the name.',
    );
}

function parameter(text: string): [string, string] {
  const sign = text.indexOf('=');
  if (sign < 1) throw new RangeError('one of its parameters has no value.');
  return [decoded(text.slice(0, sign)), decoded(text.slice(sign + 1))];
}

/** @param ports one for all of them, or one for each; those that stand behind a host where there are none */
function serversOf(hosts: string[], ports: string[], standard: number): { host: string; port: number }[] {
  if (ports.length > 1 && ports.length !== hosts.length) throw new RangeError('it must have as many ports as servers.');
  return hosts.map((text, n) => {
    const [, name, own] = /^\//.test(text) ? [text, text] : (HOST.exec(text) ?? []);
    const port = Number(ports[n] ?? ports[0] ?? (own || standard)) || standard;
    if (name === undefined || port > HIGHEST_PORT)
      throw new RangeError(`its host or port cannot be read. Supported: ${EXAMPLES}.`);
    return { host: decoded(name.replaceAll(/^\[|\]$/g, '')) || '127.0.0.1', port };
  });
}

/** A sign of the password that was not escaped, where that is why an address cannot be read. */
function rawSign(rest: string, error: unknown): RangeError | null {
  const account = /^\/\/(.*)@/s.exec(rest)?.[1] ?? '';
  const sign = /[#/?]/.exec(account)?.[0] ?? (rest.includes('#') ? '#' : undefined);
  const isPort = /^[^:]*(?::\d*)?[/?]/.test(account);
  if (sign === undefined || (isPort && (error as Error).message !== UNREADABLE)) return null;
  const code = `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  const where = account.includes(sign) ? 'its user or password' : 'it';
  return new RangeError(`a "${sign}" in ${where} ends that part of the address; write "${code}" for the sign itself.`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError('a "%" in it does not begin an escape such as "%40"; write "%25" for the sign itself.');
  }
}
