import { describe, expect, it } from 'vitest';
import { changedRowsInWords } from './changed-rows.js';

describe('changed rows', () => {
  it('are told one a line, with every digit and nothing that a terminal obeys', () => {
    const json = `{"before":{"id":"a"},"after":{"id":"now"},"table":"users","inserted":1,"offset":0,"limit":3,"total":5,"rows":[
      {"kind":"inserted","before":null,"after":{"id":9223372036854775807,"name":"Eve"}},
      {"kind":"deleted","before":{"id":2,"name":"x\\u001b[2J 12345678901234567890"},"after":null},
      {"kind":"updated","before":{"id":1,"amount":4.990,"note":null},"after":{"id":1,"amount":5,"note":null}}]}`;
    expect(changedRowsInWords(json).split('\n')).toEqual([
      '5 rows of users differ:',
      '+ id="9223372036854775807" name="Eve"',
      '- id=2 name="x\\u001b[2J 12345678901234567890"',
      '~ amount: "4.990" -> 5  (id=1 note=null)',
      '2 more; --offset 3 shows the next.',
    ]);
  });

  it('may be none', () => {
    expect(changedRowsInWords('{"table":"users","offset":0,"total":0,"rows":[]}')).toBe('No differences in users.');
  });
});
