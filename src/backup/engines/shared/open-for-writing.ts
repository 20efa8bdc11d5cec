import { constants, openSync } from 'node:fs';
import { FILE_MODE } from '../../system/atomic-file.js';

/** A new or emptied file that nobody else may read; a symbolic link in its place is refused. */
export function openForWriting(path: string): number {
  return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, FILE_MODE);
}
