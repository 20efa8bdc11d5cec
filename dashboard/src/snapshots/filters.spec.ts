import { describe, expect, it } from 'vitest';
import { activeCount, addressOf, filtersOf, noFilters, requestOf, type Filters } from './filters.js';

const some: Filters = {
  ...noFilters(),
  q: 'student 5',
  trigger: 'event',
  kind: 'differential',
  plan: 'hourly',
  location: 'archived',
  valid: 'false',
  from: '2026-03-01',
  to: '2026-03-02',
  page: 3,
};

describe('filters in the address', () => {
  it('come back as they were', () => {
    expect(filtersOf(addressOf(some) as Record<string, string>)).toEqual(some);
    expect(addressOf(noFilters())).toEqual({});
  });

  it('leave out what is not known, rather than ask the server for it', () => {
    const typed = {
      trigger: 'sometimes',
      kind: ['full', 'full'],
      from: 'yesterday',
      to: '2026-13-45',
      page: '-2',
      valid: 'no',
      x: 'y',
    };
    expect(filtersOf(typed)).toEqual(noFilters());
  });

  it('are counted without the page', () => {
    expect(activeCount(noFilters())).toBe(0);
    expect(activeCount({ ...noFilters(), page: 4 })).toBe(0);
    expect(activeCount(some)).toBe(8);
  });
});

describe('what the API is asked', () => {
  it('has both days whole, in the time of the person who looks', () => {
    expect(requestOf(some)).toEqual({
      q: 'student 5',
      trigger: 'event',
      kind: 'differential',
      plan: 'hourly',
      location: 'archived',
      valid: false,
      from: new Date(2026, 2, 1).toISOString(),
      to: new Date(2026, 2, 3).toISOString(),
      page: 3,
      page_size: 50,
    });
  });

  it('is nothing but the page where nothing is set', () => {
    expect(requestOf({ ...noFilters(), q: '  ' })).toEqual({ page: 1, page_size: 50 });
  });
});
