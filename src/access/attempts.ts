export interface AttemptRules {
  /** Attempts that nobody waits after. */
  free: number;
  /** Wait after the first one beyond; it doubles with each further one. */
  firstDelayMs: number;
  longestDelayMs: number;
  /** Without an attempt for so long, what was counted is forgotten. */
  forgetAfterMs: number;
}

interface Counted {
  attempts: number;
  lastAt: number;
}

/** What is remembered at most, so that nobody fills the memory with made-up names. */
const MOST_KEYS = 10_000;

/** Counts attempts by key, and says how long to wait for the next one. In memory: a restart forgets it all. */
export class Attempts {
  /** In the order of their last attempt. */
  private readonly counted = new Map<string, Counted>();

  /** @param now milliseconds that only ever grow */
  constructor(
    private readonly rules: AttemptRules,
    private readonly now: () => number,
  ) {}

  /** @returns milliseconds until the next attempt is allowed; 0 where it is now */
  waitMs(key: string): number {
    const { attempts, lastAt } = this.of(key);
    const { free, firstDelayMs, longestDelayMs } = this.rules;
    const delay = attempts < free ? 0 : Math.min(firstDelayMs * 2 ** Math.min(attempts - free, 40), longestDelayMs);
    return Math.max(0, lastAt + delay - this.now());
  }

  /** Counts an attempt, before it is known what comes of it: those made at the same time must not all go free. */
  count(key: string): void {
    const { attempts } = this.of(key);
    this.counted.delete(key);
    this.counted.set(key, { attempts: attempts + 1, lastAt: this.now() });
    if (this.counted.size > MOST_KEYS) this.counted.delete(this.counted.keys().next().value!);
  }

  /** Takes back what {@link count} counted, for an attempt that was right; earlier ones stay. */
  takeBack(key: string): void {
    const known = this.counted.get(key);
    if (known && known.attempts > 1) known.attempts--;
    else this.counted.delete(key);
  }

  forget(key: string): void {
    this.counted.delete(key);
  }

  private of(key: string): Counted {
    const known = this.counted.get(key);
    if (known && this.now() - known.lastAt < this.rules.forgetAfterMs) return known;
    return { attempts: 0, lastAt: -Infinity };
  }
}
