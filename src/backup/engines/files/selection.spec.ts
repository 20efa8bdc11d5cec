import { describe, expect, it } from 'vitest';
import { Selection } from './selection.js';

/** What is captured of these files, folder by folder as a walk does. */
function selected(include: string[], exclude: string[], files: string[]): string[] {
  const selection = new Selection(include, exclude);
  return files.filter((file) => {
    const names = file.split('/');
    let within: { included: boolean } | null = selection.root;
    for (let depth = 1; depth <= names.length && within; depth++)
      within = selection.of(names.slice(0, depth).join('/'), within, depth < names.length);
    return within !== null;
  });
}

const FILES = ['a.log', 'b.txt', 'd/a.log', 'd/b.txt', 'd/e/c.txt', '.hidden/x', 'n\nl/a.log', '!x'];

describe('the patterns of a plan', () => {
  it.each<[string, string[], string[], string[]]>([
    ['take everything', [], [], FILES],
    ['without a slash are for the top', [], ['*.log'], FILES.filter((file) => file !== 'a.log')],
    ['with two stars are for every folder', [], ['**/*.log'], FILES.filter((file) => !file.endsWith('.log'))],
    ['for a folder stand for what is in it', [], ['d'], FILES.filter((file) => !file.startsWith('d/'))],
    ['may say so', [], ['d/**'], FILES.filter((file) => !file.startsWith('d/'))],
    ['include', ['**/*.txt'], [], ['b.txt', 'd/b.txt', 'd/e/c.txt']],
    ['include folders', ['d', '.hidden'], [], ['d/a.log', 'd/b.txt', 'd/e/c.txt', '.hidden/x']],
    ['exclude from what they include', ['d'], ['d/e', '**/*.log'], ['d/b.txt']],
    ['know alternatives', ['{a,b}.*'], [], ['a.log', 'b.txt']],
    ['do not negate', [], ['!x'], FILES.filter((file) => file !== '!x')],
  ])('%s', (_, include, exclude, expected) => {
    expect(selected(include, exclude, FILES)).toEqual(expected);
  });

  it('with many stars match as others do, and end where they would take for ever', () => {
    expect(selected([], ['*a*b*c*d'], ['axbxcxd', 'abcd', 'abc'])).toEqual(['abc']);
    const name = 'a'.repeat(40);
    expect(() => selected([], [`${'*a'.repeat(20)}*b`], [name])).toThrow(/takes too long .* fewer stars/);
  });

  it('are refused where they cannot be used', () => {
    expect(() => new Selection(['x'.repeat(70_000)], [])).toThrow(/cannot be used/);
  });
});
