import { execFileSync } from 'node:child_process';

/** Root may read and write everything, so permissions cannot be tested as root. */
export const isPrivileged = (): boolean => process.geteuid?.() === 0;

const NOBODY = 65_534;

/** Does the work as a user whom permissions hold, and who owns this folder and what is in it. */
export async function withoutPrivileges<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (!isPrivileged()) return work();
  execFileSync('chown', ['-R', String(NOBODY), folder]);
  process.seteuid!(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}
