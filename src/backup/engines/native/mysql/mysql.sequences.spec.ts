import { describe, expect, it } from 'vitest';
import { exactPosition, lackingSequences } from './mysql.sequences.js';

const created = (name: string, rest: string) =>
  new Map([[name, `CREATE SEQUENCE \`${name.replaceAll('`', '``')}\` ${rest}`]]);

describe('a sequence of a dump', () => {
  it.each([
    [
      'start with 50 minvalue 1 maxvalue 60 increment by 3 cache 2 cycle ENGINE=InnoDB',
      'INSERT INTO `s` VALUES (7, 1, 60, 50, 3, 2, 1, 0);\n',
    ],
    [
      'as bigint start with -1 minvalue -9 maxvalue -1 increment by -1 nocache nocycle ENGINE=InnoDB',
      'INSERT INTO `s` VALUES (7, -9, -1, -1, -1, 0, 0, 0);\n',
    ],
  ])('stands where it stood, behind its start too: %s', (rest, wanted) => {
    for (const line of ['DO SETVAL(`s`, 7, 0);\n', 'SELECT SETVAL(`s`, 7, 0);\r\n'])
      expect(exactPosition(line, created('s', rest))).toBe(wanted);
  });

  it('of another form is put where the dump puts it', () => {
    const line = 'DO SETVAL(`s`, 7, 0);\n';
    expect(exactPosition(line, created('s', 'unheard of'))).toBe(line);
    expect(exactPosition('DROP SEQUENCE IF EXISTS `s`;\n', new Map())).toBe('DROP SEQUENCE IF EXISTS `s`;\n');
  });

  it('that the database lacks is named, with what makes it there', () => {
    const ddl = ['CREATE TABLE `t` (a int)', 'CREATE SEQUENCE `there` cycle', 'CREATE SEQUENCE `a``b` nocycle'];
    expect(lackingSequences(ddl, new Set(['there']), 'sh`op')).toEqual([
      { name: 'a`b', sql: 'CREATE SEQUENCE IF NOT EXISTS `sh``op`.`a``b` nocycle' },
    ]);
  });
});
