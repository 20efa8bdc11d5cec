import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { BackupError } from '../../model/errors.js';

const READ_BYTES = 1024 * 1024;

/** SHA-256, hex, over a file's bytes. Synchronous: for processes that have nothing else to do meanwhile. */
export function checksumOf(path: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer))
      hash.update(buffer.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

/** What a disk says it stored is not always what it gives back: a snapshot is listed only after its bytes were read again. */
export function assertReadsBack(path: string, checksum: string): void {
  if (checksumOf(path) !== checksum) {
    throw new BackupError(
      'ENGINE_FAILED',
      'The snapshot is different when it is read back. Check the disk before you rely on it.',
    );
  }
}
