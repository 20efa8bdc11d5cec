import { BackupError } from '../model/errors.js';

export const alreadyThere = (id: string): BackupError =>
  new BackupError(
    'ENGINE_FAILED',
    `A snapshot "${id}" is there already, and none is ever overwritten. Start the backup again.`,
  );

/** @param name of the object that is listed, and missing */
export const missingObject = (name: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `The stored file ${JSON.stringify(name)} is missing from the backup store. Use another snapshot.`,
  );

/** @param where what was written to, for the message */
export const readsBackDifferently = (where: string): BackupError =>
  new BackupError(
    'ENGINE_FAILED',
    `What was written to ${where} is different when it is read back. Check it before you rely on it.`,
  );
