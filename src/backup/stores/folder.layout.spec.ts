import { describe, expect, it } from 'vitest';
import { idOfDocument, idOfManifest, isFileOf, isOurs, strayFiles, wholeSnapshots } from './folder.layout.js';

const content = (files: string[], others: string[] = []) => ({ files: new Set(files), others: new Set(others) });

describe('names in the backup folder', () => {
  it('say which snapshot a file belongs to', () => {
    expect(idOfDocument('a_1.json')).toBe('a_1');
    expect(idOfManifest('a_1.meta.json')).toBe('a_1');
    for (const name of ['a.meta.json', 'annotations.json', 'A.json', '.json', 'a.b.json', 'a.index']) {
      expect(idOfDocument(name), name).toBeUndefined();
    }
    for (const name of ['a.json', '.meta.json', 'annotations.meta.json', 'a b.meta.json'])
      expect(idOfManifest(name), name).toBeUndefined();
  });

  it('count as taken while unfinished', () => {
    for (const name of ['a.json', 'a.meta.json', 'a.index', '.a.json.7.tmp', '.a.meta.json.7.tmp'])
      expect(isFileOf('a', name), name).toBe(true);
    for (const name of ['a_2.json', '.a_2.json.7.tmp', 'a.txt']) expect(isFileOf('a', name), name).toBe(false);
  });

  it('are ours or not', () => {
    const ours = [
      'a.json',
      'a.meta.json',
      'a.index',
      'annotations.json',
      'archived',
      '.gitkeep',
      '.schedule.json',
      'catalog.sqlite-wal',
      '.a.json.7.tmp',
    ];
    for (const name of ours) expect(isOurs(name), name).toBe(true);
    for (const name of ['holiday.jpg', '.bashrc', 'archived.txt', 'A.json']) expect(isOurs(name), name).toBe(false);
  });
});

describe('what a folder holds', () => {
  it('is a snapshot only with both files', () => {
    expect(
      wholeSnapshots(content(['a.json', 'a.meta.json', 'b.json', 'c.meta.json', 'd.meta.json'], ['d.json'])),
    ).toEqual(['a']);
  });

  it('is a problem where a part is alone or a link, but not while it is in work', () => {
    const files = [
      'a.json',
      'a.meta.json',
      'b.json',
      'c.meta.json',
      'e.json',
      '.e.meta.json.7.tmp',
      'notes.txt',
      'annotations.json',
    ];
    expect(strayFiles(content(files, ['d.json', 'archived'])).map(({ file }) => file)).toEqual([
      'b.json',
      'c.meta.json',
      'd.json',
    ]);
  });
});
