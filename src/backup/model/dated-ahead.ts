/** Clocks are set by moments all the time; that is no news to anybody. */
const TOLERANCE_MS = 60_000;

/** Whether a snapshot is dated after now: the clock is wrong, or was when it was taken. */
export const isDatedAhead = (createdAt: string, now: Date): boolean =>
  Date.parse(createdAt) > now.getTime() + TOLERANCE_MS;

/** Where dates ahead begin. */
export const aheadFrom = (now: Date): Date => new Date(now.getTime() + TOLERANCE_MS);
