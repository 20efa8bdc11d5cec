import { describe, expect, it, vi } from 'vitest';
import type { Job } from '../api/types.js';
import { reasonsOf } from '../cleanup/kept-reasons.js';
import { en } from '../texts/en.js';
import { addressOfJobs, jobFiltersOf, jobRequestOf } from './job-filters.js';
import { causeOf, outcomeOf, stageOf, timesOf } from './job-words.js';

// Node 20 has none; the page asks it for the way in which numbers and times are written.
vi.stubGlobal('navigator', { languages: ['en'] });

const job = (facts: Partial<Job>): Job => ({
  id: 'j',
  type: 'capture',
  status: 'completed',
  stage: null,
  progress: 1,
  plan: 'auto',
  trigger: { type: 'scheduled' },
  requested_by: null,
  created_at: '2026-03-10T12:00:00.000Z',
  started_at: '2026-03-10T12:00:05.000Z',
  finished_at: '2026-03-10T12:01:10.000Z',
  snapshot_id: null,
  error: null,
  result: null,
  ...facts,
});

describe('the filters of jobs', () => {
  it('live in the address', () => {
    const filters = { type: 'restore' as const, status: 'failed' as const, page: 3 };
    expect(jobFiltersOf(addressOfJobs(filters) as Record<string, string>)).toEqual(filters);
    expect(addressOfJobs(jobFiltersOf({}))).toEqual({});
    expect(jobRequestOf(jobFiltersOf({}))).toEqual({ page: 1, page_size: 50 });
  });

  it('leave out what nobody can ask for', () => {
    expect(jobFiltersOf({ type: 'coffee', status: ['failed'], page: '-1' })).toEqual({
      type: null,
      status: null,
      page: 1,
    });
  });
});

describe('a job in words', () => {
  const texts = en.history;

  it('says who asked for it, or what caused it', () => {
    expect(causeOf(job({ requested_by: 'ada@example.com' }), texts)).toBe('requested by ada@example.com');
    expect(causeOf(job({}), texts)).toBe(texts.by.scheduled);
    expect(causeOf(job({ trigger: { type: 'event', event: 'role.created' } }), texts)).toBe(texts.by.event);
    expect(causeOf(job({ trigger: { type: 'event', event: 'order.paid' } }), texts)).toBe('after order.paid');
    expect(causeOf(job({ trigger: null }), texts)).toBe(texts.by.nobody);
  });

  it('says how long it waited and took, as far as it got', () => {
    expect(timesOf(job({}), texts)).toEqual(['waited 5 sec', 'took 1 min 5 sec']);
    expect(timesOf(job({ started_at: null, finished_at: null }), texts)).toEqual([]);
  });

  it('says what came of it', () => {
    expect(outcomeOf(job({ result: { size_bytes: 1500 } }), texts)).toBe('1.5 kB stored');
    expect(outcomeOf(job({ type: 'verify', result: { is_valid: false } }), texts)).toBe(texts.result.damaged);
    expect(outcomeOf(job({ type: 'cleanup', result: { archived: 2, deleted: 1, freed_bytes: 0 } }), texts)).toBe(
      '2 archived, 1 deleted, 0 bytes freed',
    );
    expect(outcomeOf(job({ type: 'restore', result: { tables: { users: { rows: 1 } } } }), texts)).toBe(
      '1 row in 1 table restored',
    );
    expect(outcomeOf(job({ status: 'failed' }), texts)).toBe('');
  });
});

it('a reason to stay counts each snapshot once, whoever it is for', () => {
  const kept = [
    { id: 'a', reasons: ['newest', 'base_of:b', 'base_of:c'] },
    { id: 'b', reasons: ['newest'] },
  ];
  expect(reasonsOf(kept)).toEqual([
    { reason: 'newest', count: 2 },
    { reason: 'base_of', count: 1 },
  ]);
});

it('says what a job is at, and which process it waits for', () => {
  const stageInWords = (stage: string | null) => stageOf(job({ stage }), en.jobs);
  expect(stageInWords('verify')).toBe('Verifying the snapshot');
  expect(stageInWords('waiting for the index')).toBe('Waiting until all snapshots are indexed');
  expect(stageInWords('waiting for the restore of process 42')).toBe('waiting for the restore of process 42');
  expect([stageInWords(null), stageInWords('users')]).toEqual(['', '']);
});
