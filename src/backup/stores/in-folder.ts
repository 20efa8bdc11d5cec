import { folderError } from '../system/folder.errors.js';

/** Runs a step in the backup folder, and words what the file system reports for people. */
export async function inFolder<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw folderError(error);
  }
}
