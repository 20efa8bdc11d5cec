import { describe, expect, it } from 'vitest';
import { bytePath, comparePaths, isBelow, parsePathText, pathBytes, pathText, readable } from './byte-path.js';

const INVALID = 'a\xff\x80';

describe('paths as bytes', () => {
  it.each(['plain', 'ü €', 'new\nline', '\u{1f600}', ''])('%j is its own text', (text) => {
    expect(pathText(bytePath(text))).toBe(text);
    expect(parsePathText(text)).toBe(bytePath(text));
    expect(pathBytes(bytePath(text)).toString()).toBe(text);
    expect(readable(bytePath(text))).toBe(text);
  });

  it('are hexadecimal where they are no text', () => {
    expect(pathText(INVALID)).toEqual({ $hex: '61FF80' });
    expect(parsePathText({ $hex: '61FF80' })).toBe(INVALID);
    expect(readable(INVALID)).toBe('a\ufffd\ufffd');
  });

  it.each([5, null, {}, [], { $hex: '' }, { $hex: '6' }, { $hex: 'ff' }, { $hex: 'xx' }, '\ud800'])(
    'are not %j',
    (value) => {
      expect(parsePathText(value)).toBeUndefined();
    },
  );

  it('stand in the order of a walk', () => {
    const walk = ['a', 'a/b', 'a/b/c', 'a/b!', 'a!', 'a-', 'a.b', 'aa', 'b', '\xff'];
    expect([...walk].reverse().sort(comparePaths)).toEqual(walk);
    expect(comparePaths('a', 'a')).toBe(0);
  });

  it('lie below a folder only with a slash between', () => {
    expect([isBelow('a/b', 'a'), isBelow('ab', 'a'), isBelow('a', 'a')]).toEqual([true, false, false]);
  });
});
