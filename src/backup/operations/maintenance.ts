import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../system/clock.js';

const LONGEST_WAIT_MS = 10_000;

/** While a restore replaces the data, nobody else is served. */
@Injectable()
export class MaintenanceMode {
  private readonly logger = new Logger('Backup');
  private active = false;
  private inFlight = 0;
  private drained: () => void = () => undefined;

  constructor(private readonly clock: Clock) {}

  get isActive(): boolean {
    return this.active;
  }

  /** Serves nobody else while `work` is done. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      await this.enter();
      return await work();
    } finally {
      this.leave();
    }
  }

  /** Turns requests away from now on, and waits a few seconds for those that are being served. */
  async enter(): Promise<void> {
    this.active = true;
    this.logger.log('Maintenance mode: other requests are turned away until the restore has ended');
    if (this.inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const stopWaiting = this.clock.after(LONGEST_WAIT_MS, resolve);
      this.drained = () => {
        stopWaiting();
        resolve();
      };
    });
    if (this.inFlight > 0)
      this.logger.warn(`Not waiting any longer for ${this.inFlight} requests that are still being served`);
  }

  leave(): void {
    if (!this.active) return;
    this.active = false;
    this.logger.log('Maintenance mode has ended');
  }

  /** Counts a request that may touch the database. @returns to be called once, when it has ended */
  begin(): () => void {
    this.inFlight += 1;
    return () => {
      this.inFlight -= 1;
      if (this.inFlight === 0) this.drained();
    };
  }
}
