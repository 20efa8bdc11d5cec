import { readFileSync, writeFileSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';

const MIB = 1024;
const SAMPLE_EVERY_MS = 5;

/** A field of /proc/<pid>/status in MiB, or null when the process has ended. */
export function memoryOf(pid, field) {
  try {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]) / MIB : null;
  } catch {
    return null;
  }
}

/** Makes the kernel count a process's peak anew. */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  } catch {
    return [];
  }
}

/** Watches how much memory the children of a process ever had; the kernel keeps the peaks, so only what a child allocates in its last milliseconds is missed. */
export function watchChildren(pid) {
  let peak = 0;
  const timer = setInterval(() => {
    for (const child of childrenOf(pid)) peak = Math.max(peak, memoryOf(child, 'VmHWM') ?? 0);
  }, SAMPLE_EVERY_MS);
  return {
    /** The highest peak of any child, in MiB. */
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}
