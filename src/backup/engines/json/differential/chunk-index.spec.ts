import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIndex, serialiseIndex, type ChunkIndex, type IndexedTable } from './chunk-index.js';

const CHECKSUM = 'ab'.repeat(32);
const hash = (n: number): string => Buffer.alloc(32, n).toString('base64');

function index(names: readonly string[] = ['users', '__proto__', 'new\nline', '日本', '10', '1', '']): ChunkIndex {
  const tables = Object.create(null) as Record<string, IndexedTable>;
  names.forEach((name, n) => (tables[name] = { offset: n * 1000, chunks: [[128, 4096, hash(n)]] }));
  return { checksum: CHECKSUM, tables };
}

describe('a chunk index', () => {
  it('comes back as it was written, whatever the tables are called', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 8 }), (names) => {
        const written = index(names);
        const read = parseIndex(serialiseIndex(written), CHECKSUM);
        expect(Object.keys(read!.tables).sort()).toEqual([...names].sort());
        for (const name of names) expect(read!.tables[name]).toEqual(written.tables[name]);
      }),
    );
  });

  it('knows no table that is not in it', () => {
    expect(parseIndex(serialiseIndex(index([])), CHECKSUM)!.tables['constructor']).toBeUndefined();
  });

  it('of another document is none', () => {
    expect(parseIndex(serialiseIndex(index()), 'cd'.repeat(32))).toBeUndefined();
  });

  it('is never taken for another one, whichever bit changes, and wherever it is cut', () => {
    const written = index();
    const bytes = Buffer.from(serialiseIndex(written));
    for (let place = 0; place < bytes.length; place++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(bytes);
        changed[place]! ^= 1 << bit;
        const read = parseIndex(changed.toString(), CHECKSUM);
        if (read) expect(read, `bit ${bit} of byte ${place}`).toEqual(written); // such as E for e in an escape of the head
      }
      expect(parseIndex(bytes.toString('utf8', 0, place), CHECKSUM), `cut at ${place}`).toBeUndefined();
    }
    for (const text of ['', '\n', '{}\n{}\n', 'null\nnull\n', `${bytes.toString()}\n`, `${bytes.toString()} `])
      expect(parseIndex(text, CHECKSUM)).toBeUndefined();
  });
});
