import { describe, expect, it } from 'vitest';
import { BackupConfig } from '../model/backup-config.js';
import { planOf, type PlanSettings } from '../model/plan.js';
import { shareSource, sourcesOf } from './captured-sources.js';

const database = (name: string, dataSource?: string): PlanSettings => ({
  name,
  ...(dataSource && { database: dataSource }),
});
const files = (name: string, ...paths: string[]): PlanSettings => ({ name, source: 'files', paths });
const full = (name: string, dataSource: string, ...paths: string[]): PlanSettings => ({
  ...files(name, ...paths),
  source: 'full',
  database: dataSource,
});

describe('two plans share a source', () => {
  it.each<[string, boolean, PlanSettings, PlanSettings]>([
    ['of the same database', true, database('auto'), { ...database('night'), engine: 'native', tables: ['users'] }],
    ['of two databases', false, database('auto'), database('other', 'other')],
    ['of a database and of files', false, database('auto'), files('uploads', '/srv/uploads')],
    ['of the same folder', true, files('a', '/srv/uploads'), files('b', '/srv/uploads/')],
    ['of a folder and one inside', true, files('a', '/srv/uploads'), files('b', '/srv/x', '/srv/uploads/images')],
    ['of folders of which one is named like the other', false, files('a', '/srv/uploads'), files('b', '/srv/uploads2')],
    ['of relative paths', true, files('a', 'uploads'), files('b', `${process.cwd()}/uploads/images`)],
    ['of both and of its database', true, full('all', 'default', '/srv/uploads'), database('auto')],
    ['of both and of its files', true, full('all', 'default', '/srv/uploads'), files('a', '/srv/uploads')],
    ['of both and of neither', false, full('all', 'default', '/srv/uploads'), full('rest', 'other', '/srv/letters')],
    ['that are one, and was of something else before', true, database('auto', 'other'), files('auto', '/srv/uploads')],
  ])('%s: %s', (_, expected, a, b) => {
    const [one, other] = [a, b].map((plan) => sourcesOf(planOf(plan, new BackupConfig()))) as [
      ReturnType<typeof sourcesOf>,
      never,
    ];
    expect([shareSource(one, other), shareSource(other, one)]).toEqual([expected, expected]);
  });
});
