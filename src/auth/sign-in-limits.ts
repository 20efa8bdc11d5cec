import { Attempts, type AttemptRules } from '../access/attempts.js';

const MINUTE = 60_000;
const OF_ACCOUNT: AttemptRules = {
  free: 10,
  firstDelayMs: 30_000,
  longestDelayMs: 15 * MINUTE,
  forgetAfterMs: 60 * MINUTE,
};
const OF_ADDRESS: AttemptRules = { ...OF_ACCOUNT, free: 30 };
/** Slows down who guesses beside the owner, behind the same address, and never keeps the owner out for longer than that. */
const OF_KNOWN: AttemptRules = { ...OF_ACCOUNT, firstDelayMs: 1000, longestDelayMs: 1000 };

const MOST_ACCOUNTS = 10_000;
const MOST_ADDRESSES = 10;

/** One attempt to sign in that was let through. */
export interface Attempt {
  succeeded(): void;
}

/**
 * Slows down guessing: per account, whatever addresses it comes from, and per address, whatever accounts it is about. From an address that has signed in to the account before, only what that address does to
 * this account counts, so that nobody elsewhere can lock its owner out.
 */
export class SignInLimits {
  private readonly ofAccounts: Attempts;
  private readonly ofAddresses: Attempts;
  private readonly ofKnown: Attempts;
  /** The addresses from which each account was signed in to, in the order of their last use. */
  private readonly known = new Map<string, Set<string>>();

  constructor(now: () => number = () => performance.now()) {
    this.ofAccounts = new Attempts(OF_ACCOUNT, now);
    this.ofAddresses = new Attempts(OF_ADDRESS, now);
    this.ofKnown = new Attempts(OF_KNOWN, now);
  }

  /** Counts an attempt as failed until it has succeeded. @returns it, or the milliseconds to wait before there may be another */
  begin(email: string, address: string): Attempt | number {
    const counters: [Attempts, string][] = this.known.get(email)?.has(address)
      ? [[this.ofKnown, `${address} ${email}`]]
      : [
          [this.ofAccounts, email],
          [this.ofAddresses, address],
        ];
    const wait = Math.max(...counters.map(([attempts, key]) => attempts.waitMs(key)));
    if (wait > 0) return wait;
    for (const [attempts, key] of counters) attempts.count(key);
    return {
      succeeded: () => {
        // One's own account must not clear the address for guesses at others.
        for (const [attempts, key] of counters) attempts.takeBack(key);
        this.ofKnown.forget(`${address} ${email}`);
        this.remember(email, address);
      },
    };
  }

  private remember(email: string, address: string): void {
    const addresses = this.known.get(email) ?? new Set();
    addresses.delete(address);
    addresses.add(address);
    if (addresses.size > MOST_ADDRESSES) addresses.delete(addresses.values().next().value!);
    this.known.delete(email);
    this.known.set(email, addresses);
    if (this.known.size > MOST_ACCOUNTS) this.known.delete(this.known.keys().next().value!);
  }
}
