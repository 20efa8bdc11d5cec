import 'reflect-metadata';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../model/errors.js';
import { type Fielded, readBody, readQuery } from './fields.js';
import {
  AnnotationRequest,
  CaptureRequest,
  CleanupQuery,
  DiffQuery,
  JobPageQuery,
  PreviewQuery,
  RestoreRequest,
  RowsQuery,
  SnapshotPageQuery,
  WaitQuery,
} from './requests.js';

/** As the type is read in a request: bodies by their own rules. */
const read = <T extends object>(type: Fielded<T>, value: unknown): T =>
  type.name.endsWith('Request') ? readBody(type, value) : readQuery(type, value as object);

function badFields(type: Fielded, value: unknown): string[] {
  try {
    read(type, value);
    return [];
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'VALIDATION_FAILED') throw error;
    return (error.details['errors'] as { field: string }[]).map(({ field }) => field);
  }
}

it('a field that is missing is called so', () => {
  expect(() => read(DiffQuery, {})).toThrow('"with" is missing; it must be a string.');
  expect(() => read(DiffQuery, { with: ['now', 'now'] })).toThrow('"with" must be a string.');
});

describe('numbers in a query', () => {
  it('have defaults and are read from text', () => {
    expect(read(SnapshotPageQuery, {})).toMatchObject({ page: 1, page_size: 50 });
    expect(read(SnapshotPageQuery, { page: '3', page_size: '200' })).toMatchObject({ page: 3, page_size: 200 });
    expect(read(RowsQuery, { offset: '0', limit: '7' })).toEqual({ offset: 0, limit: 7 });
  });

  it.each([
    '1e9',
    '-1',
    'abc',
    '',
    ' 1',
    '1.0',
    '0x10',
    '+1',
    '0',
    '1000001',
    '9'.repeat(400),
    'NaN',
    '１',
    ['1', '2'],
    { a: '1' },
  ])('refuses page=%j', (page) => expect(badFields(SnapshotPageQuery, { page })).toEqual(['page']));

  it('keeps page_size within 200', () => {
    expect(badFields(JobPageQuery, { page_size: '201' })).toEqual(['page_size']);
  });

  it('takes exactly plain digits, whatever is thrown at it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String)), (page) => {
        const good = /^\d{1,15}$/.test(page) && Number(page) >= 1 && Number(page) <= 1_000_000;
        expect(badFields(SnapshotPageQuery, { page })).toEqual(good ? [] : ['page']);
      }),
    );
  });
});

describe('flags in a query', () => {
  it('are true or false', () => {
    expect(read(WaitQuery, { wait: 'true' })).toEqual({ wait: true });
    expect(read(CleanupQuery, { dry_run: 'false' })).toEqual({ dry_run: false, confirm_clock: false });
    expect(read(WaitQuery, {})).toEqual({ wait: false });
  });

  it.each(['1', 'yes', 'TRUE', '', ['true', 'true']])('refuses %j', (wait) => {
    expect(badFields(WaitQuery, { wait })).toEqual(['wait']);
  });
});

describe('times in a query', () => {
  it.each([
    ['2026-01-30', '2026-01-30T00:00:00.000Z'],
    ['2026-01-30T12:00:00Z', '2026-01-30T12:00:00.000Z'],
    ['2026-01-30T12:00+02:00', '2026-01-30T10:00:00.000Z'],
    ['2026-01-30T12:00:00.123456Z', '2026-01-30T12:00:00.123Z'],
  ])('reads %s as UTC', (from, expected) => {
    expect(read(SnapshotPageQuery, { from }).from).toBe(expected);
  });

  it.each([
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-01-30T12:00:00',
    '30.01.2026',
    '1769774400',
    '',
    '2026-02-30T00:00:00.000Z',
  ])('refuses %j', (to) => expect(badFields(SnapshotPageQuery, { to })).toEqual(['to']));
});

describe('other fields', () => {
  it.each([
    [SnapshotPageQuery, { trigger: 'cron', kind: 'half', location: 'moon', q: 'x'.repeat(201), colour: 'red' }],
    [JobPageQuery, { type: 'nap', status: '' }],
    [CaptureRequest, { description: 'x'.repeat(501), plan: null, kind: 'differential' }],
    [CaptureRequest, { description: 5, plan: {}, trigger: 'scheduled' }],
    [AnnotationRequest, { description: ['a'], pinned: 'true', id: 'other' }],
    [AnnotationRequest, { pinned: null }],
    [RestoreRequest, { confirm: 5, skip_safety_snapshot: 'no', tables: 'users', force: true }],
    [RestoreRequest, { confirm: null }],
    [RestoreRequest, { tables: [] }],
    [RestoreRequest, { tables: ['users', 'users'] }],
    [RestoreRequest, { tables: ['users', 7] }],
  ])('%o refuses each of %j by name', (metatype: Fielded, value) => {
    expect(badFields(metatype, value).sort()).toEqual(Object.keys(value).sort());
  });

  it('take null for no description', () => {
    expect(read(AnnotationRequest, { description: null })).toEqual({ description: null });
  });

  it('may all be missing, with the body itself', () => {
    expect(read(CaptureRequest, undefined)).toEqual({});
    expect(read(RestoreRequest, undefined)).toEqual({ confirm: '' });
  });

  it.each([[[]], ['text'], [7]])('refuses the body %j', (body) => {
    expect(badFields(RestoreRequest, body)).toEqual(['body']);
  });
});

describe('a comparison', () => {
  it('needs to know with what', () => {
    expect(read(DiffQuery, { with: 'now' })).toEqual({ with: 'now', offset: 0, limit: 100 });
    expect(badFields(DiffQuery, {})).toEqual(['with']);
    expect(badFields(DiffQuery, { with: ['now', 'now'] })).toEqual(['with']);
    expect(badFields(DiffQuery, { with: 'now', table: ['a', 'b'] })).toEqual(['table']);
  });
});

describe('the tables of a preview', () => {
  it('are a list, of one where only one is given', () => {
    expect(read(PreviewQuery, {})).toEqual({});
    expect(read(PreviewQuery, { tables: 'a,b' })).toEqual({ tables: ['a,b'] });
    expect(read(PreviewQuery, { tables: ['a', 'b'] })).toEqual({ tables: ['a', 'b'] });
  });

  it.each([{ a: 'b' }, ['a', 'a'], ['a', { b: 'c' }]])('are refused as %j', (tables) =>
    expect(badFields(PreviewQuery, { tables })).toEqual(['tables']),
  );
});
