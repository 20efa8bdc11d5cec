import { describe, expect, it } from 'vitest';
import { capturedPath } from './captured-path.js';

describe('a captured path in a query', () => {
  it.each([
    ['/srv/a.txt', 'srv/a.txt'],
    ['/srv/', 'srv'],
    ['/gr\u00fc\u00df', 'gr\u00c3\u00bc\u00c3\u009f'],
    ['{"$hex":"2F7372762FFF"}', 'srv/\u00ff'],
    ['/{"$hex":"2F41"}', '{"$hex":"2F41"}'],
    ['/srv/../etc', 'srv/../etc'], // compared with the list, which has no such path
    ['', undefined],
    ['/', undefined],
    ['srv/a.txt', undefined],
    ['"/srv"', undefined],
    ['null', undefined],
    ['{"$hex":"7372"}', undefined],
    ['{"$hex":"2f73"}', undefined],
    ['{"$hex":["2F73"]}', undefined],
    ['/half\ud800', undefined],
  ])('%j is the path %j', (text, path) => expect(capturedPath(text)).toBe(path));
});
