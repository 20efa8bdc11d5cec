import type { Plan } from '../model/plan.js';
import type { Clock } from '../system/clock.js';

/** No timer waits for months; one that wakes up early is set again. */
const LONGEST_WAIT_MS = 86_400_000;

/** Wakes the scheduler for one plan. */
export class PlanTimer {
  private cancel: () => void = () => undefined;
  private until: Date | null = null;

  constructor(
    public plan: Plan,
    private readonly clock: Clock,
    private readonly onWake: () => void,
  ) {}

  /** When it wakes, or would, were it not to wake daily; null when it is not set. */
  get due(): Date | null {
    return this.until;
  }

  /** Instead of what it waited for before. */
  wait(until: Date): void {
    this.stop();
    this.until = until;
    const ms = Math.max(0, until.getTime() - this.clock.now().getTime());
    this.cancel = this.clock.after(Math.min(ms, LONGEST_WAIT_MS), this.onWake);
  }

  stop(): void {
    this.cancel();
    this.until = null;
  }
}
