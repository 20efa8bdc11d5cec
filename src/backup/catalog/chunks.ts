import { setImmediate } from 'node:timers/promises';

/** Few enough for one statement in any database, and for one turn of the event loop. */
const CHUNK = 100;

/** A list piece by piece. */
export function* piecesOf<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += CHUNK) yield items.slice(start, start + CHUNK);
}

/** Works through a list piece by piece and lets requests through in between. */
export async function inChunks<T>(items: readonly T[], work: (chunk: T[]) => Promise<void>): Promise<void> {
  for (const piece of piecesOf(items)) {
    await work(piece);
    await setImmediate();
  }
}
