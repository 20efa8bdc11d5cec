/** The time, and waiting. Injected, so that tests can live through 40 days in a second. */
export abstract class Clock {
  abstract now(): Date;
  /** Calls `run` once after `ms` milliseconds (at most 2^31-1); the returned function cancels it. */
  abstract after(ms: number, run: () => void): () => void;
}

/** The machine's clock. Its timers never keep the process alive. */
export class SystemClock extends Clock {
  override now(): Date {
    return new Date();
  }

  override after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  }
}
