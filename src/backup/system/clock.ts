/** The time, and waiting. Injected, so that tests can live through 40 days in a second. */
export abstract class Clock {
  abstract now(): Date;
  /** Milliseconds on a clock that nobody sets: only their differences mean anything. */
  abstract elapsed(): number;
  /** Calls `run` once after `ms` milliseconds (at most 2^31-1); the returned function cancels it. */
  abstract after(ms: number, run: () => void): () => void;
}

/** The machine's clock. Its timers never keep the process alive. */
export class SystemClock extends Clock {
  override now(): Date {
    return new Date();
  }

  override elapsed(): number {
    return performance.now();
  }

  override after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  }
}
