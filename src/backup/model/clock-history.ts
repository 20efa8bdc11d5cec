const DAY_MS = 86_400_000;
/** The clock is looked at about once an hour; a daily plan may be a little late. */
const SLACK_MS = 2 * 3_600_000;
/** Clocks are set back by moments all the time. */
const NO_SET_BACK_MS = 60_000;
/** What a person confirmed once counts as usual from then on, up to this: a machine that rests over weekends and holidays is not asked each time. */
const LONGEST_USUAL_GAP_MS = 7 * DAY_MS;

/** The clock went from one time to another, and nothing is known of what lay between: the machine was off, or its clock was set. ISO 8601. */
export interface ClockJump {
  from: string;
  to: string;
}

/** The clock stood at `at`, and was set back. ISO 8601. */
export interface ClockSetBack {
  at: string;
  /** The lowest and the highest time since. */
  from: string;
  to: string;
  /** Since when, by its new words, it has gone on steadily. */
  steady_since: string;
  /** Whether it was set right again. */
  is_over: boolean;
}

/** What is remembered of the machine's clock. */
export interface ClockHistory {
  /** When it was looked at last, by its own words. */
  seen: string;
  /** Forward jumps that nobody has confirmed, oldest first. */
  jumps: ClockJump[];
  /** Times in which it was behind, oldest first; only the last one may be going on. */
  set_backs: ClockSetBack[];
  /** The longest time without a look that is usual here. */
  usual_gap_ms: number;
}

export interface ClockLimits {
  /** The longest rhythm of the plans, in milliseconds. */
  rhythmMs: number;
  /** After so long an unconfirmed jump no longer matters: what was there before it is older than anything is kept. */
  retentionMs: number;
  /** How long this process has certainly been running since the last look, by a clock that nobody sets. @default 0 */
  runningMs?: number;
}

export const newClockHistory = (seen: Date): ClockHistory => ({
  seen: seen.toISOString(),
  jumps: [],
  set_backs: [],
  usual_gap_ms: 0,
});

/** What is to be remembered after another look at the clock. */
export function lookAtClock(
  history: ClockHistory,
  now: Date,
  { rhythmMs, retentionMs, runningMs = 0 }: ClockLimits,
): ClockHistory {
  const plausibleMs = Math.max(DAY_MS, rhythmMs, history.usual_gap_ms) + SLACK_MS + runningMs;
  const behindMs = Date.parse(history.seen) - now.getTime();
  if (behindMs > 0 && behindMs <= NO_SET_BACK_MS) return history;
  const looked =
    now.getTime() < Date.parse(history.seen) ? wentBack(history, now, plausibleMs) : wentOn(history, now, plausibleMs);
  const matters = (since: string) =>
    now.getTime() - Date.parse(since) - unexplainedSince(looked.jumps, Date.parse(since)) <= retentionMs;
  return {
    ...looked,
    seen: now.toISOString(),
    jumps: looked.jumps.filter(({ to }) => matters(to)),
    set_backs: looked.set_backs.filter(({ at }) => matters(at)),
  };
}

/** Somebody who knows the time said that the clock is right: all jumps were times in which the machine was off. */
export function confirmClock(history: ClockHistory, now: Date): ClockHistory {
  const longest = Math.max(0, ...history.jumps.map(lengthOf));
  return {
    ...newClockHistory(now),
    usual_gap_ms: Math.min(LONGEST_USUAL_GAP_MS, Math.max(history.usual_gap_ms, longest)),
  };
}

/** How much of the time since then, by the clock, nobody can vouch for; milliseconds. */
export function unexplainedSince(jumps: readonly ClockJump[], since: number): number {
  return jumps.reduce((sum, { from, to }) => sum + Math.max(0, Date.parse(to) - Math.max(Date.parse(from), since)), 0);
}

/** While the clock is behind where it once stood, nobody knows yet which of the two is wrong. */
export const isSetBack = ({ set_backs }: Pick<ClockHistory, 'set_backs'>): boolean =>
  set_backs.at(-1)?.is_over === false;

function wentOn(history: ClockHistory, now: Date, plausibleMs: number): ClockHistory {
  const isPlausible = (since: string) => now.getTime() - Date.parse(since) <= plausibleMs;
  const { seen, jumps, set_backs } = history;
  const setBack = isSetBack(history) ? set_backs.at(-1)! : undefined;
  // On the way back to where it once stood it leaves nothing out that was not there before.
  const from = setBack && setBack.at <= now.toISOString() ? setBack.at : seen;
  const isJump = !isPlausible(seen) && !isPlausible(from);
  return {
    ...history,
    jumps: isJump ? [...jumps, { from, to: now.toISOString() }] : jumps,
    set_backs: setBack ? [...set_backs.slice(0, -1), ...stillBack(setBack, seen, now, isPlausible)] : set_backs,
  };
}

/** Past where it once stood it is right again; after a day of going on from where it was set, that is believed, and it was never set back. */
function stillBack(
  setBack: ClockSetBack,
  seen: string,
  now: Date,
  isPlausible: (since: string) => boolean,
): ClockSetBack[] {
  if (now >= new Date(setBack.at)) return [{ ...setBack, is_over: true }];
  const to = latest(setBack.to, now.toISOString());
  if (!isPlausible(seen)) return [{ ...setBack, to, steady_since: now.toISOString() }];
  return isPlausible(setBack.steady_since) ? [{ ...setBack, to }] : [];
}

/** A jump ahead that is taken back was none; a part of it may remain. */
function wentBack(history: ClockHistory, now: Date, plausibleMs: number): ClockHistory {
  const text = now.toISOString();
  const earlier = isSetBack(history) ? history.set_backs.at(-1) : undefined;
  const undone = history.jumps.filter(({ to }) => to > text);
  const remaining = undone
    .filter(({ from }) => now.getTime() - Date.parse(from) > plausibleMs)
    .map(({ from }) => ({ from, to: text }));
  // Of times after a jump nothing is believed: the clock was last right where the first of them began.
  const at = undone[0]?.from ?? latest(history.seen, earlier?.at);
  const [from, to] = [earliest(text, earlier?.from), latest(text, earlier?.to)];
  const setBack: ClockSetBack = { at, from, to, steady_since: text, is_over: false };
  return {
    ...history,
    jumps: [...history.jumps.filter(({ to }) => to <= text), ...remaining],
    set_backs: [...history.set_backs.filter(({ is_over }) => is_over), ...(at > text ? [setBack] : [])],
  };
}

const latest = (a: string, b = a): string => (a > b ? a : b);
const earliest = (a: string, b = a): string => (a < b ? a : b);

export const lengthOf = ({ from, to }: ClockJump): number => Date.parse(to) - Date.parse(from);

/** @returns undefined for anything that is not a history, such as a damaged file */
export function parseClockHistory(text: string): ClockHistory | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { seen, jumps, set_backs, usual_gap_ms } = value as Partial<ClockHistory>;
  const isWhole =
    isTime(seen) &&
    isListOf<ClockJump>(jumps, ({ from, to }) => isTime(from) && isTime(to)) &&
    isListOf<ClockSetBack>(
      set_backs,
      ({ at, from, to, steady_since, is_over }) =>
        [at, from, to, steady_since].every(isTime) && typeof is_over === 'boolean',
    ) &&
    typeof usual_gap_ms === 'number';
  return isWhole ? { seen, jumps, set_backs, usual_gap_ms } : undefined;
}

const isListOf = <T>(list: unknown, isOne: (item: Partial<T>) => boolean): list is T[] =>
  Array.isArray(list) && list.every((item) => typeof item === 'object' && item !== null && isOne(item as Partial<T>));

/** As `Date.toISOString` writes it, so that the texts compare as the times do. */
const isTime = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
