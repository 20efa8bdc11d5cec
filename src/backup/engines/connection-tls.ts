import type { ServerAddress, TlsFiles } from './database-target.js';

export const SSL_MODES: Record<string, ServerAddress['tls']> = {
  disable: 'off',
  allow: 'prefer',
  prefer: 'prefer',
  require: 'require',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify',
  'no-verify': 'require', // node-postgres
};

/** What the drivers check where they are told no more than to encrypt: mysql2 leaves out the server's name. */
const DRIVERS_CHECK = { postgres: 'verify', mysql: 'verify-ca' } as const;

const PARTS: Record<string, keyof TlsFiles> = { ca: 'ca', cert: 'cert', key: 'key', passphrase: 'keyPassword' };
/** What changes nothing here, with the values that say what is so anyway. */
const WITHOUT_EFFECT: Record<string, unknown[]> = { require: [true], minVersion: ['TLSv1.2'] };
const KNOWN = [...Object.keys(PARTS), 'rejectUnauthorized', 'verifyIdentity', ...Object.keys(WITHOUT_EFFECT)];

/**
 * Encrypts as a driver would that is given this as `ssl`: true, one of libpq's modes, or an object such as `tls.connect()` takes, with the certificates themselves.
 * @throws RangeError that repeats nothing of it but names
 */
export function applySsl(address: ServerAddress, ssl: unknown): void {
  if (ssl === undefined || ssl === null) return;
  if (typeof ssl === 'boolean') address.tls = ssl ? DRIVERS_CHECK[address.type] : 'off';
  else if (typeof ssl === 'object') applyObject(address, ssl as Record<string, unknown>);
  else address.tls = modeNamed(ssl);
}

function applyObject(address: ServerAddress, ssl: Record<string, unknown>): void {
  assertKnown(ssl);
  const files: TlsFiles = {};
  // By their names: drivers hide the key from whoever lists what there is.
  for (const [name, part] of Object.entries(PARTS)) {
    const value = ssl[name];
    if (value !== undefined && value !== null)
      files[part] = part === 'keyPassword' ? passwordOf(value) : pemOf(name, value);
  }
  if ((files.cert === undefined) !== (files.key === undefined))
    throw new RangeError('its ssl needs both a client certificate (cert) and its key.');
  if (Object.keys(files).length > 0) address.tlsFiles = files;
  if (ssl['rejectUnauthorized'] === false) address.tls = 'require';
  else address.tls = ssl['verifyIdentity'] === true ? 'verify' : DRIVERS_CHECK[address.type];
}

function assertKnown(ssl: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(ssl)) {
    const isUsable = Object.hasOwn(WITHOUT_EFFECT, name) ? WITHOUT_EFFECT[name]!.includes(value) : KNOWN.includes(name);
    if (isUsable || value === undefined || value === null) continue;
    throw new RangeError(
      `its ssl says ${name}, which cannot be used; known: ${KNOWN.join(', ')}. Give an address with sslmode and the paths of the certificates instead.`,
    );
  }
}

function passwordOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new RangeError('its ssl.passphrase must be a text.');
}

function pemOf(name: string, value: unknown): string {
  const texts = (Array.isArray(value) ? value : [value]).map((part) =>
    typeof part === 'string' || Buffer.isBuffer(part) ? part.toString() : '',
  );
  if (!texts.every(isPem))
    throw new RangeError(`its ssl.${name} is not the text of a PEM file, as fs.readFileSync() gives it.`);
  return texts.join('\n');
}

/** Whether something is what stands in a PEM file, rather than the file's path. */
export const isPem = (text: string): boolean => text.includes('-----BEGIN ');

function modeNamed(name: unknown): ServerAddress['tls'] {
  const mode = typeof name === 'string' && Object.hasOwn(SSL_MODES, name) ? SSL_MODES[name] : undefined;
  if (mode !== undefined) return mode;
  throw new RangeError(`its ssl must be true, an object, or one of ${Object.keys(SSL_MODES).join(', ')}.`);
}
