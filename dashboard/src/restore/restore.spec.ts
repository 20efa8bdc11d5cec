import { describe, expect, it } from 'vitest';
import type { TableComparison } from '../api/types.js';
import { en } from '../texts/en.js';
import { changeOf, differencesOf, isUnchanged, totalOf } from './changes.js';
import { defaultChoices, formOf, isComplete, requestOf } from './choices.js';
import { dataAfter, resultOf, stagesOf } from './stages.js';

const texts = en.restore.changes;
const table = (changes: Partial<TableComparison>): TableComparison => ({
  table: 'users',
  rows_before: 3,
  rows_after: 3,
  comparable: true,
  inserted: 0,
  updated: 0,
  deleted: 0,
  matched_by: 'primary_key',
  columns_only_before: [],
  columns_only_after: [],
  ...changes,
});

describe('what a restore changes', () => {
  it('is said from the side of the rows that are there now', () => {
    expect(changeOf(table({ inserted: 12, updated: 3, deleted: 5 }), texts)).toBe(
      '12 rows come back, 3 rows change, 5 rows disappear',
    );
    expect(changeOf(table({ deleted: 1 }), texts)).toBe('1 row disappears');
    expect(changeOf(table({}), texts)).toBe(texts.same);
  });

  it('is never "the same" where nothing could be compared', () => {
    const unknown = table({ comparable: false, inserted: null, updated: null, deleted: null });
    expect(isUnchanged(unknown)).toBe(false);
    expect(changeOf(unknown, texts)).toBe(texts.notComparable);
    expect(totalOf([unknown, table({ inserted: 2 })])).toEqual({ inserted: 2, updated: 0, deleted: 0 });
  });

  it('counts only the differences of tables that are wanted', () => {
    const differences = ['users', 'orders'].map((name) => ({ table: name, column: null, difference: 'is missing' }));
    expect(differencesOf(differences, null)).toHaveLength(2);
    expect(differencesOf(differences, ['orders']).map((difference) => difference.table)).toEqual(['orders']);
  });
});

describe('the request', () => {
  it('takes a safety snapshot and restores everything unless somebody chose otherwise', () => {
    expect(requestOf('a', defaultChoices())).toEqual({ confirm: 'a' });
    expect(
      requestOf('a', {
        ...{ tables: ['users'], to: null, takesSafetySnapshot: false },
        ...{ allowsSchemaChanges: true, trustsSchema: true },
      }),
    ).toEqual({
      ...{ confirm: 'a', tables: ['users'], skip_safety_snapshot: true },
      ...{ allow_schema_changes: true, trust_schema: true },
    });
    expect(requestOf('a', { ...defaultChoices(), to: ' /srv/rescue ' })).toEqual({ confirm: 'a', to: '/srv/rescue' });
  });

  it('is not ready while nothing is chosen', () => {
    expect(isComplete(defaultChoices())).toBe(true);
    expect(isComplete({ ...defaultChoices(), tables: [] })).toBe(false);
    expect(isComplete({ ...defaultChoices(), to: ' ' })).toBe(false);
  });

  it('tells snapshots apart by what a restore of them can do', () => {
    expect(formOf({ source: 'database', engine: 'json' })).toBe('json');
    expect(formOf({ source: 'database', engine: 'native-sqlite' })).toBe('native');
    expect(formOf({ source: 'files', engine: 'files' })).toBe('files');
    expect(formOf({ source: 'full', engine: 'full' })).toBe('full');
  });
});

describe('the stages', () => {
  const states = (job: Parameters<typeof stagesOf>[0]) => stagesOf(job).map(({ state }) => state);

  it('follow the job', () => {
    expect(states({ status: 'pending', stage: null, result: null })).toEqual(Array(4).fill('waiting'));
    expect(states({ status: 'running', stage: 'verify', result: null })).toEqual([
      'active',
      ...Array(3).fill('waiting'),
    ]);
    expect(states({ status: 'running', stage: 'check', result: null })).toEqual(['done', 'done', 'done', 'active']);
    expect(states({ status: 'completed', stage: 'done', result: { safety_snapshot_id: 's' } })).toEqual(
      Array(4).fill('done'),
    );
  });

  it('say that no safety snapshot was taken', () => {
    expect(states({ status: 'completed', stage: 'done', result: { safety_snapshot_id: null } })[1]).toBe('skipped');
  });

  it('show where it failed, and what that means for the data', () => {
    expect(states({ status: 'failed', stage: 'safety_snapshot', result: null })).toEqual([
      'done',
      'failed',
      'waiting',
      'waiting',
    ]);
    expect(states({ status: 'failed', stage: 'rolled_back', result: null })[2]).toBe('failed');
    expect(states({ status: 'cancelled', stage: 'rolled_back', result: null })[2]).toBe('stopped');
    expect(dataAfter({ stage: 'safety_snapshot' }, false)).toBe('unchanged');
    expect(dataAfter({ stage: null }, true)).toBe('unchanged');
    expect(dataAfter({ stage: 'rolled_back' }, false)).toBe('rolledBack');
    expect(dataAfter({ stage: 'rolled_back' }, true)).toBe('halfway');
  });

  it('read what a job says of its result, whatever is left out', () => {
    expect(resultOf({ result: null })).toEqual({ tables: {}, safety_snapshot_id: null, duration_ms: 0, warnings: [] });
  });
});
