import { describe, expect, it } from 'vitest';
import { fileName } from '../api/file-name.js';
import { parameterOf, shownPath } from './listed-files.js';

describe('a path of a snapshot of files', () => {
  it('goes back to the API as it came, and is readable for people', () => {
    const noText = { $hex: '2F62FF2E62' };
    expect(parameterOf('/srv/Zoë')).toBe('/srv/Zoë');
    expect(parameterOf(noText)).toBe('{"$hex":"2F62FF2E62"}');
    expect(shownPath(noText)).toBe('/b\uFFFD.b');
    expect(shownPath('/srv/Zoë')).toBe('/srv/Zoë');
    expect(shownPath(null)).toBe('');
  });
});

describe('the name that a download is saved under', () => {
  it('is the whole one where the header has it, else the plain one', () => {
    expect(fileName(`attachment; filename="Gr__e.txt"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt`)).toBe('Grüße.txt');
    expect(fileName('attachment; filename="big.bin"')).toBe('big.bin');
    expect(fileName(`attachment; filename="a.txt"; filename*=UTF-8''%FF`)).toBe('a.txt');
    expect(fileName(null)).toBeUndefined();
  });
});
