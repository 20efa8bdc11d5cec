import { describe, expect, it } from 'vitest';
import { attachment } from './attachment.js';

describe('the header for a file to be saved', () => {
  it.each([
    ['letter.pdf', 'attachment; filename="letter.pdf"'],
    ['Grüße (1).txt', `attachment; filename="Gr__e _1_.txt"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%281%29.txt`],
    ['a"b.txt', `attachment; filename="a_b.txt"; filename*=UTF-8''a%22b.txt`],
    ["it's*!.txt", `attachment; filename="it_s__.txt"; filename*=UTF-8''it%27s%2A%21.txt`],
    ['a\r\nSet-Cookie: b', `attachment; filename="a__Set-Cookie_ b"; filename*=UTF-8''a__Set-Cookie%3A%20b`],
    ['..', 'attachment; filename="file"'],
    ['', 'attachment; filename="file"'],
    ['..\\..\\x.exe', 'attachment; filename=".._.._x.exe"'],
    ['evil\u202Efdp.exe', 'attachment; filename="evil_fdp.exe"'],
    ['half\uD800', 'attachment; filename="half_"'],
  ])('of %j is %s', (name, header) => {
    expect(attachment(name)).toBe(header);
    expect(header).toMatch(/^[\x20-\x7e]*$/);
  });
});
