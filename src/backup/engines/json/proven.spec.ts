import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DatabaseManifest } from '../../model/manifest.js';
import type { DocumentPart } from '../dialects/document.parts.js';
import { proven } from './proven.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const database = { type: 'sqlite', name: 'app.sqlite', server_version: '3.53.2' };
const manifest = {
  id: 'auto_backup_1',
  created_at: '2026-01-30T12:00:00.000Z',
  database,
  tables: { a: { rows: 3, sha256: sha256('{"id":1}\n{"id":2}\n{"id":3}\n') }, empty: { rows: 0, sha256: sha256('') } },
} as unknown as DatabaseManifest;

function* parts(a: string[]): Generator<DocumentPart> {
  yield { part: 'table', name: 'a', columns: [], primaryKey: [] };
  for (const rows of a) yield { part: 'rows', rows: Buffer.from(rows) };
  yield { part: 'table', name: 'empty', columns: [], primaryKey: [] };
  yield { part: 'end' };
}

// eslint-disable-next-line @typescript-eslint/require-await -- what is at hand, as it would come from a file
async function* all(those: Iterable<DocumentPart>): AsyncGenerator<DocumentPart> {
  yield* those;
}

async function drained(found: AsyncIterable<unknown>): Promise<number> {
  let seen = 0;
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- only how many there are
  for await (const _part of found) seen++;
  return seen;
}

const read = (a: string[], only?: string): Promise<number> => drained(proven(manifest, all(parts(a)), only));

describe('proven', () => {
  it('hands on what has the promised digests, however the rows are cut into pieces', async () => {
    expect(await read(['{"id":1},\n{"id":2},\n{"id":3}'])).toBe(4);
    expect(await read(['{"id":1}', '{"id":2},\n{"id":3}'])).toBe(5);
  });

  it.each([
    ['another value', ['{"id":1},\n{"id":9},\n{"id":3}']],
    ['a row too few', ['{"id":1},\n{"id":2}']],
    ['a row too many', ['{"id":1},\n{"id":2},\n{"id":3},\n{"id":4}']],
    ['another order', ['{"id":2},\n{"id":1},\n{"id":3}']],
  ])('stops at %s', async (_what, rows) => {
    await expect(read(rows)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    await expect(read(rows, 'a')).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    expect(await read(rows, 'empty')).toBeGreaterThan(0);
  });

  it('stops where a table has other rows than the manifest counts', async () => {
    const miscounted = {
      ...manifest,
      tables: { ...manifest.tables, empty: { ...manifest.tables['empty']!, rows: 1 } },
    };
    const rows = ['{"id":1},\n{"id":2},\n{"id":3}'];
    await expect(drained(proven(miscounted, all(parts(rows))))).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    await expect(drained(proven(miscounted, all(parts(rows)), 'a'))).resolves.toBe(4);
  });

  it.each([
    ['id', { id: 'auto_backup_2' }],
    ['created_at', { created_at: '2026-01-30T12:00:00.001Z' }],
    ['database', { database: { ...database, type: 'mysql' } }],
  ])('stops where the head has another %s than the manifest', async (field, other) => {
    const { id, created_at } = manifest;
    const head = { part: 'head', id, created_at, database, kind: 'full', base: null, ...other } as const;
    const read = drained(proven(manifest, all([head])));
    await expect(read).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT', message: expect.stringContaining(field) });
  });

  it('stops where a promised table is missing', async () => {
    await expect(read(['{"id":1},\n{"id":2},\n{"id":3}'], 'gone')).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
  });
});
