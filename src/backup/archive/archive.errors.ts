import { types } from 'node:util';
import { basename } from 'node:path';
import { asBackupError, BackupError } from '../model/errors.js';

/** Why an archive cannot be trusted. Becomes a {@link BackupError} where the archive's name is known. */
export class ArchiveDefect extends Error {
  constructor(
    reason: string,
    readonly entry?: string,
  ) {
    super(reason);
    this.name = 'ArchiveDefect';
  }
}

/** A name from outside, made harmless for messages and logs. */
export const quoted = (name: string): string => `"${name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80)}"`;

export const archiveNotFound = (path: string): BackupError =>
  new BackupError('ARCHIVE_NOT_FOUND', `There is no archive ${quoted(basename(path))}.`, {
    archive: basename(path),
    advice: ['list_archives'],
  });

export function archiveCorrupt(path: string, reason: string, entry?: string, cause?: unknown): BackupError {
  const archive = basename(path);
  return new BackupError(
    'ARCHIVE_CORRUPT',
    `The archive ${quoted(archive)} cannot be trusted: ${reason}. Use a copy of it, or another snapshot.`,
    { archive, reason, ...(entry === undefined ? {} : { entry }) },
    { cause },
  );
}

/** Gives whatever was thrown while `path` was read a code; the server's folders stay out of the message. */
export function archiveReadError(thrown: unknown, path: string): BackupError {
  if (thrown instanceof BackupError) return thrown;
  const code = (thrown as { code?: unknown } | null)?.code;
  if (code === 'ENOENT') return archiveNotFound(path);
  if (code === 'ELOOP' || code === 'ENXIO') return archiveCorrupt(path, 'it is not a regular file', undefined, thrown);
  if (code === 'EIO') return archiveCorrupt(path, 'the disk cannot read it (EIO)', undefined, thrown);
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) {
    const message = `The archive ${quoted(basename(path))} could not be opened or read (${code}).`;
    return new BackupError(asBackupError(thrown).code, message, { archive: basename(path) }, { cause: thrown });
  }
  const entry = thrown instanceof ArchiveDefect ? thrown.entry : undefined;
  return archiveCorrupt(path, types.isNativeError(thrown) ? thrown.message : String(thrown), entry, thrown);
}
