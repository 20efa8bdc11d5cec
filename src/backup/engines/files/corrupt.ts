import { BackupError } from '../../model/errors.js';

/** A document of files that is not what this program wrote. */
export const corrupt = (id: string, why: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `The document of snapshot "${id}" is not what was written: ${why}. Use another snapshot.`,
  );
