import type { LocationQuery, LocationQueryRaw } from 'vue-router';
import type { Snapshot, TriggerType } from '../api/types.js';

/** What the list shows. It lives in the address, so that it survives a reload, and can be sent to somebody. */
export interface Filters {
  q: string;
  trigger: TriggerType | null;
  kind: Snapshot['kind'] | null;
  plan: string | null;
  location: Snapshot['location'] | null;
  /** How the last verification went. */
  valid: (typeof VALIDITIES)[number] | null;
  /** Days where the person is, `2026-01-30`; both are included. */
  from: string | null;
  to: string | null;
  page: number;
}

export const TRIGGERS = ['scheduled', 'manual', 'event', 'safety', 'startup', 'cli'] as const satisfies TriggerType[];
export const KINDS = ['full', 'differential'] as const satisfies Snapshot['kind'][];
export const LOCATIONS = ['regular', 'archived'] as const satisfies Snapshot['location'][];
export const VALIDITIES = ['true', 'false'] as const;
export const PAGE_SIZE = 50;
/** The API takes no more. */
export const LONGEST_SEARCH = 200;
const LONGEST_PLAN = 100;

/** Reads the address. What it does not know, it leaves out: an address may be typed by hand. */
export function filtersOf(query: LocationQuery): Filters {
  const text = (name: string) => {
    const value = query[name];
    return typeof value === 'string' ? value : '';
  };
  const oneOf = <T extends string>(name: string, known: readonly T[]) =>
    known.find((value) => value === text(name)) ?? null;
  const day = (name: string) => (isDay(text(name)) ? text(name) : null);
  return {
    q: text('q').slice(0, LONGEST_SEARCH),
    trigger: oneOf('trigger', TRIGGERS),
    kind: oneOf('kind', KINDS),
    plan: text('plan').slice(0, LONGEST_PLAN) || null,
    location: oneOf('location', LOCATIONS),
    valid: oneOf('valid', VALIDITIES),
    from: day('from'),
    to: day('to'),
    page: /^[1-9]\d{0,5}$/.test(text('page')) ? Number(text('page')) : 1,
  };
}

/** The address of these filters, short: only what is set. */
export function addressOf({ page, ...filters }: Filters): LocationQueryRaw {
  const set = Object.entries(filters).filter(([, value]) => value !== null && value !== '');
  return { ...Object.fromEntries(set), ...(page > 1 ? { page: String(page) } : {}) };
}

/** What the API is asked: its times have a zone, and the second one is not included. */
export function requestOf({ q, from, to, page, valid, ...exact }: Filters) {
  const set = Object.entries(exact).filter(([, value]) => value !== null);
  return {
    ...(Object.fromEntries(set) as { [K in keyof typeof exact]?: NonNullable<(typeof exact)[K]> }),
    ...(q.trim() === '' ? {} : { q: q.trim() }),
    ...(valid === null ? {} : { valid: valid === 'true' }),
    ...(from === null ? {} : { from: startOfDay(from, 0) }),
    ...(to === null ? {} : { to: startOfDay(to, 1) }),
    page,
    page_size: PAGE_SIZE,
  };
}

/** How many filters narrow the list. */
export const activeCount = ({ page: _, ...filters }: Filters): number =>
  Object.values(filters).filter((value) => value !== null && value !== '').length;

export const noFilters = (): Filters => filtersOf({});

const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(new Date(`${text}T00:00`).getTime());

function startOfDay(day: string, daysLater: number): string {
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + daysLater); // not 24 hours: clocks are changed twice a year
  return date.toISOString();
}
