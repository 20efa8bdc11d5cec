import { vi } from 'vitest';

/** Repeats the expectations until they hold; the test's own time limit ends the waiting. */
export const until = <T>(expectations: () => T | Promise<T>, interval = 10): Promise<T> =>
  vi.waitFor(expectations, { timeout: 24 * 3_600_000, interval });
