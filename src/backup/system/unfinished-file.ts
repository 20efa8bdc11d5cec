import { closeSync, constants, openSync, rmSync } from 'node:fs';

/** Removes an unfinished file. Gives its room back at once, although it may be open until this process ends: on a full disk somebody waits for it. */
export function discard(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW));
  } catch {
    // it was never made, or is a link that somebody planted
  }
  rmSync(path, { force: true });
}

/**
 * Has a file removed should this process end before the file is finished. An engine host whose program was killed would else leave it for
 * the next start but one: the next start sweeps nothing that a living process writes.
 * @returns what to call when it is finished
 */
export function discardAtExit(path: string): () => void {
  const discardNow = () => discard(path);
  process.once('exit', discardNow);
  return () => void process.off('exit', discardNow);
}
