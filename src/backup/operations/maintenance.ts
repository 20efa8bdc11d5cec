import { Injectable, Logger } from '@nestjs/common';
import { asBackupError } from '../model/errors.js';
import { Clock } from '../system/clock.js';
import { ServingLock } from '../system/serving-lock.js';
import type { Fence } from '../system/fence.js';
import { Lease } from '../system/lease.js';

const LONGEST_WAIT_MS = 10_000;
/** How often every process looks whether another one restores. */
export const LOOK_MS = 1000;

/** While a restore replaces the data, nobody else is served: neither here nor by other processes that share the backup folder. */
@Injectable()
export class MaintenanceMode {
  private readonly logger = new Logger('Backup');
  private here = false;
  private elsewhere = false;
  private looking: Promise<void> | null = null;
  private inFlight = 0;
  private toldTrouble = false;
  private drained: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly lease: Lease,
    private readonly servingLock: ServingLock,
  ) {}

  get isActive(): boolean {
    return this.here || this.elsewhere;
  }

  /** Serves nobody else while `work` is done. */
  async during<T>(fence: Fence, work: () => Promise<T>): Promise<T> {
    try {
      await this.enter(fence);
      return await work();
    } finally {
      await this.leave(fence);
    }
  }

  /** Turns requests away from now on, and waits a few seconds for those that are being served, by other processes too. */
  async enter(fence: Fence): Promise<void> {
    this.here = true;
    this.logger.log('Maintenance mode: other requests are rejected until the restore ends');
    await fence.announceMaintenance(true);
    await this.drain();
    this.servingLock.release();
    try {
      if (await this.servingLock.whenFree(LOOK_MS + LONGEST_WAIT_MS)) return;
      this.logger.warn('Another process still serves requests; not waiting any longer');
    } catch (error) {
      this.logger.warn(`Could not check whether other processes serve requests: ${asBackupError(error).message}`);
    }
  }

  async leave(fence: Fence): Promise<void> {
    if (!this.here) return;
    await fence.announceMaintenance(false).catch(() => undefined); // it ends with the lease, too
    this.here = false;
    this.logger.log('Maintenance mode ended');
  }

  /** Looks whether another process restores. To be called every {@link LOOK_MS}; one that died or was stopped is not waited for. */
  look(): Promise<void> {
    this.looking ??= this.follow().finally(() => (this.looking = null));
    return this.looking;
  }

  /**
   * Counts a request that may touch the database.
   * @returns to be called once, when it has ended; null when it is to be turned away
   */
  begin(): (() => void) | null {
    if (!this.admits()) return null;
    this.inFlight += 1;
    return () => {
      this.inFlight -= 1;
      if (this.inFlight === 0) this.drained();
    };
  }

  /** When the application ends: it serves nobody any more. */
  close(): void {
    this.servingLock.release();
  }

  /** Whatever fails about the files of the lease, the application goes on serving: only a restore turns requests away. */
  private admits(): boolean {
    if (this.isActive) return false;
    try {
      return this.acquireServingLock();
    } catch (error) {
      if (!this.toldTrouble)
        this.logger.warn(`Could not check whether another process is restoring: ${asBackupError(error).message}`);
      this.toldTrouble = true;
      return true;
    }
  }

  private acquireServingLock(): boolean {
    if (this.servingLock.isHeld) return true;
    if (!this.servingLock.acquire()) return false;
    // Acquire first, then look: a restore announces itself first and looks at this lock then, so one of the two sees the other.
    if (this.lease.peek()?.maintenance !== true) return true;
    this.servingLock.release();
    return false;
  }

  private async follow(): Promise<void> {
    if (this.here) return;
    const elsewhere = (await this.lease.holder())?.maintenance === true && !this.here;
    if (elsewhere === this.elsewhere) return;
    this.elsewhere = elsewhere;
    this.logger.log(
      elsewhere
        ? 'Another process is restoring: requests are rejected until it ends'
        : 'The restore by another process ended',
    );
    if (!elsewhere) return;
    await this.drain();
    this.servingLock.release();
  }

  private async drain(): Promise<void> {
    if (this.inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const stopWaiting = this.clock.after(LONGEST_WAIT_MS, resolve);
      this.drained = () => {
        stopWaiting();
        resolve();
      };
    });
    if (this.inFlight > 0) this.logger.warn(`${this.inFlight} requests are still being served; not waiting any longer`);
  }
}
