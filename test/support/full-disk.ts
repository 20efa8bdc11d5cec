import { execFileSync } from 'node:child_process';

/** A small file system of its own, so that a disk can fill up. Only root may, and not in every container. */
export const fullDisk = {
  isPossible(): boolean {
    if (process.getuid?.() !== 0) return false;
    const place = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' });
      execFileSync('umount', [place]);
      return true;
    } catch {
      return false;
    } finally {
      execFileSync('rmdir', [place]);
    }
  },

  /** Puts it in the place of an empty folder for as long as `use` lasts. */
  async during(folder: string, megabytes: number, use: () => Promise<void>): Promise<void> {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
    try {
      await use();
    } finally {
      execFileSync('umount', [folder]);
    }
  },
};
