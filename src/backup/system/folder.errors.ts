import type { ErrorDetails } from '../model/advice.js';
import { asBackupError, BackupError } from '../model/errors.js';

/** Codes that mean "not this folder", whoever is to blame: rights, a read-only mount, a file or a loop where a folder should be. */
const UNUSABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'ELOOP']);

const ANOTHER_FOLDER: ErrorDetails = { advice: ['set_backup_dir'] };

/** Says of a failed step in the backup folder what is wrong and what to do, without the server's paths. */
export function folderError(thrown: unknown): BackupError {
  if (thrown instanceof BackupError) return thrown;
  const { code = '' } = thrown as NodeJS.ErrnoException;
  if (UNUSABLE.has(code)) {
    if (code === 'ENOENT') return gone(thrown);
    if (code === 'EROFS') return onlyRead(thrown);
    const what = `The backup folder cannot be used (${code}).`;
    const todo = 'Give the user that runs this program permission to create and write it.';
    return new BackupError('FOLDER_NOT_WRITABLE', `${what} ${todo}`, ANOTHER_FOLDER, { cause: thrown });
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `The disk of the backup folder is full (${code}). Free some space; earlier snapshots are not affected.`;
    return new BackupError('DISK_FULL', message, {}, { cause: thrown });
  }
  const { code: mapped } = asBackupError(thrown);
  const advice =
    code === 'EIO' ? ' Its disk may be failing: check the system log, and copy the folder to another disk.' : '';
  return new BackupError(
    mapped,
    `Cannot read or write the backup folder (${code || 'unknown error'}).${advice}`,
    {},
    { cause: thrown },
  );
}

const onlyRead = (thrown: unknown): BackupError =>
  new BackupError(
    'FOLDER_NOT_WRITABLE',
    'The backup folder is on a read-only file system (EROFS). Mount it writable. If it was writable before, check the system log: its disk may be failing.',
    ANOTHER_FOLDER,
    { cause: thrown },
  );

const gone = (thrown: unknown): BackupError =>
  new BackupError(
    'FOLDER_NOT_WRITABLE',
    'The backup folder, or a part of it, is missing (ENOENT). If it is on a disk of its own, mount that disk again; otherwise create the folder, writable by the user that runs this program.',
    ANOTHER_FOLDER,
    { cause: thrown },
  );
