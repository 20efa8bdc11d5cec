import { setImmediate } from 'node:timers/promises';

/** Few enough for one statement in any database, and for one turn of the event loop. */
const CHUNK = 100;

/** Works through a list piece by piece and lets requests through in between. */
export async function inChunks<T>(items: readonly T[], work: (chunk: T[]) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += CHUNK) {
    await work(items.slice(start, start + CHUNK));
    await setImmediate();
  }
}
