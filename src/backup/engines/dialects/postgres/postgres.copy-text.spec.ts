import { describe, expect, it } from 'vitest';
import { CopyText } from './postgres.copy-text.js';

const convert = (rows: string, columns = ['a', 'b'], kept = columns): string =>
  new CopyText(columns, kept).convert(Buffer.from(rows)).text.toString();

describe('CopyText', () => {
  it.each([
    ['{"a":1,"b":-2.50e+10}', '1\t-2.50e+10\n'],
    ['{"a":null,"b":true}', '\\N\ttrue\n'],
    ['{"a":"","b":"\\\\N"}', '\t\\\\N\n'],
    ['{"a":"\\"\\/","b":"\\b\\f\\n\\r\\t"}', '"/\t\\b\\f\\n\\r\\t\n'],
    ['{"a":"\\u0001\\u000b","b":"\\u00e4\\ud83d\\ude00\\u005c\\u000a"}', '\u0001\u000b\tä😀\\\\\\n\n'],
    ['{"a":"ä😀\u2028\u007f","b":"{}"}', 'ä😀\u2028\u007f\t{}\n'],
    ['{"a":[],"b":[1,null,"x",true]}', '{}\t{1,NULL,"x",true}\n'],
    [
      '{"a":[["\\"","\\\\"],["\\n","\\u0022\\u005c,"]],"b":["NULL",""]}',
      '{{"\\\\"","\\\\\\\\"},{"\\n","\\\\"\\\\\\\\,"}}\t{"NULL",""}\n',
    ],
  ])('says %s as COPY reads it', (row, text) => {
    expect(convert(row)).toBe(text);
  });

  it('takes many rows, and tells how many', () => {
    const { text, rows } = new CopyText(['a'], ['a']).convert(Buffer.from('{"a":1},\n{"a":2},\n{"a":"}\\n,"}'));
    expect(text.toString()).toBe('1\n2\n}\\n,\n');
    expect(rows).toBe(3);
  });

  it('leaves out columns that are not kept, and knows rows without any', () => {
    expect(convert('{"a":1,"b":2}', ['a', 'b'], ['b'])).toBe('2\n');
    expect(convert('{"a":[1],"b":"x"}', ['a', 'b'], ['a'])).toBe('{1}\n');
    expect(convert('{"a":1}', ['a'], [])).toBe('\n');
    expect(convert('{},\n{}', [])).toBe('\n\n');
  });

  it('takes keys of every kind', () => {
    expect(convert('{"a\\"b\\n":1,"__proto__":2}', ['a"b\n', '__proto__'])).toBe('1\t2\n');
  });

  it.each([
    ['{"a":1}'],
    ['{"b":1,"a":2}'],
    ['{"a":1,"a":1,"b":2}'],
    ['{"a":1,"b":2}x'],
    ['{"a":1,"b":2},{"a":1,"b":2}'],
    ['{"a":1,"b":2'],
    ['{"a":1,"b":"x}'],
    ['{"a":1,"b":"\n"}'],
    ['{"a":1,"b":"\\x"}'],
    ['{"a":1,"b":"\\u00"}'],
    ['{"a":1,"b":"\\u0000"}'],
    ['{"a":1,"b":"\\ud800"}'],
    ['{"a":1,"b":"\\udc00\\ud800"}'],
    ['{"a":1,"b":nul}'],
    ['{"a":1,"b":1\t2}'],
    ['{"a":1,"b":}'],
    ['{"a":1,"b":{"c":1}}'],
    ['{"a":1,"b":[1'],
    ['{"a":1,"b":[1 2]}'],
    ['{ "a":1,"b":2}'],
  ])('refuses what the database does not print: %j', (row) => {
    expect(() => convert(row)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_CORRUPT' }));
  });
});
