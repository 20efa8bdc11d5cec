import { Clock } from './clock.js';

interface Alarm {
  at: number;
  run: () => void;
}

/** A clock that stands still until it is told to move: for tests and simulations. */
export class ManualClock extends Clock {
  private readonly alarms = new Set<Alarm>();
  private time: number;
  /** How far it was set ahead, all together. */
  private set = 0;

  constructor(start: Date | string) {
    super();
    this.time = new Date(start).getTime();
  }

  override now(): Date {
    return new Date(this.time);
  }

  override elapsed(): number {
    return this.time - this.set;
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

  /** Somebody sets it: no time passes, and whoever waits goes on waiting as long. */
  setTo(time: Date | string): void {
    const shift = new Date(time).getTime() - this.time;
    this.time += shift;
    this.set += shift;
    for (const alarm of this.alarms) alarm.at += shift;
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
