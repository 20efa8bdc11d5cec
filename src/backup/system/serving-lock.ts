import { join } from 'node:path';
import type { Clock } from './clock.js';
import { LEASE_FOLDER } from './folder-lock.js';
import { leasePlace } from './lease.place.js';
import { LockShare } from './lock-share.js';

const RETRY_MS = 50;

/**
 * Tells which processes serve requests. Each process that does holds a share of this lock; a restore waits until no process holds one.
 * The operating system releases the share when its process ends, however that ends.
 */
export class ServingLock {
  private readonly own: LockShare;

  /** @param folder the backup folder */
  constructor(
    folder: string,
    private readonly clock: Clock,
  ) {
    this.own = new LockShare(() => join(leasePlace(folder) ?? folder, LEASE_FOLDER, 'serving'));
  }

  get isHeld(): boolean {
    return this.own.isTaken;
  }

  /** Takes this process's share. @returns false while another process is just looking whether any is held */
  acquire(): boolean {
    return this.own.take();
  }

  release(): void {
    this.own.giveBack();
  }

  /** Waits until no process holds a share. @returns false when one is held for longer than that */
  async whenFree(patienceMs: number): Promise<boolean> {
    const started = this.clock.elapsed();
    for (;;) {
      if (!this.own.isTakenByAnybody()) return true;
      if (this.clock.elapsed() - started >= patienceMs) return false;
      await new Promise<void>((resolve) => this.clock.after(RETRY_MS, resolve));
    }
  }
}
