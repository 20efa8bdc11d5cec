import type { LocationQuery, LocationQueryRaw } from 'vue-router';
import type { Job } from '../api/types.js';

/** Which jobs are shown. It lives in the address, as the filters of snapshots do. */
export interface JobFilters {
  type: Job['type'] | null;
  status: Job['status'] | null;
  page: number;
}

export const TYPES = ['capture', 'restore', 'verify', 'cleanup'] as const satisfies Job['type'][];
export const STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const satisfies Job['status'][];
export const PAGE_SIZE = 50;

/** Reads the address. What it does not know, it leaves out. */
export function jobFiltersOf({ type, status, page }: LocationQuery): JobFilters {
  return {
    type: TYPES.find((known) => known === type) ?? null,
    status: STATUSES.find((known) => known === status) ?? null,
    page: typeof page === 'string' && /^[1-9]\d{0,5}$/.test(page) ? Number(page) : 1,
  };
}

/** The address of these filters: only what is set. */
export function addressOfJobs({ type, status, page }: JobFilters): LocationQueryRaw {
  return { ...(type && { type }), ...(status && { status }), ...(page > 1 && { page: String(page) }) };
}

/** What the API is asked. */
export function jobRequestOf({ type, status, page }: JobFilters) {
  return { ...(type && { type }), ...(status && { status }), page, page_size: PAGE_SIZE };
}
