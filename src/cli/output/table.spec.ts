import { describe, expect, it } from 'vitest';
import { facts, table, type Column } from './table.js';

interface Row {
  name: string;
  size: number;
  note: string;
}
const COLUMNS: Column<Row>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'SIZE', value: ({ size }) => String(size), align: 'right' },
  { title: 'NOTE', value: ({ note }) => note, flexible: true },
];

describe('table', () => {
  it('aligns its columns by letters, numbers to the right', () => {
    const rows = [
      { name: 'a', size: 1000, note: 'x' },
      { name: 'früh', size: 1, note: '' },
    ];
    expect(table(COLUMNS, rows, undefined).split('\n')).toEqual(['NAME  SIZE  NOTE', 'a     1000  x', 'früh     1']);
  });

  it('leaves out expendable columns where that is not enough, the least important first', () => {
    const columns = [
      { ...COLUMNS[0]!, expendable: 2 },
      { ...COLUMNS[1]!, expendable: 1 },
      { title: 'ID', value: ({ name }: Row) => `id of ${name}` },
    ];
    const rows = [{ name: 'a-long-name', size: 1000, note: '' }];
    const titles = (width: number) => table(columns, rows, width).split('\n')[0]!.trim().split(/ +/);
    expect(titles(60)).toEqual(['NAME', 'SIZE', 'ID']);
    expect(titles(32)).toEqual(['NAME', 'ID']);
    expect(titles(20)).toEqual(['ID']);
  });

  it('takes from flexible columns alone what a terminal is too narrow for', () => {
    const rows = [{ name: 'a-long-name', size: 1, note: 'n'.repeat(50) }];
    expect(table(COLUMNS, rows, 40).split('\n')[1]).toBe(`a-long-name     1  ${'n'.repeat(19)}..`);
    expect(table(COLUMNS, rows, 10).split('\n')[1]).toBe('a-long-name     1  nnnnnn..');
    expect(table(COLUMNS, rows, undefined)).toContain('n'.repeat(50));
  });

  it('keeps every row on its line, whatever stands in it', () => {
    const rows = [{ name: 'a\nb', size: 1, note: '\u001b[31m\u202e\u009b' }];
    expect(table(COLUMNS, rows, undefined).split('\n')[1]).toBe('a\\x0ab     1  \\x1b[31m\\u202e\\x9b');
  });
});

describe('facts', () => {
  it('leaves out what has nothing to say', () => {
    expect(
      facts([
        ['Id', 'x'],
        ['Part of', null],
        ['Pinned', ''],
        ['Long name', 'y\r'],
      ]),
    ).toBe('Id         x\nLong name  y\\x0d');
  });
});
