import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

/** How long something takes, in milliseconds. */
export async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Times several ways of doing something, one after the other and round after round, so that a machine that gets slower gets slower for all. The first
 * round only warms caches up.
 * @param ways an object of functions; each returns its own time, or nothing and is timed as a whole
 * @returns an object of lists of milliseconds
 */
export async function alternate(rounds, ways) {
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, work] of Object.entries(ways)) {
      let own;
      const whole = await timed(async () => (own = await work()));
      if (round > 0) times[name].push(own ?? whole);
    }
  }
  return times;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The ratio of two medians, and between what the ratios of the single rounds lay. */
export function compare(ours, theirs) {
  const ratios = ours.map((value, round) => value / theirs[round]).sort((a, b) => a - b);
  return { ratio: median(ours) / median(theirs), least: ratios[0], most: ratios.at(-1) };
}

/** Runs a program to its end; standard input and output may be files. */
export async function run(program, args, { from, to, env } = {}) {
  const files = [from === undefined ? null : openSync(from, 'r'), to === undefined ? null : openSync(to, 'w')];
  try {
    await new Promise((resolve, reject) => {
      const child = spawn(program, args, { env, stdio: [files[0] ?? 'ignore', files[1] ?? 'ignore', 'inherit'] });
      child.once('error', reject);
      child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ended with code ${code}`))));
    });
  } finally {
    for (const file of files) if (file !== null) closeSync(file);
  }
}

/** Bytes of all files in a folder and the folders in it. */
export async function sizeOfFolder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
