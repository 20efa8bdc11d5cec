import { describe, expect, it } from 'vitest';
import { cell, columnsOf, isSame } from './cell.js';

describe('a cell', () => {
  it.each([
    [null, 'NULL', 'null'],
    ['NULL', 'NULL', 'text'],
    [0, '0', 'number'],
    [true, 'true', 'number'],
    ['', '', 'text'],
    [{ $hex: '00FF' }, '00FF', 'bytes'],
    [{ a: 1, b: [2] }, '{"a":1,"b":[2]}', 'text'],
  ])('of %j', (value, text, kind) => expect(cell(value)).toEqual({ text, kind }));
});

it('columns are those of all rows', () => {
  expect(
    columnsOf([
      { id: 1, a: 2 },
      { id: 2, b: 3 },
    ]),
  ).toEqual(['id', 'a', 'b']);
});

it('values are the same when the document says the same', () => {
  expect(isSame({ $hex: '00' }, { $hex: '00' })).toBe(true);
  expect(isSame(1, '1')).toBe(false);
  expect(isSame(undefined, null)).toBe(false);
});
