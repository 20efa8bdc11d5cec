import { readFileSync, writeFileSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from './program.mjs';

/** What the kernel calls kB. */
const KERNEL_KB = 1024;
const SAMPLE_EVERY_MS = 5;

/** A field of /proc/<pid>/status in bytes, or null when the process has ended. */
function memoryOf(pid, field) {
  try {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]) * KERNEL_KB : null;
  } catch {
    return null;
  }
}

/** Makes the kernel count a process's peak anew. */
function forgetPeak(pid) {
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
function watchChildren(pid) {
  let peak = 0;
  const timer = setInterval(() => {
    for (const child of childrenOf(pid)) peak = Math.max(peak, memoryOf(child, 'VmHWM') ?? 0);
  }, SAMPLE_EVERY_MS);
  return {
    /** The highest peak of any child, in bytes. */
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

/** A program that has just started has not allocated yet what it needs for any request. */
export async function warmUp(program) {
  const load = new Load(program, 4);
  await sleep(2000);
  await load.stop();
  const { id } = await program.capture(); // and neither for the first job
  await program.remove(id);
  await sleep(500);
}

/** What a program holds now, in bytes. */
export const held = (program) => memoryOf(program.pid, 'VmRSS');

/**
 * What some work made the program grow by, and the most that any process it started for it held, in bytes.
 * @param before what it held, where it has grown for the same reason earlier
 */
export async function watched(program, work, before = held(program)) {
  forgetPeak(program.pid);
  const children = watchChildren(program.pid);
  await work();
  const host = children.stop();
  return { growth: Math.max(0, memoryOf(program.pid, 'VmHWM') - before), host };
}
