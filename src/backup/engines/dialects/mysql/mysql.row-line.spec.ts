import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowLineReader } from './mysql.row-line.js';

const read = (columns: string[], text: string): string[][] => [...new RowLineReader(columns).rows(text)];

describe('row lines', () => {
  it('come apart into their values as they are written', () => {
    expect(
      read(
        ['id', 'v', 'w'],
        '{"id":18446744073709551615,"v":"a\\"},","w":{"$base64":"AA=="}},\n{"id":-0,"v":null,"w":"\\\\"}',
      ),
    ).toEqual([
      ['18446744073709551615', '"a\\"},"', '{"$base64":"AA=="}'],
      ['-0', 'null', '"\\\\"'],
    ]);
    expect(read([], '{},\n{}')).toEqual([[], []]);
    expect(read(['a'], '')).toEqual([]);
  });

  it('come apart whatever the names and the texts are, and go together again', () => {
    const names = fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        names,
        fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 5, maxLength: 5 })),
        (columns, rows) => {
          const reader = new RowLineReader(columns);
          const values = rows.map((row) => columns.map((_, n) => JSON.stringify(row[n])));
          const lines = values.map((row) => reader.write(row));
          expect([...reader.rows(lines.join(',\n'))]).toEqual(values);
        },
      ),
    );
  });

  it.each([
    '{"id":1,"v":2}',
    '{"v":1}',
    '{"id":}',
    '{"id":"x}',
    '{"id":{"$base64":"AA=="',
    '{"id":1},{"id":2}',
    '{"id":1} OR 1=1',
    '{"id":1',
    'x',
  ])('that are not of the table are refused: %s', (text) => {
    expect(() => read(['id'], text)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_CORRUPT' }));
  });
});
