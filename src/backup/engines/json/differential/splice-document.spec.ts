/* eslint-disable @typescript-eslint/require-await -- generators of what is read from files elsewhere */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DocumentHead, DocumentPart } from '../../dialects/document.parts.js';
import type { DifferentialPart } from '../document.reader.js';
import { spliceDocument } from './splice-document.js';

interface TestSplice {
  at: number;
  drop: number;
  rows: string[];
}
type Tables<T> = [name: string, content: T[]][];

const BASE = 'auto_backup_20260130_000000';
const database = { type: 'sqlite', name: 'app.sqlite', server_version: '3.53.2' };
const head = (kind: DocumentHead['kind'], id: string, base: string | null): { part: 'head' } & DocumentHead => ({
  part: 'head',
  id,
  kind,
  base,
  created_at: '2026-01-30T00:00:00.000Z',
  database,
});

function* pieces(rows: readonly string[], sizes: Iterator<number>): Generator<{ part: 'rows'; rows: Buffer }> {
  for (let at = 0; at < rows.length;) {
    const size = sizes.next().value as number;
    yield { part: 'rows', rows: Buffer.from(rows.slice(at, at + size).join(',\n')) };
    at += size;
  }
}

async function* baseParts(tables: Tables<string>, sizes: Iterator<number>): AsyncGenerator<DocumentPart> {
  yield head('full', BASE, null);
  for (const [name, rows] of tables) {
    yield { part: 'table', name, columns: [], primaryKey: [] };
    yield* pieces(rows, sizes);
  }
  yield { part: 'end' };
}

async function* differentialParts(
  tables: Tables<TestSplice>,
  sizes: Iterator<number>,
  base = BASE,
): AsyncGenerator<DifferentialPart> {
  yield head('differential', 'auto_backup_20260130_120000', base);
  for (const [name, splices] of tables) {
    yield { part: 'table', name };
    for (const { at, drop, rows } of splices) {
      yield { part: 'splice', at, drop };
      yield* pieces(rows, sizes);
    }
  }
  yield { part: 'end' };
}

async function rowsOf(parts: AsyncIterable<DocumentPart>): Promise<Record<string, string[]>> {
  const tables: Record<string, string[]> = {};
  let current: string[] = [];
  for await (const part of parts) {
    if (part.part === 'head')
      expect(part).toMatchObject({ id: 'auto_backup_20260130_120000', kind: 'full', base: null });
    if (part.part === 'table') current = tables[part.name] = [];
    if (part.part === 'rows') current.push(...part.rows.toString().split(',\n'));
  }
  return tables;
}

const ONE: Iterator<number> = { next: () => ({ value: 1, done: false }) };

const content = fc.record({
  length: fc.nat(30),
  steps: fc.array(fc.record({ copy: fc.nat(6), drop: fc.nat(4), added: fc.nat(3) }), { maxLength: 8 }),
});
type Content = typeof content extends fc.Arbitrary<infer T> ? T : never;

/** A table of the base, splices over it, and what they make of it. */
function example(name: string, { length, steps }: Content) {
  const rows = Array.from({ length }, (_, n) => `{"${name}":${n}}`);
  const now: string[] = [];
  const splices: TestSplice[] = [];
  let next = 0;
  for (const { copy, drop, added } of steps) {
    const at = Math.min(length, next + copy);
    const dropped = Math.min(drop, length - at);
    const fresh = Array.from({ length: added }, (_, n) => `{"new":"${at} ${n}"}`);
    splices.push({ at, drop: dropped, rows: fresh });
    now.push(...rows.slice(next, at), ...fresh);
    next = at + dropped;
  }
  return { name, rows, splices, now: [...now, ...rows.slice(next)] };
}

describe('putting a differential together', () => {
  it('gives the rows that the splices describe, wherever the pieces of either file end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { maxLength: 5 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        async (contents, sizes) => {
          const tables = contents.map((one, n) => example(`t${n}`, one));
          const base = baseParts(
            tables.map(({ name, rows }) => [name, rows]),
            sizes,
          );
          const changed = tables.filter(({ splices }) => splices.length > 0);
          const differential = differentialParts(
            changed.map(({ name, splices }) => [name, splices]),
            sizes,
          );
          expect(await rowsOf(spliceDocument(base, differential, BASE))).toEqual(
            Object.fromEntries(tables.map(({ name, now }) => [name, now])),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  const three: Tables<string> = [
    ['a', ['{"a":0}', '{"a":1}', '{"a":2}']],
    ['b', []],
  ];
  it.each<[string, Tables<TestSplice>, string?]>([
    ['of another base', [], 'auto_backup_20260129_000000'],
    ['that changes an unknown table', [['c', [{ at: 0, drop: 0, rows: ['{}'] }]]]],
    ['that changes an unknown table before the others', [['A', [{ at: 0, drop: 0, rows: ['{}'] }]]]],
    [
      'whose tables are in another order',
      [
        ['b', [{ at: 0, drop: 0, rows: [] }]],
        ['a', [{ at: 0, drop: 1, rows: [] }]],
      ],
    ],
    ['that drops more than there is', [['a', [{ at: 2, drop: 2, rows: [] }]]]],
    ['that begins behind the end', [['a', [{ at: 4, drop: 0, rows: ['{}'] }]]]],
    ['that begins in an empty table', [['b', [{ at: 1, drop: 0, rows: ['{}'] }]]]],
    ['whose splices overlap', [['a', [{ at: 0, drop: 2, rows: [] }, { at: 1, drop: 1, rows: [] }]]]], // prettier-ignore
  ])('refuses one %s', async (_what, tables, base) => {
    const parts = spliceDocument(baseParts(three, ONE), differentialParts(tables, ONE, base), BASE);
    await expect(rowsOf(parts)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
  });

  it('refuses a base that is another one', async () => {
    const other = 'auto_backup_20260129_000000';
    const parts = spliceDocument(baseParts(three, ONE), differentialParts([], ONE, other), other);
    await expect(rowsOf(parts)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
  });

  it('closes both files when it is left early', async () => {
    const closed: string[] = [];
    async function* closing<T>(name: string, parts: AsyncGenerator<T>): AsyncGenerator<T> {
      try {
        yield* parts;
      } finally {
        closed.push(name);
      }
    }
    for await (const part of spliceDocument(
      closing('base', baseParts(three, ONE)),
      closing('differential', differentialParts([['a', [{ at: 1, drop: 1, rows: ['{}'] }]]], ONE)),
      BASE,
    )) {
      if (part.part === 'rows') break;
    }
    expect(closed.sort()).toEqual(['base', 'differential']);
  });
});
