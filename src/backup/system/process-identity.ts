import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isProcessAlive } from './temporary-file.js';

/** A process, told from every other one: on other machines, in other containers, and later under the same number. */
export interface ProcessIdentity {
  pid: number;
  /** For people. */
  host: string;
  /** Where its number means this process: one boot of one machine, and there one container. */
  place: string;
  /** When it began; null where the system does not tell. */
  started: string | null;
  /** Made up when it began. */
  run: string;
}

/** When a process of this machine began, in a form that no other process with its number can have; null where the system does not tell. */
export function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]; // the name before it may hold anything
    return `${bootId()}:${ticks}`;
  } catch {
    return null;
  }
}

export const THIS_PROCESS: Readonly<ProcessIdentity> = {
  pid: process.pid,
  host: hostname(),
  place: placeOfThis(),
  started: startOf(process.pid),
  run: randomUUID(),
};

/** Whether a process has surely ended; of one in another place nobody can be sure. */
export function hasEnded({ pid, place, started, run }: ProcessIdentity): boolean {
  if (place !== THIS_PROCESS.place) return false;
  if (pid === THIS_PROCESS.pid) return run !== THIS_PROCESS.run;
  return !isProcessAlive(pid) || (started !== null && started !== startOf(pid));
}

/** In words. */
export const processInWords = ({ pid, host }: ProcessIdentity): string =>
  host === THIS_PROCESS.host ? `process ${pid}` : `process ${pid} on ${host}`;

/** Containers have numbers of their own for their processes, and may share the name of their host. */
function placeOfThis(): string {
  try {
    return `${bootId()}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
