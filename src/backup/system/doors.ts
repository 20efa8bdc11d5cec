import { join } from 'node:path';
import type { Clock } from './clock.js';
import { LEASE_FOLDER } from './folder-lock.js';
import { leasePlace } from './lease.place.js';
import { LockShare } from './lock-share.js';

const RETRY_MS = 50;

/**
 * Tells processes apart that serve requests from those that do not. Each that does keeps its door open; whoever replaces the data waits until all are closed.
 * An open door is a share of a lock, so it closes when its process ends, however that ends.
 */
export class Doors {
  private readonly own: LockShare;

  /** @param folder the backup folder */
  constructor(
    folder: string,
    private readonly clock: Clock,
  ) {
    this.own = new LockShare(() => join(leasePlace(folder) ?? folder, LEASE_FOLDER, 'serving'));
  }

  get isOpen(): boolean {
    return this.own.isTaken;
  }

  /** Opens the door of this process. @returns false while another process is just looking whether all are closed */
  open(): boolean {
    return this.own.take();
  }

  close(): void {
    this.own.giveBack();
  }

  /** Waits until all doors are closed. @returns false when one stays open for longer than that */
  async allClosed(patienceMs: number): Promise<boolean> {
    const started = this.clock.elapsed();
    for (;;) {
      if (!this.own.isTakenByAnybody()) return true;
      if (this.clock.elapsed() - started >= patienceMs) return false;
      await new Promise<void>((resolve) => this.clock.after(RETRY_MS, resolve));
    }
  }
}
