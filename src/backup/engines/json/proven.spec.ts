import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../model/manifest.js';
import type { DocumentPart } from './document.reader.js';
import { proven } from './proven.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const manifest = {
  id: 'auto_backup_1',
  tables: { a: { rows: 3, sha256: sha256('{"id":1}\n{"id":2}\n{"id":3}\n') }, empty: { rows: 0, sha256: sha256('') } },
} as unknown as Manifest;

function* parts(a: string[]): Generator<DocumentPart> {
  yield { part: 'table', name: 'a', columns: [], primaryKey: [] };
  for (const rows of a) yield { part: 'rows', rows: Buffer.from(rows) };
  yield { part: 'table', name: 'empty', columns: [], primaryKey: [] };
  yield { part: 'end' };
}

const read = async (a: string[], only?: string): Promise<number> => {
  let seen = 0;
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- only how many there are
  for await (const _part of proven(manifest, parts(a) as unknown as AsyncIterable<DocumentPart>, only)) seen++;
  return seen;
};

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

  it('stops where a promised table is missing', async () => {
    await expect(read(['{"id":1},\n{"id":2},\n{"id":3}'], 'gone')).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
  });
});
