import { parseDatabaseUrl, type DatabaseAddress } from '../../backup/internals.js';
import { sqliteFile } from './sqlite-url.js';

/** The backend's own database. */
export interface HostDatabase {
  address: DatabaseAddress;
  /** The same in the words that the backups understand. May hold a password. */
  url: string;
}

/**
 * Reads `sqlite:<path>`, `file:<path>`, `postgres://…` or `mysql://…`.
 * @throws RangeError saying which forms are allowed, and repeating nothing of the address
 */
export function hostDatabase(text: string): HostDatabase {
  if (/^sqlite:/i.test(text.trim())) {
    const path = sqliteFile(text);
    return { address: { type: 'sqlite', path }, url: `sqlite:${path}` };
  }
  try {
    const address = parseDatabaseUrl(text);
    return { address, url: address.type === 'sqlite' ? `sqlite:${address.path}` : text.trim() };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`cannot be used: ${error.message.replace(/\.$/, '')}`, { cause: error });
  }
}
