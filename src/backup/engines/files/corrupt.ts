import { BackupError } from '../../model/errors.js';

/** A document of files that is not what this program wrote. */
export const corrupt = (id: string, why: string): BackupError =>
  new BackupError('SNAPSHOT_CORRUPT', `The document of snapshot "${id}" is damaged: ${why}. Use another snapshot.`);
