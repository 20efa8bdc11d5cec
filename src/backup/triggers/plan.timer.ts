import type { Plan } from '../model/plan.js';
import { nextDue, type Rhythm } from '../model/rhythm.js';
import type { Clock } from '../system/clock.js';

/** No timer waits for months; one that wakes up early just waits on. */
const LONGEST_WAIT_MS = 86_400_000;

export type TimedTrigger = 'scheduled' | 'startup';

/** Says when one plan is due. */
export class PlanTimer {
  private cancelTimer: () => void = () => undefined;
  private due: Date | null = null;

  /**
   * @param lastTick when the plan's last snapshot was due or taken, whichever is known; null when it never ran
   * @param onDue must not throw
   */
  constructor(
    private plan: Plan,
    private lastTick: Date | null,
    private readonly clock: Clock,
    private readonly onDue: (plan: Plan, trigger: TimedTrigger, due: Date) => void,
  ) {}

  get nextRun(): Date | null {
    return this.due;
  }

  /** Waits for the time after the last one, or ticks now when that is past: a start that was missed is made up. */
  start(overdue: TimedTrigger): void {
    this.stop();
    if (!this.plan.enabled) return;
    const due = firstDue(this.plan.rhythm, this.lastTick, this.clock.now());
    if (due.getTime() <= this.clock.now().getTime()) this.tick(overdue, this.clock.now());
    else this.wait(due);
  }

  /** Goes on with other settings of the plan, as if it had always had them. */
  change(plan: Plan): void {
    this.plan = plan;
    this.start('scheduled');
  }

  stop(): void {
    this.cancelTimer();
    this.due = null;
  }

  private wait(until: Date): void {
    this.cancelTimer();
    const now = this.clock.now();
    // Never longer than from now to the next time: a clock that was ahead, and was set back, must not silence the backups until then.
    const due = earlier(until, nextDue(this.plan.rhythm, now));
    this.due = due;
    const ms = due.getTime() - now.getTime();
    this.cancelTimer = this.clock.after(Math.min(ms, LONGEST_WAIT_MS), () => {
      if (due.getTime() > this.clock.now().getTime()) this.wait(due);
      else this.tick('scheduled', due);
    });
  }

  private tick(trigger: TimedTrigger, due: Date): void {
    const now = this.clock.now();
    // Counted from when it was due, so that the ticks do not drift; from now, where the machine was asleep.
    this.lastTick = nextDue(this.plan.rhythm, due).getTime() > now.getTime() ? due : now;
    this.wait(nextDue(this.plan.rhythm, this.lastTick));
    this.onDue(this.plan, trigger, due);
  }
}

/** A plan with an interval that never ran is due at once; one with a schedule has its times. */
function firstDue(rhythm: Rhythm, lastTick: Date | null, now: Date): Date {
  if (lastTick === null) return 'cron' in rhythm ? nextDue(rhythm, now) : now;
  return nextDue(rhythm, lastTick);
}

/** The next times a plan would run, were it started now. */
export function upcoming(rhythm: Rhythm, lastTick: Date | null, now: Date, count: number): Date[] {
  const first = firstDue(rhythm, lastTick, now);
  const runs = [first < now ? now : first]; // what was missed is made up at once
  while (runs.length < count) runs.push(nextDue(rhythm, runs.at(-1)!));
  return runs;
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);
