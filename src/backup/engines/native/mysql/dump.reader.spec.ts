import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DumpContents } from './dump.contents.js';
import { DumpCutShort, readDump } from './dump.reader.js';

const END = '-- Dump completed on 2026-01-30 12:00:00\n';

async function read(dump: string, pieceBytes = 1 << 20) {
  const bytes = Buffer.from(dump);
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  };
  const contents = new DumpContents('shop', 'migrations');
  const rows: string[] = [];
  for await (const part of readDump(pieces() as unknown as AsyncIterable<Buffer>)) {
    contents.take(part);
    if (part.part === 'rows') rows.push(...part.rows.map((row) => `${part.table}: ${row.toString()}`));
  }
  const { structure, sequences } = contents;
  return { rows, ddl: contents.schema.ddl, tables: contents.tables, structure, sequences };
}

const ROWS = [`(1,'),(')`, `(2,'it\\'s ''so'' \\\\')`, `(NULL,0xFF)`, `(-1.5e10,'\\n;')`, `(3,_binary '(')`];

describe('a dump', () => {
  it.each([
    ['row by row', ROWS.join(',\n')],
    ['all rows on one line', ROWS.join(',')],
  ])('gives the same rows and digest: %s', async (_, values) => {
    const head = 'INSERT INTO `a``b` (`x )`, `y```)';
    const between = values.includes('\n') ? '\n' : ' ';
    const dump = `-- Table structure for table \`a\`\`b\`\n${head} VALUES${between}${values};\n${END}`;
    const { rows, tables } = await read(dump);
    expect(rows).toEqual(ROWS.map((row) => `a\`b: ${row}`));
    expect(tables).toEqual((await read(`INSERT INTO \`a\`\`b\` VALUES\n${ROWS.join(',\n')};\n${END}`)).tables);
  });

  it('takes nothing in the body of a routine for rows, however it comes in pieces', async () => {
    const body = 'CREATE PROCEDURE p() BEGIN\nINSERT INTO `t` VALUES\n(7);\n-- Table structure for table `t`\nEND';
    const dump = `-- Table structure for table \`t\`\nCREATE TABLE \`t\` (\n  \`a\` int\n) AUTO_INCREMENT=7;\nINSERT INTO \`t\` VALUES\n(1),\n(2);\n-- Dumping routines for database 'x'\nDELIMITER ;;\n${body} ;;\nDELIMITER ;\n${END}`;
    const whole = await read(dump);
    expect(whole.rows).toEqual(['t: (1)', 't: (2)']);
    expect(whole.ddl).toEqual(['CREATE TABLE `t` (\n  `a` int\n)', body]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (size) => {
        expect(await read(dump, size)).toEqual(whole);
      }),
    );
  });

  it('tells sequences from tables, and where they stand from what they are', async () => {
    const create =
      'CREATE SEQUENCE `s` start with 50 minvalue 1 maxvalue 60 increment by 3 cache 2 cycle ENGINE=InnoDB';
    const dump = `-- Sequence structure for \`s\`\nDROP SEQUENCE IF EXISTS \`s\`;\n${create};\nDO SETVAL(\`s\`, 7, 0);\n${END}`;
    expect(await read(dump)).toEqual({
      ...{ rows: [], tables: {}, ddl: [create] },
      structure: ['DO SETVAL(`s`, 7, 0);'],
      sequences: new Map([['s', create]]),
    });
  });

  it('says of a table that it takes its keys from a sequence, wherever that was', async () => {
    const dumpOf = (database: string) =>
      `-- Table structure for table \`t\`\nCREATE TABLE \`t\` (\n  \`a\` int DEFAULT nextval(${database}\`s\`)\n);\n${END}`;
    expect(await read(dumpOf('`shop`.'))).toEqual(await read(dumpOf('')));
    expect((await read(dumpOf('`other`.'))).ddl[0]).toContain('`other`.`s`');
  });

  it('with history gives all rows', async () => {
    const dump = `INSERT INTO \`t\` (\`a\`, row_start, row_end) VALUES (1,'2026-01-01','2026-01-02'),\n(2,'2026-01-02','2038-01-19');\n${END}`;
    expect((await read(dump)).rows).toEqual([`t: (1,'2026-01-01','2026-01-02')`, `t: (2,'2026-01-02','2038-01-19')`]);
  });

  it.each(['', 'INSERT INTO `t` VALUES\n(1),\n', `DELIMITER ;;\n${END}`, 'CREATE TABLE `t` (a int);\n'])(
    'that is cut off is noticed: %j',
    async (dump) => {
      await expect(read(dump)).rejects.toBeInstanceOf(DumpCutShort);
    },
  );
});
