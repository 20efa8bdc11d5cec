import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { BackupError } from '../model/errors.js';
import { isPem } from './connection-tls.js';
import type { ServerAddress, TlsFiles } from './database-target.js';

type Tls = Pick<ConnectionOptions, 'rejectUnauthorized' | 'checkServerIdentity' | 'ca' | 'cert' | 'key' | 'passphrase'>;

/**
 * How a driver is to encrypt: null for not at all.
 * @throws BackupError `DATABASE_UNAVAILABLE` naming a file that cannot be read
 */
export function tlsOptions({ tls, tlsFiles = {} }: Pick<ServerAddress, 'tls' | 'tlsFiles'>): Tls | null {
  if (tls === 'off') return null;
  const { keyPassword } = tlsFiles;
  return {
    rejectUnauthorized: tls === 'verify' || tls === 'verify-ca',
    ...(tls === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...part(tlsFiles, 'ca'),
    ...part(tlsFiles, 'cert'),
    ...part(tlsFiles, 'key'),
    ...(keyPassword !== undefined && { passphrase: keyPassword }),
  };
}

/**
 * The files that the databases' own programs are to read.
 * @throws BackupError `UNSUPPORTED` where there are none, or where they would need the password of a key
 */
export function tlsPaths({
  tls,
  tlsFiles = {},
}: Pick<ServerAddress, 'tls' | 'tlsFiles'>): Omit<TlsFiles, 'keyPassword'> {
  const { keyPassword, ...files } = tlsFiles;
  if (keyPassword !== undefined)
    throw new BackupError(
      'UNSUPPORTED',
      'The native engine cannot hand the password of a client key (sslpassword) to the database’s own programs without showing it to everybody on the machine. Use a key without one, readable by this user alone, or the engine "json".',
    );
  if (Object.values(files).some(isPem))
    throw new BackupError(
      'UNSUPPORTED',
      'The database’s own programs read certificates from files, while the options of the database hold the certificates themselves. Give an address that names the files (sslrootcert, sslcert, sslkey), or use the engine "json".',
    );
  // The programs know nothing of Node's authorities.
  const ca = files.ca ?? (tls.startsWith('verify') ? process.env['NODE_EXTRA_CA_CERTS'] : undefined);
  return { ...files, ...(ca !== undefined && { ca }) };
}

function part(files: TlsFiles, name: 'ca' | 'cert' | 'key'): Partial<Record<typeof name, Buffer>> {
  const path = files[name];
  if (path === undefined) return {};
  if (isPem(path)) return { [name]: Buffer.from(path) };
  try {
    return { [name]: readFileSync(path) };
  } catch (error) {
    throw new BackupError(
      'DATABASE_UNAVAILABLE',
      `The certificate file that the database URL names (${name}) cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`,
      {},
      { cause: error },
    );
  }
}
