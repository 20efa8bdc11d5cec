import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../model/errors.js';
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
import { validationPipe } from './validation.js';

const pipe = validationPipe();
const read = <T>(metatype: Type<T>, value: unknown): Promise<T> =>
  pipe.transform(value, { type: 'query', metatype }) as Promise<T>;

async function badFields(metatype: Type, value: unknown): Promise<string[]> {
  const error: unknown = await read(metatype, value).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof BackupError) || error.code !== 'VALIDATION_FAILED') return [];
  return (error.details['errors'] as { field: string }[]).map(({ field }) => field);
}

describe('numbers in a query', () => {
  it('have defaults and are read from text', async () => {
    expect(await read(SnapshotPageQuery, {})).toMatchObject({ page: 1, page_size: 50 });
    expect(await read(SnapshotPageQuery, { page: '3', page_size: '200' })).toMatchObject({ page: 3, page_size: 200 });
    expect(await read(RowsQuery, { offset: '0', limit: '7' })).toEqual({ offset: 0, limit: 7 });
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
  ])('refuses page=%j', async (page) => expect(await badFields(SnapshotPageQuery, { page })).toEqual(['page']));

  it('keeps page_size within 200', async () => {
    expect(await badFields(JobPageQuery, { page_size: '201' })).toEqual(['page_size']);
  });

  it('takes exactly plain digits, whatever is thrown at it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String)), async (page) => {
        const good = /^\d{1,15}$/.test(page) && Number(page) >= 1 && Number(page) <= 1_000_000;
        expect(await badFields(SnapshotPageQuery, { page })).toEqual(good ? [] : ['page']);
      }),
    );
  });

  it('survives a host whose own pipe has read them already', async () => {
    const once = await read(SnapshotPageQuery, { page: '2', from: '2026-01-30' });
    expect(await read(SnapshotPageQuery, once)).toEqual(once);
  });
});

describe('flags in a query', () => {
  it('are true or false', async () => {
    expect(await read(WaitQuery, { wait: 'true' })).toEqual({ wait: true });
    expect(await read(CleanupQuery, { dry_run: 'false' })).toEqual({ dry_run: false, confirm_clock: false });
    expect(await read(WaitQuery, {})).toEqual({ wait: false });
  });

  it.each(['1', 'yes', 'TRUE', '', ['true', 'true']])('refuses %j', async (wait) => {
    expect(await badFields(WaitQuery, { wait })).toEqual(['wait']);
  });
});

describe('times in a query', () => {
  it.each([
    ['2026-01-30', '2026-01-30T00:00:00.000Z'],
    ['2026-01-30T12:00:00Z', '2026-01-30T12:00:00.000Z'],
    ['2026-01-30T12:00+02:00', '2026-01-30T10:00:00.000Z'],
    ['2026-01-30T12:00:00.123456Z', '2026-01-30T12:00:00.123Z'],
  ])('reads %s as UTC', async (from, expected) => {
    expect((await read(SnapshotPageQuery, { from })).from).toBe(expected);
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
  ])('refuses %j', async (to) => expect(await badFields(SnapshotPageQuery, { to })).toEqual(['to']));
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
  ])('%o refuses each of %j by name', async (metatype: Type, value) => {
    expect((await badFields(metatype, value)).sort()).toEqual(Object.keys(value).sort());
  });

  it('take null for no description', async () => {
    expect(await read(AnnotationRequest, { description: null })).toEqual({ description: null });
  });

  it('may all be missing, with the body itself', async () => {
    expect(await read(CaptureRequest, undefined)).toEqual({});
    expect(await read(RestoreRequest, undefined)).toEqual({ confirm: '' });
  });

  it.each([[[]], ['text'], [7]])('refuses the body %j', async (body) => {
    await expect(read(RestoreRequest, body)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});

describe('a comparison', () => {
  it('needs to know with what', async () => {
    expect(await read(DiffQuery, { with: 'now' })).toEqual({ with: 'now', offset: 0, limit: 100 });
    expect(await badFields(DiffQuery, {})).toEqual(['with']);
    expect(await badFields(DiffQuery, { with: ['now', 'now'] })).toEqual(['with']);
    expect(await badFields(DiffQuery, { with: 'now', table: ['a', 'b'] })).toEqual(['table']);
  });
});

describe('the tables of a preview', () => {
  it('are a list, of one where only one is given', async () => {
    expect(await read(PreviewQuery, {})).toEqual({});
    expect(await read(PreviewQuery, { tables: 'a,b' })).toEqual({ tables: ['a,b'] });
    expect(await read(PreviewQuery, { tables: ['a', 'b'] })).toEqual({ tables: ['a', 'b'] });
  });

  it.each([{ a: 'b' }, ['a', 'a'], ['a', { b: 'c' }]])('are refused as %j', async (tables) =>
    expect(await badFields(PreviewQuery, { tables })).toEqual(['tables']),
  );
});
