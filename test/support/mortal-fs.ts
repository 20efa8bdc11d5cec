import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Everything by which the tasks change the disk. */
const MUTATIONS = [
  'mkdirSync',
  'openSync',
  'writeSync',
  'fsyncSync',
  'renameSync',
  'linkSync',
  'symlinkSync',
  'chmodSync',
  'fchmodSync',
  'fchownSync',
  'lchownSync',
  'futimesSync',
  'lutimesSync',
  'rmSync',
  'ftruncateSync',
] as const;

type Mutation = (typeof MUTATIONS)[number];
type Change = (...args: never[]) => unknown;

/** What happens at the n-th change of the disk, counted from 0. */
export interface Fate {
  at: number;
  /** `dies`: neither it nor any later one happens, as after `kill -9`. Otherwise only this one fails, with this code. */
  how: 'dies' | 'EPERM' | 'EIO' | 'ENOSPC';
}

/**
 * Runs something that changes the disk by `fs`, with a fate.
 * @returns how many changes there were, and what was thrown
 */
export async function withFate<T>(fate: Fate | null, run: () => Promise<T>) {
  const real: Partial<Record<Mutation, Change>> = {};
  for (const name of MUTATIONS) real[name] = fs[name];
  let count = 0;
  for (const name of MUTATIONS) {
    const replaced = (...args: never[]): unknown => {
      const step = count++;
      if (fate && (fate.how === 'dies' ? step >= fate.at : step === fate.at)) {
        if (step === fate.at && name === 'rmSync') removeHalf(String(args[0]), real.rmSync!);
        throw Object.assign(new Error(`${fate.how} at ${name}`), { code: fate.how, syscall: name });
      }
      return real[name]!(...args);
    };
    Object.assign(fs, { [name]: replaced });
  }
  syncBuiltinESMExports();
  try {
    return { value: await run(), changes: count, error: null };
  } catch (error) {
    return { value: null, changes: count, error: error as Error };
  } finally {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  }
}

/** A removal that is cut short has removed some of it. */
function removeHalf(path: string, rm: (...args: never[]) => unknown): void {
  if (!fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  fs.readdirSync(path).forEach((name, at) => {
    if (at % 2 === 0) rm(`${path}/${name}` as never, { recursive: true, force: true } as never);
    else removeHalf(`${path}/${name}`, rm);
  });
}
