import type { ServerAddress } from './database-target.js';

/** They say how many connections Prisma opens, and for how long. */
export const POOL_PARAMETERS = [
  'connection_limit',
  'pool_timeout',
  'socket_timeout',
  'statement_cache_size',
  'max_connection_lifetime',
  'max_idle_connection_lifetime',
  'single_use_connections',
];
const SPECIFIC_PARAMETERS = { postgres: ['pgbouncer', 'schema', 'sslaccept'], mysql: ['sslaccept'] };

export const prismaParameters = (type: ServerAddress['type']): string[] => [
  ...POOL_PARAMETERS,
  ...SPECIFIC_PARAMETERS[type],
];

/**
 * The parameters of an address as libpq and the MySQL clients have them, in place of those that Prisma alone has.
 * @throws RangeError where they ask for what is not to be had
 */
export function withoutPrisma(type: ServerAddress['type'], given: ReadonlyMap<string, string>): Map<string, string> {
  const parameters = new Map(given);
  if (parameters.get('pgbouncer') === 'true')
    throw new RangeError(
      'it is the address of a pooler (pgbouncer=true), which may give each transaction another session, while a snapshot needs one session throughout. Give the direct address of the database, such as your DIRECT_URL.',
    );
  if (parameters.has('sslidentity'))
    throw new RangeError(
      'its client certificate is a PKCS #12 file (sslidentity), which cannot be used. Convert it to PEM (openssl pkcs12), and name it by ' +
        (type === 'postgres' ? 'sslcert and sslkey.' : 'ssl-cert and ssl-key.'),
    );
  if (type === 'postgres') applySchema(parameters);
  applyAccept(type, parameters);
  for (const name of prismaParameters(type)) parameters.delete(name);
  return parameters;
}

/** The schema that a session works in; whatever it is, all schemas are captured. `public` is worked in anyway. */
function applySchema(parameters: Map<string, string>): void {
  const schema = parameters.get('schema') ?? 'public';
  if (schema === 'public') return;
  const path = `"${schema.replaceAll('"', '""')}"`.replaceAll(/[\s\\]/g, String.raw`\$&`);
  const options = parameters.get('options');
  parameters.set('options', `${options === undefined ? '' : `${options} `}-c search_path=${path}`);
}

/** With `sslaccept`, `sslcert` is the authority that signed the server's certificate. */
function applyAccept(type: ServerAddress['type'], parameters: Map<string, string>): void {
  const accept = parameters.get('sslaccept');
  if (accept === undefined) return;
  if (accept !== 'strict' && accept !== 'accept_invalid_certs')
    throw new RangeError('its sslaccept must be one of strict, accept_invalid_certs.');
  const authority = parameters.has('sslkey') ? undefined : parameters.get('sslcert');
  if (authority !== undefined) parameters.delete('sslcert');
  if (parameters.get('sslmode') === 'disable') return;
  if (accept === 'strict') {
    parameters.set('sslmode', 'verify-full');
    if (authority !== undefined) parameters.set('sslrootcert', authority);
  } else if (!parameters.has('sslmode')) parameters.set('sslmode', type === 'postgres' ? 'prefer' : 'require');
}
