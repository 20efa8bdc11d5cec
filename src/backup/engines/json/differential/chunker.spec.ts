import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Chunker, type Chunk } from './chunker.js';

const MOST_ROWS = 1024;
const MOST_BYTES = 512 * 1024;

function chunksOf(pieces: readonly string[]): Chunk[] {
  const chunker = new Chunker();
  const chunks = pieces.flatMap((piece) => [...chunker.push(Buffer.from(piece))]);
  const last = chunker.end();
  return last ? [...chunks, last] : chunks;
}

const row = (n: number): string => `{"id":${n},"name":"name ${(n * 7919) % 100_003}"}\n`;
const hashes = (chunks: readonly Chunk[]): Set<string> => new Set(chunks.map(({ hash }) => hash));

const table = fc.array(
  fc.record({
    start: fc.nat(100_000),
    rows: fc.integer({ min: 1, max: 700 }),
    width: fc.oneof(fc.constant(0), fc.nat(3000)),
  }),
  { maxLength: 6 },
);

describe('chunks', () => {
  it('are all lines, in order, wherever the pieces end', () => {
    fc.assert(
      fc.property(table, fc.infiniteStream(fc.integer({ min: 1, max: 300 })), (runs, sizes) => {
        const lines = runs.flatMap(({ start, rows, width }) =>
          Array.from({ length: rows }, (_, n) => row(start + n).replace('name', 'x'.repeat(width))),
        );
        const pieces: string[] = [];
        for (let at = 0; at < lines.length;) {
          const size = sizes.next().value;
          pieces.push(lines.slice(at, at + size).join(''));
          at += size;
        }
        const chunks = chunksOf(pieces);
        expect(Buffer.concat(chunks.map((chunk) => chunk.lines)).toString()).toBe(lines.join(''));
        expect(chunks.reduce((sum, { rows }) => sum + rows, 0)).toBe(lines.length);
        for (const { lines: bytes, rows, hash } of chunks) {
          expect(hash).toBe(createHash('sha256').update(bytes).digest('base64'));
          expect(rows).toBe(bytes.toString().split('\n').length - 1);
        }
        expect(chunks.map(({ hash }) => hash)).toEqual(chunksOf([lines.join('')]).map(({ hash }) => hash));
      }),
      { numRuns: 50 },
    );
  });

  it('stay bounded where no line ends one: equal rows, and huge ones', () => {
    const equal = chunksOf(['{}\n'.repeat(5000)]);
    expect(Math.max(...equal.map(({ rows }) => rows))).toBeLessThanOrEqual(MOST_ROWS);
    const huge = chunksOf(Array.from({ length: 40 }, () => `{"a":"${'x'.repeat(100_000)}"}\n`));
    for (const { rows, lines } of huge)
      expect(rows === 1 || lines.length < MOST_BYTES + 100_010, `${rows} rows, ${lines.length} bytes`).toBe(true);
    expect(chunksOf([`{"a":"${'x'.repeat(3 * MOST_BYTES)}"}\n`])).toHaveLength(1);
  });

  it.each([
    ['short', row],
    ['wide, and differ in little but their keys', (n: number) => `{"id":${n},"text":"${'0'.repeat(1000)}"}\n`],
  ])('are the same again after an inserted, a deleted or a changed row, where rows are %s', (_what, rowOf) => {
    const rows = Array.from({ length: 20_000 }, (_, n) => rowOf(n));
    const before = hashes(chunksOf([rows.join('')]));
    expect(before.size).toBeGreaterThan(60);
    for (let at = 0; at < rows.length; at += 1733) {
      for (const now of [
        [...rows.slice(0, at), '{"id":-1}\n', ...rows.slice(at)],
        [...rows.slice(0, at), ...rows.slice(at + 1)],
        rows.with(at, '{"id":-1}\n'),
      ]) {
        const changed = [...hashes(chunksOf([now.join('')]))].filter((hash) => !before.has(hash));
        // The two chunks that meet there; where a limit cut instead of a line, what follows up to the next such line.
        expect(changed.length, `at row ${at}`).toBeLessThanOrEqual(3);
      }
    }
  });
});
