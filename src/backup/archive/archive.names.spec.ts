import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byName, faultOfName, foldName } from './archive.names.js';

describe('names of entries', () => {
  it.each([
    'auto_backup_20260130_120000.json',
    'auto_backup_20260130_120000.meta.json',
    'README.txt',
    'sauvegarde été.json',
    'a'.repeat(200),
  ])('allows %s', (name) => {
    expect(faultOfName(name)).toBeUndefined();
  });

  it('never allows a name that leaves the folder it is unpacked into', () => {
    const part = fc.constantFrom('..', '.', '/', '\\', 'a', '.json', ':', '\0', ' ');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const name = parts.join('');
        const leaves = /[/\\:\0]/.test(name) || name.includes('..') || name === '' || name === '.';
        if (leaves) expect(faultOfName(name)).toBeDefined();
      }),
    );
  });

  it('counts bytes, not characters', () => {
    expect(faultOfName('é'.repeat(100))).toBeUndefined();
    expect(faultOfName('é'.repeat(101))).toMatch(/longer than 200/);
  });

  it('takes names for equal that differ in case or composition only', () => {
    expect(foldName('README.TXT')).toBe(foldName('readme.txt'));
    expect(foldName('é')).toBe(foldName('e\u0301'));
    expect(foldName('a.json')).not.toBe(foldName('b.json'));
  });

  it('sorts by bytes', () => {
    const sorted = [{ name: 'b' }, { name: 'é' }, { name: 'B' }, { name: 'a' }].sort(byName);
    expect(sorted.map(({ name }) => name)).toEqual(['B', 'a', 'b', 'é']);
  });
});
