import type { LocationQuery } from 'vue-router';

/** The number of the page in an address; the first where there is none, or nonsense. */
export const pageOf = ({ page }: LocationQuery): number =>
  typeof page === 'string' && /^[1-9]\d{0,5}$/.test(page) ? Number(page) : 1;
