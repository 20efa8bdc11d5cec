import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Unfinished files are called `.<final name>.<pid>.tmp` and stand in the folder of the final one, so that a rename never crosses
 * a mount and the next start can tell which leftovers nobody is writing any more. SQLite's own files beside an unfinished database belong to it.
 */
const TEMPORARY = /^\.(.+)\.(\d+)\.tmp(?:-(?:journal|wal|shm))?$/;

export interface TemporaryName {
  /** The name it would have got. */
  finalName: string;
  /** The process that was writing it. */
  pid: number;
}

export const temporaryPath = (finalPath: string, pid: number = process.pid): string =>
  join(dirname(finalPath), `.${basename(finalPath)}.${pid}.tmp`);

export function parseTemporaryName(name: string): TemporaryName | undefined {
  const parts = TEMPORARY.exec(name);
  return parts ? { finalName: parts[1]!, pid: Number(parts[2]) } : undefined;
}

/** Whether a process is still there; our own id counts as gone, since at start-up it can only be an earlier run's. */
export function isProcessAlive(pid: number): boolean {
  if (pid === process.pid || pid === 0) return false; // 0 would ask about our own process group
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Killed, and not yet taken note of by its parent, which may take as long as it likes: it writes nothing any more. Only Linux tells. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.startsWith(') Z', stat.lastIndexOf(')')); // the name before it may hold anything
  } catch {
    return false;
  }
}
