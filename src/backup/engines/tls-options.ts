import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { BackupError } from '../model/errors.js';
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

function part(files: TlsFiles, name: 'ca' | 'cert' | 'key'): Partial<Record<typeof name, Buffer>> {
  const path = files[name];
  if (path === undefined) return {};
  try {
    return { [name]: readFileSync(path) };
  } catch (error) {
    throw new BackupError(
      'DATABASE_UNAVAILABLE',
      `The file that the database URL names for its certificates (${name}) cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`,
      {},
      { cause: error },
    );
  }
}
