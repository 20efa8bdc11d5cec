import { readFileSync } from 'node:fs';

const MS_PER_TICK = 10; // what Linux counts in, on every machine

/** Processor time of a process and of its children that have ended, in milliseconds. */
export function cpuOf(pid = 'self') {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * MS_PER_TICK, 0);
}

/** Bytes that a process and its children that have ended asked files and pipes for, and that the kernel has to write to a disk for them: whole pages. */
export function ioOf(pid) {
  const io = readFileSync(`/proc/${pid}/io`, 'utf8');
  const field = (name) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(io)[1]);
  return { read: field('rchar'), written: field('write_bytes') };
}
