import { describe, expect, it } from 'vitest';
import type { DatabaseTarget } from '../engines/database-target.js';
import type { EngineHost } from '../engines/engine-host.js';
import type { DescribeSourceRequest, SourceDescription } from '../engines/source.description.js';
import { BackupError } from '../model/errors.js';
import { ManualClock } from '../system/manual-clock.js';
import type { TaskRun } from '../system/child-task.js';
import { ResolvedOptions } from './resolved-options.js';
import { SourcesQuery } from './sources.query.js';

const SECRET = 'a password';
const server = (database: string): DatabaseTarget => ({
  type: 'postgres',
  ...{ host: 'db.example.com', port: 5432, user: 'app', password: SECRET, database, tls: 'prefer' },
  ...{ busyTimeoutMs: 0, migrationsTable: 'migrations' },
});
const soon = () => new Promise(setImmediate);
const found: SourceDescription = { tables: ['users'], error: null, engines: [{ name: 'json', problem: null }] };

interface Asked {
  database: string;
  answer: (description: SourceDescription) => void;
  fail: (error: Error) => void;
}

/** Databases that answer when they are told to, and end when they are given up. */
function setUp(...names: string[]) {
  const asked: Asked[] = [];
  const run = (_task: string, { database }: DescribeSourceRequest, { signal }: TaskRun) =>
    new Promise<SourceDescription>((answer, fail) => {
      signal!.addEventListener('abort', () => fail(signal!.reason as Error));
      asked.push({ database: (database as { database: string }).database, answer, fail });
    });
  const options = Object.assign(new ResolvedOptions(), {
    databases: Object.fromEntries(names.map((name) => [name, server(name)])),
    fileRoots: [],
    native: {},
    configFile: '/nowhere/backup_config.json',
  });
  const clock = new ManualClock('2026-01-30T12:00:00Z');
  return { asked, clock, query: new SourcesQuery({ run } as unknown as EngineHost, options, clock) };
}

describe('what there is to back up', () => {
  it('is told of every database, in their order, without the address of any', async () => {
    const { asked, query } = setUp('default', 'reports');
    const sources = query.sources();
    await soon();
    asked[1]!.answer({ ...found, tables: ['sales'] });
    asked[0]!.answer(found);
    const { databases } = await sources;
    expect(databases).toEqual([
      { name: 'default', type: 'postgres', database_name: 'default', ...found },
      { name: 'reports', type: 'postgres', database_name: 'reports', ...found, tables: ['sales'] },
    ]);
    expect(JSON.stringify(databases)).not.toMatch(/a password|example\.com/);
  });

  it('is told of the others where one fails, or never answers', async () => {
    const { asked, clock, query } = setUp('sound', 'broken', 'silent');
    const sources = query.sources();
    await soon();
    asked[0]!.answer(found);
    asked[1]!.fail(new BackupError('DATABASE_UNAVAILABLE', 'It cannot be reached.'));
    await soon();
    clock.advance(15_000);
    const [sound, broken, silent] = (await sources).databases;
    expect(sound).toMatchObject({ tables: ['users'], error: null });
    expect(broken).toMatchObject({
      tables: null,
      error: { error_code: 'DATABASE_UNAVAILABLE', message: 'It cannot be reached.' },
      engines: [
        { name: 'json', problem: null },
        { name: 'native', problem: null },
      ],
    });
    expect(silent!.error!.message).toBe(
      'The database "silent" did not respond within 15 seconds. Check the database and its URL.',
    );
    expect(clock.nextAlarmAt).toBeUndefined();
  });

  it('takes few processes at once', async () => {
    const { asked, query } = setUp('a', 'b', 'c', 'd', 'e');
    const sources = query.sources();
    await soon();
    expect(asked.map(({ database }) => database)).toEqual(['a', 'b', 'c']);
    asked[1]!.answer(found);
    await soon();
    expect(asked.map(({ database }) => database)).toEqual(['a', 'b', 'c', 'd']);
    for (const each of asked) each.answer(found);
    await soon();
    asked[4]!.answer(found);
    expect((await sources).databases).toHaveLength(5);
  });

  it('is looked for no longer when nobody waits, and by few at a time', async () => {
    const { asked, query } = setUp('default');
    const left = new AbortController();
    const first = query.sources(left.signal);
    const others = Array.from({ length: 4 }, () => query.sources());
    await expect(query.sources()).rejects.toMatchObject({ code: 'BUSY' });
    left.abort(new BackupError('CANCELLED', 'Nobody waits.'));
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    for (const other of others) {
      await soon();
      asked.at(-1)!.answer(found);
      await other;
    }
    expect(asked).toHaveLength(5);
  });
});
