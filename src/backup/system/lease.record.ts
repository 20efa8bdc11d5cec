import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FILE_MODE } from './atomic-file.js';
import { folderError } from './folder.errors.js';
import { LEASE_FOLDER } from './folder-lock.js';
import { processInWords, type ProcessIdentity } from './process-identity.js';

/** What the lease is held for. */
export interface LeaseWork {
  /** The type of a job, or `start`. */
  purpose: string;
  /** Of several that run side by side the one that began first. */
  job: string | null;
  /** By which plans, where they are captures; earlier versions do not tell. */
  plans?: string[];
}

/** Who holds the lease, and what for. */
export interface LeaseHolder extends LeaseWork {
  /** Made up for this one time; what tells it from all others. */
  id: string;
  process: ProcessIdentity;
  /** ISO 8601, UTC; for people. */
  since: string;
  /** Grows with every sign of life. */
  renewals: number;
  /** How long it holds after the last one. */
  ttl_ms: number;
  /** Whether it is replacing the data, so that nobody should be served. */
  maintenance: boolean;
}

export interface LeaseRecord {
  /** How often the lease was given away. */
  token: number;
  holder: LeaseHolder | null;
}

const FORMAT = 'nestjs-backup/lease';
/** Written over in place, at once: that takes no room on a full disk. */
export const RECORD_BYTES = 2048;

export const recordPath = (folder: string): string => join(folder, LEASE_FOLDER, 'holder.json');

/**
 * What stands there now. Where it cannot be read as a whole nobody holds the lease: whoever thought so finds that out before it writes anything.
 */
export function readRecord(folder: string): LeaseRecord {
  try {
    const { format, version, token, holder } = JSON.parse(readText(recordPath(folder))) as LeaseRecord & {
      format: unknown;
      version: unknown;
    };
    if (format === FORMAT && version === 1 && Number.isSafeInteger(token) && isHolder(holder)) return { token, holder };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && code !== 'ENOENT') throw folderError(error);
  }
  return { token: 0, holder: null };
}

/** Only under the lock of the folder. */
export function writeRecord(folder: string, record: LeaseRecord): void {
  const text = JSON.stringify({ format: FORMAT, version: 1, ...record }, null, 1);
  if (Buffer.byteLength(text) >= RECORD_BYTES) throw new Error('The lease record is too long.');
  const bytes = Buffer.alloc(RECORD_BYTES, ' ');
  bytes.write(text);
  bytes.write('\n', RECORD_BYTES - 1);
  const file = openSync(recordPath(folder), constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, FILE_MODE);
  try {
    writeSync(file, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(file);
  }
}

/** In words: `capture of process 12`. */
export function holderInWords({ purpose, plans = [], process }: LeaseHolder): string {
  const what = plans.length > 1 ? `${purpose}s by the plans ${plans.join(' and ')}` : purpose;
  return `${what} of ${processInWords(process)}`;
}

function readText(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(RECORD_BYTES);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, RECORD_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

function isHolder(holder: unknown): holder is LeaseHolder | null {
  if (holder === null) return true;
  const { id, process, plans, ttl_ms } = (holder ?? {}) as Partial<LeaseHolder>;
  const hasPlans = plans === undefined || Array.isArray(plans);
  return typeof id === 'string' && typeof process?.pid === 'number' && typeof ttl_ms === 'number' && hasPlans;
}
