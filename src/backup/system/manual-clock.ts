import { Clock } from './clock.js';

interface Alarm {
  at: number;
  run: () => void;
}

/** A clock that stands still until it is told to move: for tests and simulations. */
export class ManualClock extends Clock {
  private readonly alarms = new Set<Alarm>();
  private time: number;

  constructor(start: Date | string) {
    super();
    this.time = new Date(start).getTime();
  }

  override now(): Date {
    return new Date(this.time);
  }

  override elapsed(): number {
    return this.time;
  }

  override after(ms: number, run: () => void): () => void {
    const alarm = { at: this.time + ms, run };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  }

  /** Moves on by `ms` milliseconds, ringing every alarm on the way at its own time. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (let next = this.nextAlarm(end); next; next = this.nextAlarm(end)) {
      this.time = Math.max(this.time, next.at);
      this.alarms.delete(next);
      next.run();
    }
    this.time = end;
  }

  /** When the next alarm rings, or undefined when none is set. */
  get nextAlarmAt(): Date | undefined {
    const next = this.nextAlarm(Number.POSITIVE_INFINITY);
    return next && new Date(next.at);
  }

  private nextAlarm(until: number): Alarm | undefined {
    return [...this.alarms].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  }
}
